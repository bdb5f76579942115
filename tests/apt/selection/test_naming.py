"""Do words of queries mean the packages that apt takes them for, those without versions as well?

Every expectation is what apt 3.0.3's ``policy`` shows for the same lists.
"""

from __future__ import annotations

import pytest

from foretell.apt.selection.naming import EveryName
from tests.apt.world_lab import package, world_of

PACKAGES = (
    package("need", Depends="aa:armhf, aa:arm64, bb:arm64 | bb:armhf, ee:any, ff:native")
    + package("more", Provides="dd:s390x", Multi_Arch="allowed", Conflicts="hh:armel")
    + package("linux-image-6.1.0-1-amd64")
    + package("last", Depends="jj:armhf, jj, real")
)
I386 = (
    package("oth", Architecture="i386", Depends="ll:armel, later")
    + package("real", Architecture="i386")
    + package("later")
)


def found(word, foreign=()):
    world = world_of(PACKAGES + (I386 if foreign else ""), foreign=foreign)
    names, name = EveryName(world.state(), world), word.encode()
    packages = [names.find(name)] if "*" not in word else names.matching(name)
    return [names.universe.full_name(number) for number in packages if number >= 0]


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("need", ["need"]),
        ("need:any", ["need"]),
        ("need:i386", []),
        ("nosuch", []),
        ("aa", ["aa:armhf"]),  # the eldest
        ("bb", ["bb:arm64"]),
        ("bb:armhf", ["bb:armhf"]),
        ("bb:all", []),
        ("jj", ["jj"]),
        ("jj:any", ["jj:armhf"]),
        ("ee", []),
        ("ee:any", []),
        ("ff:native", ["ff"]),
        ("$kernel", ["$kernel"]),
        ("b*:armhf", ["bb:armhf"]),
        ("l*:armhf", []),
        ("b*:sparc", []),
        ("f*:native", ["ff"]),
        ("e*:any", ["ee:any"]),
        ("b*", ["bb:arm64", "bb:arm64", "bb:armhf"]),  # bb, and the names bb:arm64 and bb:armhf
        ("h*", ["hh:armel", "hh:armel"]),
        ("d*", ["dd:s390x", "dd:s390x"]),
    ],
)
def test_words_with_one_architecture(word, expected):
    assert found(word) == expected


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("real", ["real:i386"]),
        ("real*", ["real"]),
        ("real:any", ["real"]),
        ("later", ["later"]),
        ("later:any", ["later:i386"]),
        ("later*:any", ["later:i386"]),
        ("aa*", ["aa:armhf", "aa:arm64", "aa:armhf"]),
        ("ll", ["ll:armel"]),
        ("ff*", ["ff", "ff:amd64"]),
        ("o*:i386", ["oth:i386"]),
    ],
)
def test_words_with_foreign_architectures(word, expected):
    assert sorted(found(word, foreign=("i386",))) == sorted(expected)
