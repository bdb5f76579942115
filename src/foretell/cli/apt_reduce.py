"""How does a disagreement about a whole archive become a small case file?"""

from __future__ import annotations

import json
import os

from foretell.apt import case as cases
from foretell.cli.apt_sides import ask_case, our_answer
from foretell.errors import ForetellError, UsageError
from foretell.oracle.case import format_expected
from foretell.oracle.compare import compare_answers
from foretell.oracle.reduce import reduce_case

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from foretell.apt.policy import PackageFile
    from foretell.apt.request import Request
    from foretell.apt.world import World
    from foretell.oracle.answer import Answer
    from foretell.oracle.case import Document
    from foretell.oracle.compare import Difference
    from foretell.oracle.rootfs import Oracle

__all__ = ["case_of_world", "compare_case", "record_case", "reduce_disagreement", "replay_case"]


def case_of_world(world: World, request: Request, version: str) -> cases.Case:
    """Return a request in the whole of a world as a case.

    Raises `UsageError` for a world with pins or foreign architectures.
    """
    from foretell.apt.compression import open_chunks
    from foretell.apt.deb822 import read_paragraphs
    from foretell.apt.settings import decisive_settings

    if world.pins or world.foreign:
        raise UsageError("not-reducible", "worlds with pins or foreign architectures")
    assert world.configuration is not None
    case = cases.Case(world.native, request)
    case.solver_version = version
    case.settings = decisive_settings(world.configuration)
    case.target_release = world.target_release
    case.status = [
        cases.take_fields(entry.fields, cases.STATUS_FIELDS) for entry in world.installed
    ]
    case.automatic = set(world.automatic)
    for path, file in zip(world.lists, world.files, strict=True):
        part = cases.CaseList()
        part.release = _release(file)
        text = b"".join(open_chunks(path))
        part.stanzas = [
            cases.take_fields(fields, cases.ARCHIVE_FIELDS)
            for _, fields in read_paragraphs(text, path)
            if fields.get(b"architecture") in {world.native.encode(), b"all"}
        ]
        case.lists.append(part)
    return case


def _release(file: PackageFile) -> dict[str, str | bool]:
    found: dict[str, str | bool] = {}
    for name in ("archive", "codename", "version", "origin", "label", "component"):
        value = getattr(file, name)
        if value:
            found[name] = value
    if file.not_automatic:
        found["not-automatic"] = True
        found["but-automatic-upgrades"] = file.but_automatic_upgrades
    return found


def replay_case(case: cases.Case, path: str) -> Answer:
    """Return what foretell says about a case; ``path`` is for messages."""
    world = cases.make_world(case, path)
    return our_answer(world, case.request, case.solver_version, case.solver)


def compare_case(oracle: Oracle, case: cases.Case, version: str) -> Difference | None:
    """Return how foretell and libapt ``version`` differ about a case."""
    from foretell.oracle.answer import Request

    case.solver_version = version
    asked = Request(case.request.verb, tuple(case.request.words))
    return compare_answers(asked, replay_case(case, "case"), ask_case(oracle, case, version))


def reduce_disagreement(
    oracle: Oracle, case: cases.Case, version: str, say: Callable[[str], object]
) -> cases.Case:
    """Return a small case about which both sides still differ in the same way.

    Raises `UsageError` when they agree about ``case``.
    """
    first = compare_case(oracle, case, version)
    if first is None:
        raise UsageError("no-disagreement", "both sides agree about this request")

    def disagrees(document: Document) -> bool:
        try:
            smaller = cases.parse_case(json.dumps(document).encode(), "reduced")
            found = compare_case(oracle, smaller, version)
        except (ForetellError, TimeoutError):  # too much is gone: this one says nothing
            return False
        return found is not None and found.kind == first.kind

    document = reduce_case(json.loads(cases.format_case(case)), disagrees, say)
    reduced = cases.parse_case(json.dumps(document).encode(), "reduced")
    _set_expected(reduced, ask_case(oracle, reduced, version), version)
    return reduced


def record_case(oracle: Oracle, path: str, version: str) -> bool:
    """Write libapt's answer into a case file; say whether it is another one than before."""
    case = cases.read_case(path)
    before = case.expected
    _set_expected(case, ask_case(oracle, case, version), version)
    aside = f"{path}.new"
    with open(aside, "wb") as file:
        file.write(cases.format_case(case))
    os.rename(aside, path)
    return before != case.expected


def _set_expected(case: cases.Case, answer: Answer, version: str) -> None:
    case.expected = format_expected(answer)
    case.oracle = {"name": "apt", "version": version}
    case.solver_version = version
