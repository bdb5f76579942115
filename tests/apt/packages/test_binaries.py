"""Are the binaries of a source told apart by its versions?"""

from __future__ import annotations

from foretell.apt.packages.universe import Universe
from foretell.apt.syntax.deb822 import parse_fields
from tests.apt.world_lab import index_of, installed, package


def only_version(found: Universe, name: bytes) -> int:
    (version,) = found.versions(found.find(name))
    return version


def test_binaries_of_newer_sources_are_listed_highest_first():
    found = Universe(
        index_of(
            package("a", "1:1", Source="s (2)")
            + package("b", "10", Source="s")
            + package("c", "9", Source="s")
            + package("d", "9", Source="t")
        ),
        "amd64",
    )
    a, b, c, d = (only_version(found, name) for name in (b"a", b"b", b"c", b"d"))
    assert found.binaries.newer(a) == [b, c]
    assert found.binaries.newer(c) == [b]
    assert found.binaries.newer(b) == found.binaries.newer(d) == []


def test_sources_are_told_apart():
    stanzas = [package("a", "1", Source="s"), package("c", "3", Source="t")]
    stanzas += [package("b", "2", Source="s"), package("d", "4", Source="t")]
    found = Universe(index_of("".join(stanzas)), "amd64")
    a, b, c, d = (only_version(found, name) for name in (b"a", b"b", b"c", b"d"))
    assert [found.binaries.newer(version) for version in (a, b, c, d)] == [[b], [], [d], []]


def test_siblings_are_versions_of_installed_packages_last_parsed_first():
    found = Universe(
        index_of(
            package("a", "2", Source="s")
            + package("b", "2", Source="s")
            + package("c", "2", Source="s")
            + package("a", "1", Source="s")
        ),
        "amd64",
    )
    for name in ("a", "b"):
        found.add_installed(parse_fields(installed(name, "0", Source="s").encode(), "status", 1))
    wanted = only_version(found, b"c")
    names = [
        (found.name(found.package(v)), found.version_string(v))
        for v in found.binaries.siblings(wanted)
    ]
    assert names == [(b"a", b"1"), (b"b", b"2"), (b"a", b"2")]
    assert found.binaries.siblings(found.n_versions) == []
