"""Does modernising break on broken files of sources?"""

from __future__ import annotations

import os
import tempfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretell.apt.sources.modernize import modernize
from foretell.apt.sources.one_line import Entry, read_list, stanza_of
from foretell.apt.syntax.configuration import load
from tests.fuzz.harness import ParserBrokeError, check_parser, mutate

ONE_LINE = b"""# c
deb [arch=amd64,i386 lang-=de signed-by=/k.gpg x=y] http://a.example.org/debian trixie main # d
# deb-src [ by-hash=force ] "http://a.example.org/%7Eu" trixie main contrib

deb file:/srv/$(ARCH) ./
#deb cdrom:[A B]/ trixie main
"""


def read_stanzas(data):
    for block in read_list(data, "x.list", architecture="amd64"):
        if isinstance(block, Entry):
            found = stanza_of(block, ["Packages"], architecture="amd64", signed_by="/k.gpg")
            assert isinstance(found, str) or found.text()


def modernize_file(data):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "etc/apt/sources.list")
        os.makedirs(os.path.dirname(path))
        with open(path, "wb") as file:
            file.write(data)
        made = modernize(load(folder), architectures=["amd64"], signer=lambda _: ("", "none"))
        for change in made.changes:
            assert change.before != change.after


@given(st.binary() | mutate(ONE_LINE))
def test_one_line(data):
    check_parser(read_stanzas, data)


@given(st.binary() | mutate(ONE_LINE))
def test_modernize(data):
    check_parser(modernize_file, data)


def test_good_input_is_accepted():
    assert check_parser(read_stanzas, ONE_LINE)
    assert check_parser(modernize_file, ONE_LINE)


def test_canary():
    def sings(data):
        read_stanzas(data)
        if data.count(b"deb") > 4:
            raise KeyError(data)

    @given(mutate(ONE_LINE))
    def fuzz(data):
        check_parser(sings, data)

    with pytest.raises(ParserBrokeError):
        fuzz()
