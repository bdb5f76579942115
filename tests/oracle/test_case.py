"""Do recorded questions become roots, and answers records, without loss?"""

from __future__ import annotations

import json
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretell.errors import InputError
from foretell.oracle.answer import Answer, Change, Request
from foretell.oracle.case import (
    case_request,
    expected_answer,
    format_expected,
    format_stanzas,
    read_case,
    write_root,
)
from tests.fuzz.harness import ParserBrokeError, check_parser, mutate

DOCUMENT = {
    "schema": "foretell.apt.case/1",
    "native": "amd64",
    "request": {"verb": "install", "words": ["x", "y-"]},
    "status": [{"Package": "i", "Status": "install ok installed", "Version": "1"}],
    "automatic": [{"package": "i", "architecture": "amd64"}],
    "settings": {"APT::Install-Recommends": "0", "APT::NeverAutoRemove": ["^a", "^b"]},
    "pins": [{"Package": "p", "Pin": "version *", "Pin-Priority": "-1"}],
    "lists": [
        {
            "release": {"archive": "a/b", "site": "example.org", "not-automatic": True},
            "stanzas": [{"Package": "x", "Version": "1", "Architecture": "all"}],
        },
        {"stanzas": []},
    ],
}
GOOD = json.dumps(DOCUMENT).encode()
ANSWERS = [
    Answer(verdict="failed"),
    Answer(verdict="ok"),
    Answer(
        verdict="ok",
        changes=(
            Change("a", "amd64", "install", "1", "", automatic=True),
            Change("b", "amd64", "remove", "", "2", automatic=False),
        ),
        marks=(("c", "amd64", False),),
        autoremovable=(("d", "amd64"),),
    ),
]


@pytest.mark.parametrize("answer", ANSWERS)
def test_recorded_answer_is_the_answer(answer):
    expected = json.loads(json.dumps(format_expected(answer)))
    assert expected_answer({"expected": expected}) == answer


@pytest.mark.parametrize(
    ("asked", "request_"),
    [
        ({"verb": "install", "words": ["a"]}, Request("install", ("a",))),
        ({"verb": "install", "reinstall": True}, Request("reinstall")),
        ({"verb": "upgrade"}, Request("upgrade-new")),
        ({"verb": "upgrade", "allow-new": False}, Request("upgrade")),
        ({"verb": "full-upgrade", "allow-new": False}, Request("full-upgrade")),
    ],
)
def test_request_of_a_case_keeps_its_meaning(asked, request_):
    assert case_request({"request": asked}) == request_


def test_root_has_plain_files_only(tmp_path):
    write_root(DOCUMENT, str(tmp_path))
    found = {
        os.path.relpath(os.path.join(folder, name), tmp_path)
        for folder, _, names in os.walk(tmp_path)
        for name in names
    }
    lists = "var/lib/apt/lists/example.org_list"
    assert found == {
        "etc/apt/apt.conf",
        "etc/apt/preferences",
        "etc/apt/sources.list",
        "var/lib/apt/extended_states",
        "var/lib/dpkg/arch",
        "var/lib/dpkg/status",
        f"{lists}0_dists_a_b_Release",
        f"{lists}0_dists_a_b_main_binary-amd64_Packages",
        f"{lists}1_dists_stable_Release",
        f"{lists}1_dists_stable_main_binary-amd64_Packages",
    }
    assert (tmp_path / "etc/apt/apt.conf").read_text() == (
        'APT::Install-Recommends "0";\nAPT::NeverAutoRemove:: "^a";\nAPT::NeverAutoRemove:: "^b";\n'
    )
    assert "NotAutomatic: yes\n" in (tmp_path / f"{lists}0_dists_a_b_Release").read_text()
    assert (
        (tmp_path / "etc/apt/sources.list")
        .read_text()
        .startswith("deb [trusted=yes] http://example.org/list0 a/b main\n")
    )


def test_release_and_foreign_lists_are_written(tmp_path):
    part = {"release": {"archive": "sid", "architecture": "i386"}, "stanzas": []}
    document = {**DOCUMENT, "foreign": ["i386"], "target-release": "sid", "lists": [part]}
    write_root(document, str(tmp_path))
    assert 'APT::Default-Release "sid";\n' in (tmp_path / "etc/apt/apt.conf").read_text()
    assert (tmp_path / "var/lib/dpkg/arch").read_text() == "amd64\ni386\n"
    names = os.listdir(tmp_path / "var/lib/apt/lists")
    assert "example.org_list0_dists_sid_main_binary-i386_Packages" in names
    assert "[trusted=yes arch=i386]" in (tmp_path / "etc/apt/sources.list").read_text()


def test_setting_that_would_break_out_is_refused(tmp_path):
    with pytest.raises(InputError, match="quote"):
        write_root({**DOCUMENT, "settings": {"A": '"; B "1'}}, str(tmp_path))


def test_stanzas_become_a_control_file():
    assert format_stanzas([{"A": "1"}, {"B": "2", "C": "3"}]) == "A: 1\n\nB: 2\nC: 3\n\n"


def parse(path, data):
    path.write_bytes(data)
    return read_case(str(path))


def test_file_is_read(tmp_path):
    assert parse(tmp_path / "case.json", GOOD) == DOCUMENT


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"{}", b"[" * 100_000, GOOD.replace(b"/1", b"/2"), GOOD[:-9], b"\xff"]
)
def test_file_that_is_no_case_is_told(tmp_path, data):
    with pytest.raises(InputError) as caught:
        parse(tmp_path / "case.json", data)
    assert caught.value.path == str(tmp_path / "case.json")


@given(data=st.binary() | mutate(GOOD))
def test_any_bytes_give_a_case_or_an_error(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "fuzzed-case.json"
    check_parser(lambda data: parse(path, data), data)


def test_canary_is_noticed(tmp_path):
    with pytest.raises(ParserBrokeError):
        check_parser(lambda data: parse(tmp_path / "x", data)["no-such"], GOOD)
