"""Which small systems make hard questions for ``why`` and ``why-not``?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.apt.world_lab import Lab, installed, package

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["CASES", "Case", "text"]

HOLD = "hold ok installed"


class Case:
    """A system and a question about it."""

    def __init__(
        self,
        name: str,
        words: tuple[str, ...],
        packages: str,
        status: str = "",
        *,
        automatic: tuple[str, ...] = (),
        testing: str = "",
        pins: str = "",
        i386: str = "",
    ) -> None:
        self.name = name
        self.words = words
        self.packages = packages
        self.status = status
        self.automatic = automatic
        self.testing = testing
        self.pins = pins
        self.i386 = i386

    def lab(self, folder: Path) -> Lab:
        """Write the system into a folder."""
        lab = Lab(folder, self.packages, self.status)
        lab.set_automatic(*self.automatic)
        if self.testing:
            lines = "".join(
                f"deb http://a.example.org/debian {s} main\n" for s in ("trixie", "testing")
            )
            lab.write("etc/apt/sources.list", lines)
            lab.add_list(self.testing, suite="testing", release="NotAutomatic: yes\n")
        if self.i386:
            lab.write("var/lib/dpkg/arch", "amd64\ni386\n")
            lab.write(lab.list_path().replace("-amd64_", "-i386_"), self.i386)
        if self.pins:
            lab.write("etc/apt/preferences", self.pins)
        return lab


def text(lab: Lab, words: tuple[str, ...]) -> str:
    """Return what a question prints, without the folder of the test, then its exit status."""
    done = lab.run(*words)
    shown = (done.stdout + done.stderr).decode().replace(lab.root, "")
    return f"{shown}[{done.returncode}]\n"


CASES = [
    Case(
        "a dependency that no source has",
        ("why-not", "app"),
        package("app", Depends="lib") + package("lib", Depends="core (>= 2)") + package("core"),
    ),
    Case(
        "a dependency that is only in another release",
        ("why-not", "app"),
        package("app", Depends="lib (>= 2)") + package("lib"),
        testing=package("lib", "2"),
    ),
    Case(
        "a package on hold",
        ("why-not", "app"),
        package("app", Depends="lib (>= 2)") + package("lib", "2"),
        installed("lib", "1", Status=HOLD),
    ),
    Case(
        "a conflict with what was installed by hand",
        ("why-not", "app"),
        package("app", Conflicts="old") + package("old"),
        installed("old"),
    ),
    Case(
        "a conflict far down",
        ("why-not", "app"),
        package("app", Depends="lib")
        + package("lib", Depends="core")
        + package("core", Breaks="old (<< 3)")
        + package("old"),
        installed("old"),
    ),
    Case(
        "two words that exclude each other",
        ("why-not", "app", "rival"),
        package("app", Conflicts="rival") + package("rival"),
    ),
    Case(
        "a word that removes what is needed",
        ("why-not", "app", "lib-"),
        package("app", Depends="lib") + package("lib"),
        installed("lib"),
        automatic=("lib",),
    ),
    Case(
        "a pin that rules a dependency out",
        ("why-not", "app"),
        package("app", Depends="lib") + package("lib"),
        pins="Package: lib\nPin: release *\nPin-Priority: -1\n",
    ),
    Case(
        "a pin that rules the package out",
        ("why-not", "app"),
        package("app"),
        pins="Package: app\nPin: release a=trixie\nPin-Priority: -1\n",
    ),
    Case(
        "a pin that keeps a dependency old",
        ("why-not", "app"),
        package("app", Depends="lib (= 2)") + package("lib", "2") + package("lib", "1"),
        pins="Package: lib\nPin: version 1\nPin-Priority: 900\n",
    ),
    Case(
        "a virtual package",
        ("why-not", "mta"),
        package("exim", Provides="mta") + package("postfix", Provides="mta"),
    ),
    Case(
        "a version that is not there",
        ("why-not", "app=3"),
        package("app", "2"),
    ),
    Case(
        "two ways that both fail",
        ("why-not", "app"),
        package("app", Depends="left | right")
        + package("left", Depends="gone")
        + package("right", Conflicts="old")
        + package("old"),
        installed("old"),
    ),
    Case(
        "an essential package in the way",
        ("why-not", "app"),
        package("app", Conflicts="base") + package("base", Essential="yes"),
        installed("base", Essential="yes"),
    ),
    Case(
        "nothing in the way",
        ("why-not", "app"),
        package("app", Depends="lib (>= 2)", Breaks="old") + package("lib", "2") + package("old"),
        installed("lib", "1") + installed("old"),
        automatic=("old",),
    ),
    Case(
        "what newer solvers would remove though it was installed by hand",
        ("why-not", "--solver-version", "3.3.5", "app"),
        package("app", Conflicts="old") + package("old"),
        installed("old"),
    ),
    Case(
        "a version on hold, and none that would do",
        ("why-not", "app"),
        package("app", Depends="lib (>= 3)") + package("lib", "2"),
        installed("lib", "1", Status=HOLD),
        testing=package("lib", "3"),
    ),
    Case(
        "several versions that apt does not prefer",
        ("why-not", "app"),
        package("app", Depends="lib (>= 2)") + package("lib"),
        testing=package("lib", "3") + package("lib", "2"),
    ),
    Case(
        "two words that need different versions of a library",
        ("why-not", "app", "rival"),
        package("app", Depends="lib (= 2)")
        + package("rival", Depends="old-lib")
        + package("old-lib", Breaks="lib (>> 1)")
        + package("lib", "2"),
    ),
    Case(
        "an exact version beside another one",
        ("why-not", "app", "lib=1"),
        package("app", Depends="lib (= 2)") + package("lib", "2") + package("lib", "1"),
    ),
    Case(
        "a virtual package whose providers are all in the way",
        ("why-not", "app"),
        package("app", Depends="mta")
        + package("exim", Provides="mta", Conflicts="old")
        + package("postfix", Provides="mta", Depends="gone")
        + package("old"),
        installed("old"),
    ),
    Case(
        "a protected package in the way",
        ("why-not", "app"),
        package("app", Conflicts="guard") + package("guard", Protected="yes"),
        installed("guard", Protected="yes"),
        automatic=("guard",),
    ),
    Case(
        "a package on hold as not installed",
        ("why-not", "app"),
        package("app", Depends="lib") + package("lib"),
        installed("lib", "1", Status="hold ok not-installed"),
    ),
    Case(
        "a conflict with what another package provides",
        ("why-not", "app"),
        package("app", Conflicts="mta") + package("exim", Provides="mta"),
        installed("exim", Provides="mta"),
    ),
    Case(
        "nothing forbids it, but the solver does not go back",
        ("why-not", "a"),
        package("a", Depends="b | u, c | v")
        + package("b", Depends="d")
        + package("c", Depends="e")
        + package("d", Depends="e | f")
        + package("e", Depends="gone")
        + package("f", Depends="gone")
        + package("u")
        + package("v"),
    ),
    Case(
        "remove: what was installed by hand needs it",
        ("remove", "--solver", "3.0", "lib"),
        package("lib"),
        installed("app", Depends="lib") + installed("lib"),
        automatic=("lib",),
    ),
    Case(
        "full-upgrade: an essential package is missing and cannot come",
        ("full-upgrade", "--solver", "3.0"),
        package("base", Essential="yes", Depends="gone"),
        installed("app"),
    ),
    Case(
        "satisfy: a relation that nothing fulfils",
        ("satisfy", "--solver", "3.0", "lib (>= 2)"),
        package("lib"),
    ),
    Case(
        "install: apt's words, the core and a change that helps",
        ("install", "--solver", "3.0", "app"),
        package("app", Depends="lib (>= 2)") + package("lib", "2"),
        installed("lib", "1", Status=HOLD),
    ),
    Case(
        "two architectures of a package that is not Multi-Arch: same",
        ("why-not", "app:i386", "tool"),
        package("tool"),
        i386=package("app", Architecture="i386", Depends="tool")
        + package("tool", Architecture="i386"),
    ),
    Case(
        "a library that is on hold on the other architecture",
        ("why-not", "app:i386"),
        package("lib", "2", Multi_Arch="same"),
        installed("lib", "1", Multi_Arch="same", Status=HOLD),
        i386=package("app", Architecture="i386", Depends="lib")
        + package("lib", "2", Architecture="i386", Multi_Arch="same"),
    ),
    Case(
        "a dependency that only another architecture has",
        ("why-not", "app:i386"),
        package("data", Architecture="all"),
        i386=package("app", Architecture="i386", Depends="data"),
    ),
    Case(
        "a Multi-Arch: foreign package that is too old",
        ("why-not", "app:i386"),
        package("data", Architecture="all", Multi_Arch="foreign"),
        i386=package("app", Architecture="i386", Depends="data (>= 2)"),
    ),
    Case(
        "any architecture of a package that does not allow it",
        ("why-not", "app:i386"),
        package("perl") + package("mod", Depends="perl:any"),
        i386=package("app", Architecture="i386", Depends="mod | mod:amd64")
        + package("perl", Architecture="i386"),
    ),
    Case(
        "nothing in the way of another architecture",
        ("why-not", "app:i386"),
        package("lib", "2", Multi_Arch="same") + package("data", Multi_Arch="foreign"),
        installed("lib", "1", Multi_Arch="same"),
        i386=package("app", Architecture="i386", Depends="lib, data")
        + package("lib", "2", Architecture="i386", Multi_Arch="same"),
    ),
    Case(
        "what newer solvers would remove on another architecture",
        ("why-not", "--solver-version", "3.3.5", "app"),
        package("app", Conflicts="old"),
        installed("old", Architecture="i386"),
        i386=package("old", Architecture="i386"),
    ),
    Case(
        "another build of the version that is there",
        ("why-not", "lib"),
        package("lib", Provides="old-lib"),
        installed("lib", Provides="older-lib", Breaks="tip")
        + installed("app", Depends="older-lib"),
    ),
    Case("installed already", ("why-not", "app"), package("app"), installed("app")),
    Case(
        "why: a chain",
        ("why", "core"),
        "",
        installed("app", Depends="lib")
        + installed("lib", Recommends="core")
        + installed("core")
        + installed("tip", Suggests="core"),
        automatic=("lib", "core"),
    ),
    Case(
        "why: a longer strong chain comes before a short weak one",
        ("why", "--all", "core"),
        "",
        installed("app", Depends="lib", Suggests="core")
        + installed("lib", Depends="other | virtual")
        + installed("mid", Provides="virtual", Depends="core")
        + installed("core"),
        automatic=("lib", "core", "mid"),
    ),
    Case(
        "why: nothing needs it",
        ("why", "core"),
        "",
        installed("lib", Depends="core") + installed("core"),
        automatic=("lib", "core"),
    ),
    Case(
        "why: it is not there",
        ("why", "core"),
        package("core", Provides="virtual"),
        installed("app", Recommends="core")
        + installed("tip", Suggests="virtual | other")
        + installed("other"),
    ),
    Case(
        "why: it is on hold and essential ones need it",
        ("why", "core"),
        "",
        installed("base", Essential="yes", Pre_Depends="core (>= 1)")
        + installed("core", Status=HOLD),
        automatic=("base", "core"),
    ),
]
