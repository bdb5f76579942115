"""Does the search for mistakes in sources break on what it reads?"""

from __future__ import annotations

import os
import tempfile
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretell.apt.sources.release_ends import parse_ends, read_ends
from foretell.apt.sources.sources_lint import RULES, lint
from foretell.apt.syntax.configuration import load
from tests.fuzz.harness import ParserBrokeError, check_parser, mutate

ONE_LINE = b"""deb [arch=amd64 Foo=x trusted=yes] http://a.example.org/debian trixie main
#deb http://a.example.org/debian forky main
deb-src http://a.example.org/debian trixie main
"""
STANZAS = b"""# c
Types: deb deb-src
URIs: http://a.example.org/debian
Suites: trixie forky
Components: main
Valid-Until-Max: 60
Signed-By: /k.gpg, 0123456789ABCDEF0123456789ABCDEF01234567

Enabled: no
Types: deb
"""
RELEASE = b"""Origin: Debian
Codename: trixie
Date: Sat, 01 Nov 2025 08:00:00 UTC
Valid-Until: Sat, 08 Nov 2025 08:00:00 UTC
"""
ENDS = b"version,codename,series,created,release,eol\n9,Stretch,stretch,,2017-06-17,2020-07-18\n"
NOW = datetime(2026, 11, 26, tzinfo=UTC)
FILES = {
    "etc/apt/sources.list": ONE_LINE,
    "etc/apt/sources.list.d/x.sources": STANZAS,
    "var/lib/apt/lists/a.example.org_debian_dists_trixie_InRelease": RELEASE,
}


def find(name, data):
    """Look at the files with ``data`` in the place of one of them."""
    with tempfile.TemporaryDirectory() as folder:
        for other, text in {**FILES, name: data}.items():
            path = os.path.join(folder, other)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(text)
        found = lint(
            load(folder),
            architectures=["amd64"],
            now=NOW,
            ends=read_ends([]),
            signer=lambda _: ("", "none"),
        )
        assert all(it.rule in RULES and it.message and it.remedy for it in found)


@pytest.mark.parametrize("name", FILES)
def test_lint(name):
    @given(st.binary(max_size=200) | mutate(FILES[name]))
    def fuzz(data):
        assert check_parser(lambda it: find(name, it), data)

    fuzz()


@given(st.binary() | mutate(ENDS))
def test_release_ends(data):
    check_parser(lambda it: parse_ends(it.decode("utf-8", "replace"), "debian"), data)


def test_good_input_is_accepted():
    assert check_parser(lambda it: find("etc/apt/sources.list", it), ONE_LINE)
    assert parse_ends(ENDS.decode(), "debian")


def test_canary():
    def sings(data):
        find("etc/apt/sources.list", data)
        if len(data) > len(ONE_LINE):
            raise KeyError(data)

    @given(mutate(ONE_LINE))
    def fuzz(data):
        check_parser(sings, data)

    with pytest.raises(ParserBrokeError):
        fuzz()
