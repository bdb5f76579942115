"""Does foretell plan what the real apt plans for ``satisfy`` and ``build-dep``?

    python tests/agreement/compare_satisfy.py ROOT [--count 60] [--seed 1] [--verb satisfy]

ROOT is a system whose apt is asked with ``--print-uris``, in a chroot: use a copy.  Compared are
the verdict, the packages that change, their versions and automatic marks.  Each disagreement is
a line; the last line is ``N agreed / M compared``.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
import time
from urllib.parse import unquote

from foretell.apt.predict import predict
from foretell.apt.request import Request
from foretell.apt.world import load_world
from foretell.errors import ForetellError
from foretell.oracle import answer as oracle_answer
from foretell.oracle.sample import Draws

TYPE_CHECKING = False
if TYPE_CHECKING:
    from foretell.apt.world import World

    Asked = oracle_answer.Request
    Plan = dict[str, tuple[str, ...]]

__all__ = ["Compared", "Names", "compare", "draw"]

ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C", "COLUMNS": "80"}
OPTIONS = ("--solver", "3.0", "--print-uris", "-y", "-q", "-o", "APT::Solver::Timeout=100")
_SECTIONS = {
    "Installing:": "manual",
    "Installing dependencies:": "automatic",
    "Upgrading:": "upgrade",
    "DOWNGRADING:": "downgrade",
    "REMOVING:": "remove",
}
_URI = re.compile(r"^'[^']*' ([^_ ]+)_([^_ ]+)_\w+\.deb ", re.MULTILINE)


class Compared:
    """One request and what both sides say of it."""

    def __init__(self, request: Asked, ours: Plan, theirs: Plan) -> None:
        self.request = request
        self.ours = ours
        self.theirs = theirs
        self.seconds = (0.0, 0.0)

    @property
    def agrees(self) -> bool:
        return self.ours == self.theirs

    def __str__(self) -> str:
        ours, theirs = set(self.ours.items()), set(self.theirs.items())
        return f"{self.request}\n  ours {sorted(ours - theirs)}\n  apt  {sorted(theirs - ours)}"


def real_plan(root: str, request: Asked) -> Plan:
    """Return what apt in ``root`` plans: package -> kind and version, ``verdict`` beside."""
    settings = [word for option in request.options for word in ("-o", option)]
    done = subprocess.run(
        ["chroot", root, "apt", request.verb, *request.words, *OPTIONS, *settings],
        env=ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if "Unable to satisfy dependencies" in done.stderr:
        return {"verdict": ("unsatisfiable",)}
    if done.returncode:
        return {"verdict": ("refused",)}
    versions = {name: unquote(version) for name, version in _URI.findall(done.stdout)}
    found: Plan = {"verdict": ("ok",)}
    kind = None
    for line in done.stdout.splitlines():
        if not line.startswith(" "):
            kind = _SECTIONS.get(line)
        elif kind:
            for name in line.split():
                found[name] = (kind, versions.get(name, ""))
    return found


def our_plan(world: World, request: Asked, solver_version: str) -> Plan:
    """Return what foretell plans, in the form of `real_plan`."""
    try:
        wish = Request(request.verb, list(request.words))
        answer = predict(world, wish, solver_version=solver_version)
    except ForetellError:
        return {"verdict": ("refused",)}
    found: Plan = {"verdict": (answer.verdict, *filter(None, [answer.missing_rule]))}
    for change in answer.changes:
        assert answer.state is not None
        universe = answer.state.universe
        kind = change.action
        if kind == "install":
            kind = "automatic" if change.automatic else "manual"
        version = universe.version_string(change.new).decode() if change.new >= 0 else ""
        found[universe.name(change.package).decode()] = (kind, version)
    return found


def compare(root: str, request: Asked, *, solver_version: str, cache: str) -> Compared:
    """Ask both sides."""
    world = load_world(root, environment={}, cache=cache, options=request.options)
    start = time.perf_counter()
    ours = our_plan(world, request, solver_version)
    middle = time.perf_counter()
    result = Compared(request, ours, real_plan(root, request))
    result.seconds = (middle - start, time.perf_counter() - middle)
    return result


class Names:
    """What the lists of a world name, for random requests."""

    def __init__(self, world: World) -> None:
        state = world.state()
        universe = state.universe
        self.binaries: list[tuple[str, str]] = []
        for package in range(universe.package_count()):
            for version in universe.versions(package):
                text = universe.version_string(version).decode()
                self.binaries.append((universe.name(package).decode(), text))
        self.binaries.sort()
        self.sources: list[str] = []
        for path in world.source_lists:
            with open(path, encoding="utf-8") as file:
                self.sources += [line[9:].strip() for line in file if line.startswith("Package: ")]
        self.sources = sorted(set(self.sources))


def draw(names: Names, verb: str, seed: str) -> Asked:
    """Return one random request, a function of its seed."""
    draws = Draws(f"{verb}/{seed}")
    if verb == "satisfy":
        words = [_relation(names, draws) for _ in range(draws.between(1, 4))]
        return oracle_answer.Request(verb, tuple(words))
    words = draws.some(names.sources, 1 if draws.below(4) else 2)
    options = ("", "", "APT::Get::Arch-Only=1", "APT::Get::Indep-Only=1")[draws.below(4)]
    profiles = ("", "", "APT::Build-Profiles=nocheck,nodoc")[draws.below(3)]
    return oracle_answer.Request(verb, tuple(words), tuple(filter(None, (options, profiles))))


def _relation(names: Names, draws: Draws) -> str:
    if not draws.below(6):
        return f"Conflicts: {_member(names, draws)}"
    return " | ".join(_member(names, draws) for _ in range(draws.between(1, 3)))


def _member(names: Names, draws: Draws) -> str:
    name, version = names.binaries[draws.below(len(names.binaries))]
    text = name + ("", "", "", "", "", ":any", ":native", ":amd64")[draws.below(8)]
    if not draws.below(3):
        text += f" ({('>=', '<<', '=', '>=', '<=')[draws.below(5)]} {version})"
    text += ("", "", "", " [amd64]", " [!i386 !arm64]", " [i386]", " [linux-any]")[draws.below(7)]
    return text + ("", "", "", " <!nocheck>", " <stage1>", " <!cross !stage1> <x>")[draws.below(6)]


def _tell(verb: str, results: list[Compared]) -> int:
    """Write the figures of one verb; return how many agreed."""
    count = sum(result.agrees for result in results)
    kinds = [result.theirs["verdict"][0] for result in results]
    told = ", ".join(f"{kinds.count(kind)} {kind}" for kind in sorted(set(kinds)))
    ours, theirs = (sum(result.seconds[side] for result in results) for side in (0, 1))
    sys.stdout.write(
        f"{verb}: {count} agreed / {len(results)} compared ({told}); "
        f"ours {ours:.1f} s, apt {theirs:.1f} s\n"
    )
    return count


def main(argv: list[str]) -> int:
    """Compare as the arguments say; return 1 when something differs."""
    parser = argparse.ArgumentParser(description="compare satisfy and build-dep with apt")
    parser.add_argument("root")
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--verb", action="append", choices=["satisfy", "build-dep"])
    parser.add_argument("--solver-version", default="3.0.4")
    options = parser.parse_args(argv)
    agreed = total = 0
    with tempfile.TemporaryDirectory() as cache:
        names = Names(load_world(options.root, environment={}, cache=cache))
        for verb in options.verb or ["satisfy", "build-dep"]:
            results = []
            for index in range(options.count):
                request = draw(names, verb, f"{options.seed}/{index}")
                result = compare(
                    options.root, request, solver_version=options.solver_version, cache=cache
                )
                if not result.agrees:
                    sys.stdout.write(f"{result}\n")
                    sys.stdout.flush()
                results.append(result)
            agreed += _tell(verb, results)
            total += len(results)
    sys.stdout.write(f"{agreed} agreed / {total} compared\n")
    return 0 if agreed == total else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
