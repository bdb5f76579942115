"""Which architectures does a wildcard mean?

Every row is what ``apt policy '?architecture(WILDCARD)'`` of apt 3.0.3 selects of packages that a
relation names with these architectures.
"""

from __future__ import annotations

import pytest

from foretell.apt.syntax.architectures import is_meant
from foretell.apt.unmodelled import Unmodelled

ALL = ["amd64", "any", "arm64", "armel", "armhf", "hurd-i386", "i386", "mips64el", "mipsel"]
ALL += ["weird", "x32"]


@pytest.mark.parametrize(
    ("wildcard", "names"),
    [
        ("any", " ".join(ALL)),
        ("*", " ".join(ALL)),
        ("any-any-any-any", " ".join(ALL)),
        ("any-any-any-any-any", ""),
        ("amd64", "amd64"),
        ("AMD64", ""),
        ("a?d64", "amd64"),
        ("am*", "amd64 x32"),
        ("mips*", "mips64el mipsel"),
        ("linux-amd64", "amd64"),
        ("any-amd64", "amd64 x32"),
        ("amd64-any", ""),
        ("gnu-linux-amd64", "amd64"),
        ("linux-any", "amd64 any arm64 armel armhf i386 mips64el mipsel weird x32"),
        ("hurd-any", "hurd-i386"),
        ("any-i386", "hurd-i386 i386"),
        ("base-any-any-any", "amd64 any arm64 hurd-i386 i386 mipsel weird"),
        ("any-arm", "armel armhf"),
        ("arm", ""),
        ("armhf", "armhf"),
        ("any-armhf", ""),
        ("eabihf-any-any-any", "armhf"),
        ("x32", "x32"),
        ("mips64el", "mips64el"),
        ("abi64-any-any-any", "mips64el"),
        ("all", ""),
        ("native", ""),
        ("any-", ""),
        ("-any", ""),
    ],
)
def test_wildcard_means_what_apt_means(wildcard, names):
    assert " ".join(name for name in ALL if is_meant(name, wildcard)) == names


def test_parts_that_are_not_known_are_said_to_be():
    with pytest.raises(Unmodelled, match="musl-linux-armhf"):
        is_meant("musl-linux-armhf", "any")
