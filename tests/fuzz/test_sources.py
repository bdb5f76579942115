"""Does any reader of source packages and their relations break on broken input?"""

from __future__ import annotations

import os
import tempfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretell.apt.packages.source_index import find_sources
from foretell.apt.syntax.relation import group_text, parse_relations, select_members
from tests.apt.source_lab import LAB
from tests.fuzz.harness import ParserBrokeError, check_parser, mutate

RELATIONS = b"a (>= 1:2~) [amd64 !linux-any] <!nocheck> <stage1 cross> | b:any, c:native (<< ${x}),"
SOURCES = LAB["trixie"][1].encode()


def read_relations(data):
    for group in select_members(parse_relations(data), "amd64", frozenset(("nocheck",))):
        group_text(group)


def read_sources(data):
    """Search ``data`` for names it may hold and read the relations of what is found."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "Sources")
        with open(path, "wb") as file:
            file.write(data)
        for records in find_sources([path], [b"foo", b"bar", b"all-fields", data[:2]]).values():
            for record in records:
                record.depends(indep=True, arch=True)
                record.conflicts(indep=True, arch=True)


@given(st.binary() | mutate(RELATIONS))
def test_relations(data):
    check_parser(read_relations, data)


@given(st.binary() | mutate(SOURCES))
def test_sources(data):
    check_parser(read_sources, data)


def test_good_input_is_accepted():
    assert check_parser(read_relations, RELATIONS)
    assert check_parser(read_sources, SOURCES)


def test_canary():
    def sings(data):
        read_relations(data)
        if data.count(b"a") > 1:
            raise KeyError(data)

    @given(mutate(RELATIONS))
    def fuzz(data):
        check_parser(sings, data)

    with pytest.raises(ParserBrokeError):
        fuzz()
