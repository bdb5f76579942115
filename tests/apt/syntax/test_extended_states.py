"""Which packages does extended_states call automatic?"""

from __future__ import annotations

import os

import pytest

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
