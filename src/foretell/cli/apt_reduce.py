"""How does a disagreement about a whole archive become a small case file?"""

from __future__ import annotations

import json
import os

from foretell.apt.answers import predict as predictions
from foretell.apt.answers.predict import predict
from foretell.apt.cases import case as cases
from foretell.apt.cases.capture import make_case, needed_versions
from foretell.cli.apt_sides import ask_case, our_answer
from foretell.errors import ForetellError, UsageError
from foretell.oracle.case import format_expected
from foretell.oracle.compare import compare_answers
from foretell.oracle.reduce import reduce_case

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from foretell.apt.requests.request import Request
    from foretell.apt.system.world import World
    from foretell.oracle.answer import Answer
    from foretell.oracle.case import Document
    from foretell.oracle.compare import Difference
    from foretell.oracle.rootfs import Oracle

__all__ = ["case_of_world", "compare_case", "record_case", "reduce_disagreement", "replay_case"]


def case_of_world(oracle: Oracle, world: World, request: Request, version: str) -> cases.Case:
    """Return a request in a world as a case about which both sides differ.

    It holds what the search reached, if that is enough, else the whole of all lists.  Raises
    `UsageError` when both sides agree.
    """
    answer = _answer(world, request, version)
    reached = needed_versions(answer)
    for versions in (reached, None) if reached else (None,):
        case = make_case(answer, versions, solver_version=version)
        case.status_path = ""
        for part in case.lists:
            part.path, part.positions = "", []
        if compare_case(oracle, case, version) is not None:
            return case
    raise _agreement()


def _answer(world: World, request: Request, version: str) -> predictions.Answer:
    """Return the prediction; of a request that means nothing, one that reached nothing."""
    try:
        return predict(world, request, solver_version=version)
    except UsageError:
        return predictions.Answer("unknown", world, request)


def _agreement() -> UsageError:
    return UsageError("no-disagreement", "both sides agree about this request")


def replay_case(case: cases.Case, path: str) -> Answer:
    """Return what foretell says about a case; ``path`` is for messages."""
    return our_answer(cases.make_world(case, path), case.request, case.solver_version)


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
        raise _agreement()

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
