"""Which packages does extended_states call automatic?"""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretell.apt.syntax import extended_states
from foretell.apt.syntax.deb822 import read_paragraphs
from foretell.apt.syntax.extended_states import parse, read
from foretell.errors import InputError

TEXT = b"""Package: a
Architecture: amd64
Auto-Installed: 1

Package: b
Architecture: i386
Auto-Installed: 0

Package: c
Auto-Installed: 1
"""


def test_only_auto_installed_packages_are_automatic():
    assert parse(TEXT, "x", native="arm64") == {("a", "amd64"), ("c", "arm64")}


def test_the_last_stanza_about_a_package_counts():
    later = b"\nPackage: a\nArchitecture: amd64\nAuto-Installed: 0\n"
    assert ("a", "amd64") not in parse(TEXT + later, "x")


def test_read_takes_a_missing_file_for_an_empty_one(tmp_path):
    assert read(os.path.join(tmp_path, "nothing")) == set()


def test_read_gives_what_parse_gives(tmp_path):
    path = tmp_path / "extended_states"
    path.write_bytes(TEXT)
    assert read(str(path)) == parse(TEXT, "x")


def test_a_stanza_without_package_is_an_error_with_its_line():
    with pytest.raises(InputError, match="no Package") as caught:
        parse(b"Package: a\n\nAuto-Installed: 1\n", "states")
    assert (caught.value.path, caught.value.line) == ("states", 3)


PIECES = [
    *(b"Package: a\nArchitecture: amd64\nAuto-Installed: 1\n\n", b"Package: a", b"package: b"),
    *(b"Architecture: i386", b"Auto-Installed: 0", b"Auto-Installed: 1", b"\n", b"\n", b"\n\n"),
    *(b" ", b"\t", b"\r", b"\0", b":", b"Auto-Installed: 1 ", b"Package: ", b"x"),
]


@given(st.lists(st.sampled_from(PIECES), max_size=12).map(b"".join))
def test_the_short_way_says_what_reading_the_stanzas_says(data):
    plain = extended_states._parse_plain(data)
    if plain is None:
        return
    rows = [fields for _, fields in read_paragraphs(data, "x")]
    assert plain == {
        (row[b"package"].decode(), row[b"architecture"].decode()): row[b"auto-installed"] == b"1"
        for row in rows
    }


def test_what_apt_writes_is_read_the_short_way(monkeypatch):
    text = TEXT.replace(b"Package: c", b"Package: c\nArchitecture: all")
    expected = parse(text.replace(b"Package: c", b"package: c"), "x")  # the long way
    monkeypatch.setattr(extended_states, "read_paragraphs", None)
    assert parse(text, "x") == parse(text + b"\n", "x") == expected
