"""Are versions ordered as dpkg orders them?"""

from __future__ import annotations

import functools
import itertools
import random
import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretell.apt.syntax.version import compare, satisfies

NASTY = """
0 00 0.0 0-0 1 1- 01 1.0 1.00 1.0-0 1.0-00 1.0-1 1.0-1~ 1.0-1~~ 1.0-1~a 1.0-1+b1 1.0-1+b10
1.0-1+b2 1.0-1.1 1.0~ 1.0~~ 1.0~~a 1.0~a 1.0~rc1 1.0~rc1-1 1.0~rc10 1.0~1 1.0+ 1.0+a 1.0+1 1.0.
1.0a 1.0a~ 1.0A 1.0z 1.0Z 1.0-a 1.0-~ 1.0-~1 1.0-+ 1.0-. 1.0.1 1.0.1-1 1.0.01 1.0-1-1 1.0-1-2
1.0-a-1 1:0 1:0-0 1:1.0 1:1.0-1 0:1.0 0:1.0-1 00:1.0 01:1.0 2:0.1 10:0 09:0 2147483647:1 1a2b3
1a10b3 1a2b03 1a+b 1a.b 1a-b 1a~b 1ab 1.a 1+a 1~a 1- 1.0-1ubuntu1 1.0-1ubuntu1.1 1.0-1ubuntu10
1.0-1build1 1.0-1deb13u1 1.0-1+deb13u1 1.0-1~deb13u1 1.0-1~bpo13+1 1.0+git20240101.abcdef-1
1.0+dfsg-1 1.0+dfsg1-1 1.0+really0.9-1 20240101 20240101-1 20240101.1-1 2024.01.01-1
2.36-9+deb12u10 2.36-9+deb12u9 6.1.0-rc1 6.1~rc1-1 6.1-1 6.1.0-1 0.~ 0~ 0~0 0~~ 0a 0. 0.a 0+ 0.0.0
0.00.0 0.0-0.0
""".split()  # noqa: SIM905


def version_list():
    """Return more than 300 versions: the nasty ones and random ones of a fixed seed."""
    draw = random.Random(20)
    pieces = ("0", "1", "9", "10", "01", "a", "z", "A", "~", "~~", "+", ".", "rc", "b", "00")
    found = dict.fromkeys(version for version in NASTY if not version.endswith("-"))
    while len(found) < 330:
        upstream = str(draw.randint(0, 9)) + "".join(draw.choices(pieces, k=draw.randint(0, 5)))
        epoch = draw.choice(("", "", "", "0:", "1:"))
        revision = draw.choice(("", "-" + "".join(draw.choices(pieces, k=draw.randint(1, 3)))))
        found[epoch + upstream + revision] = None
    return list(found)


DPKG = r"""
use Dpkg::Version;
binmode STDOUT;
my @versions = map { chomp; Dpkg::Version->new($_) } <STDIN>;
for my $left (@versions) {
    for my $right (@versions) {
        my $order = version_compare("$left", "$right");
        print $order < 0 ? "<" : $order ? ">" : "=";
    }
    print "\n";
}
"""


@pytest.mark.oracle
def test_compare_agrees_with_libdpkg_perl_on_all_ordered_pairs(require):
    versions = version_list()
    command = ["perl", "-MDpkg::Version", "-e", "1"]
    if not shutil.which("perl") or subprocess.run(command, capture_output=True).returncode:
        require("dpkg", "the Perl module Dpkg::Version is not installed")
    done = subprocess.run(
        ["perl", "-e", DPKG], input="\n".join(versions), capture_output=True, text=True, check=True
    )
    rows = done.stdout.splitlines()
    assert len(rows) == len(versions) >= 300
    wrong = [
        (left, order, right)
        for left, row in zip(versions, rows, strict=True)
        for right, order in zip(versions, row, strict=True)
        if "<=>"[compare(left, right) + 1] != order
    ]
    assert wrong == []


@pytest.mark.oracle
def test_compare_agrees_with_dpkg_on_neighbours(require):
    if not shutil.which("dpkg"):
        require("dpkg", "dpkg is not installed")
    # Perl compares numbers of this size as floating point, dpkg does not.
    large = ["9" * 22, "1" + "0" * 22, "1." + "9" * 22, "1.1" + "0" * 22]
    versions = sorted((*version_list(), *large), key=functools.cmp_to_key(compare))
    for left, right in itertools.islice(itertools.pairwise(versions), 0, None, 5):
        operator = "lt" if compare(left, right) else "eq"
        done = subprocess.run(["dpkg", "--compare-versions", left, operator, right])
        assert done.returncode == 0, (left, operator, right)


versions = st.builds(
    lambda epoch, upstream, revision: epoch + "0" + upstream + revision,
    st.sampled_from(("", "0:", "1:", "12:")),
    st.text("0123459abzABZ.+~", max_size=8),
    st.one_of(st.just(""), st.text("0129abz.+~", min_size=1, max_size=4).map("-".__add__)),
)


@given(versions, versions)
def test_compare_is_antisymmetric(left, right):
    assert compare(left, right) == -compare(right, left)


@given(versions, versions, versions)
def test_compare_is_transitive(left, middle, right):
    if compare(left, middle) <= 0 and compare(middle, right) <= 0:
        assert compare(left, right) <= 0


@given(versions)
def test_tilde_sorts_before_and_anything_else_after(version):
    assert compare(version + "~", version) == -1
    assert compare(version + "a", version) == 1
    assert compare(version + ".1", version) == 1


@given(versions, versions)
def test_satisfies_is_consistent_with_compare(left, right):
    order = compare(left, right)
    assert satisfies(left, "<<", right) == (order < 0)
    assert satisfies(left, "<=", right) == (order <= 0)
    assert satisfies(left, "=", right) == (order == 0)
    assert satisfies(left, ">=", right) == (order >= 0)
    assert satisfies(left, ">>", right) == (order > 0)
    assert satisfies(left, "", right)


@pytest.mark.parametrize(
    ("left", "right"),
    [("1.0", "1.00"), ("1.0-0", "1.0"), ("0:1", "1"), ("1." + "0" * 300 + "1", "1.1")],
)
def test_equal_versions_of_different_spelling(left, right):
    assert compare(left, right) == 0


def test_numbers_of_more_than_255_digits_are_compared_as_numbers():
    assert compare("1." + "9" * 300, "1.1" + "0" * 300) == -1


def test_unknown_operator_is_a_key_error():
    with pytest.raises(KeyError):
        satisfies("1", "~", "1")
