"""Does a case file come back as it was written, and is every broken one refused with a reason?"""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretell.apt.answers.predict import VERDICTS, predict
from foretell.apt.cases.case import (
    ARCHIVE_FIELDS,
    RELEASE_TEXTS,
    Case,
    CaseList,
    format_case,
    make_world,
    parse_case,
    read_case,
    stanza_text,
)
from foretell.apt.requests.request import VERBS, Request
from foretell.errors import ForetellError, InputError
from tests.fuzz.harness import ParserBrokeError, check_parser, mutate

ROOT = Path(__file__).parents[3]
VALIDATOR = jsonschema.Draft202012Validator(
    json.loads((ROOT / "docs/reference/schemas/foretell.apt.case-1.schema.json").read_text())
)
STANZA = {"Package": "a", "Version": "1", "Architecture": "amd64", "Depends": "b | c, d:any"}
STATUS = {"Package": "b", "Status": "hold ok installed", "Version": "1", "Architecture": "all"}
TOP = {
    "schema": "foretell.apt.case/1",
    "title": "A case",
    "native": "amd64",
    "solver-version": "3.0.4",
    "request": {"verb": "install", "words": ["a", "b-"], "allow-new": False},
    "settings": {"APT::Install-Recommends": "0", "APT::NeverAutoRemove": ["^b$"]},
    "target-release": "stable",
    "automatic": [{"package": "b", "architecture": "amd64"}],
    "pins": [{"Package": "a", "Pin": "release n=trixie", "Pin-Priority": "900"}],
    "oracle": {"name": "apt", "version": "3.0.4"},
    "expected": {"verdict": "ok", "changes": []},
    "status": [STATUS, {**STATUS, "Package": "c"}],
    "lists": [
        {
            "path": "/lists/x",
            "release": {"archive": "stable", "codename": "trixie", "not-automatic": True},
            "positions": [[17, 4]],
            "stanzas": [STANZA],
        },
        {"stanzas": []},
    ],
}
GOOD = json.dumps(TOP).encode()


def test_a_case_is_read_in_full():
    VALIDATOR.validate(TOP)
    case = parse_case(GOOD, "x.json")
    assert case.title == "A case"
    assert case.solver_version == "3.0.4"
    assert (case.request.verb, case.request.words) == ("install", ["a", "b-"])
    assert case.request.allow_new is False
    assert case.expected == TOP["expected"]
    assert case.oracle == TOP["oracle"]
    world = make_world(case, "x.json")
    assert world.lists == ["/lists/x", "x.json#lists/1"]
    assert world.automatic == {("b", "amd64")}
    assert [entry.is_held for entry in world.installed] == [True, True]
    assert [pin.priority for pin in world.pins] == [900]
    assert (world.files[0].archive, world.files[0].not_automatic) == ("stable", True)
    assert world.files[1].codename is None
    state = world.state()
    assert not state.install_recommends
    assert [pattern.pattern for pattern in state.find_never_autoremove()] == ["^b$"]
    assert state.universe.stanza(0) == (0, 17, 4)


def test_the_same_case_is_the_same_bytes():
    once = format_case(parse_case(GOOD, "x.json"))
    assert format_case(parse_case(once, "x.json")) == once
    VALIDATOR.validate(json.loads(once))
    plain = json.loads(once)
    assert {name: plain[name] for name in TOP if name not in {"request", "lists"}} == {
        name: TOP[name] for name in TOP if name not in {"request", "lists"}
    }
    assert b'\n  {"Package": "b", "Status": "hold ok installed"' in once


TEXT = st.text(
    st.one_of(
        st.characters(exclude_categories=("Cs", "Cc")),
        st.integers(0xDC80, 0xDCFF).map(chr),  # bytes that are no UTF-8
    ),
    max_size=8,
)
NAMES = st.sampled_from(ARCHIVE_FIELDS)
STANZAS = st.lists(st.dictionaries(NAMES, TEXT, min_size=1, max_size=3), max_size=3)


@st.composite
def cases(draw):
    verb = draw(st.sampled_from(sorted(VERBS)))
    case = Case("amd64", Request(verb, draw(st.lists(TEXT, max_size=3))))
    case.title = draw(TEXT)
    case.foreign = draw(st.lists(st.sampled_from(["i386", "arm64"])))
    case.target_release = draw(TEXT)
    case.settings = draw(st.dictionaries(TEXT, st.one_of(TEXT, st.lists(TEXT)), max_size=2))
    case.automatic = draw(st.sets(st.tuples(TEXT, TEXT), max_size=2))
    case.status, case.pins = draw(STANZAS), draw(STANZAS)
    for stanzas in draw(st.lists(STANZAS, max_size=2)):
        part = CaseList()
        part.path, part.stanzas = draw(TEXT), stanzas
        place = st.tuples(st.integers(0, 1 << 53), st.integers(0, 1 << 32)).filter(
            lambda pair: pair < (1 << 53, 0) and pair[1] < 1 << 32
        )
        if stanzas and draw(st.booleans()):
            part.positions = [draw(place) for _ in stanzas]
        part.release = draw(st.dictionaries(st.sampled_from(RELEASE_TEXTS), TEXT))
        case.lists.append(part)
    return case


@given(cases())
def test_what_is_written_is_read(case):
    again = parse_case(format_case(case), "x.json")
    for name in ("title", "foreign", "target_release", "settings", "automatic", "status", "pins"):
        assert getattr(again, name) == getattr(case, name)
    for ours, theirs in zip(case.lists, again.lists, strict=True):
        for name in CaseList.__slots__:
            assert getattr(theirs, name) == getattr(ours, name)
    for name in Request.__slots__:
        assert getattr(again.request, name) == getattr(case.request, name)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"schema": "foretell.apt.case/2"}, "schema is not 'foretell.apt.case/1'"),
        ({"native": "AMD64"}, "native is not the name of an architecture"),
        ({"native": None}, "native is missing"),
        ({"foreign": "i386"}, "foreign is not an array"),
        ({"foreign": ["*"]}, "foreign is not the name of an architecture"),
        ({"solver-version": "2.6"}, "solver-version is not one of"),
        ({"request": []}, "request is not an object"),
        ({"request": {"verb": "destroy"}}, "verb is not one of"),
        ({"request": {"verb": "install", "words": "a"}}, "words is not an array"),
        ({"request": {"verb": "install", "words": [1]}}, "words is not a string"),
        ({"request": {"verb": "install", "reinstall": 1}}, "reinstall is neither true nor false"),
        ({"settings": {"A": 1}}, "'A' is not a string"),
        ({"status": None}, "status is missing"),
        ({"status": [{}]}, r"status\[0\] is empty"),
        ({"status": [{"Package": "a\nPackage: b"}]}, "not a field"),
        ({"status": [{"a b": "c"}]}, "not a field"),
        ({"automatic": ["a"]}, "automatic is not an object"),
        ({"lists": {}}, "lists is not an array"),
        ({"lists": [{"stanzas": None}]}, r"lists\[0\].stanzas is missing"),
        ({"lists": [{"stanzas": [], "positions": [[1, 2]]}]}, "not as long as the stanzas"),
        ({"lists": [{"stanzas": [STANZA], "positions": [[1, -2]]}]}, "not an offset and a length"),
        ({"lists": [{"stanzas": [STANZA], "release": {"site": 1}}]}, "site is not a string"),
        ({"title": "\ud800"}, "half a surrogate pair"),
    ],
)
def test_what_is_wrong_is_named(change, told):
    with pytest.raises(InputError, match=told) as caught:
        parse_case(json.dumps({**TOP, **change}).encode(), "x.json")
    assert caught.value.path == "x.json"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            {"lists": [{"stanzas": [{**STANZA, "Architecture": "i386"}]}]},
            "of none of the",
        ),
        ({"lists": [{"stanzas": [{"Package": "a"}]}]}, "Version"),
        ({"status": [{"Package": "a"}]}, "Status"),
        ({"pins": [{"Package": "a", "Pin": "version 1"}]}, "priority"),
    ],
)
def test_a_world_that_breaks_a_format_is_refused(change, told):
    case = parse_case(json.dumps({**TOP, **change}).encode(), "x.json")
    with pytest.raises(InputError, match=told) as caught:
        make_world(case, "x.json")
    assert caught.value.path is not None
    assert caught.value.path.startswith("x.json")


@pytest.mark.parametrize(
    "data",
    [b"", b"[]", b"{", b"\xff", b"[" * 100_000, b'{"a": ' + b"9" * 10_000 + b"}", b"null", b"NaN"],
)
def test_what_is_no_case_is_refused(data):
    with pytest.raises(InputError):
        parse_case(data, "x.json")


def test_a_line_is_named_for_broken_json():
    with pytest.raises(InputError) as caught:
        parse_case(GOOD.replace(b'"title": ', b'\n\n"title" '), "x.json")
    assert (caught.value.code, caught.value.line) == ("bad-json", 3)


def test_a_missing_file_is_a_system_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_case(str(tmp_path / "none"))


def test_a_stanza_is_text_again():
    assert stanza_text({"A": "b,\n c", "D": "\udcff"}) == b"A: b,\n c\nD: \xff\n"


# -- hostile files -------------------------------------------------------------------------------


def solve(data):
    """Read a case and answer it, as ``foretell apt replay`` does."""
    case = parse_case(data, "x.json")
    world = make_world(case, "x.json")
    answer = predict(world, case.request, solver_version=case.solver_version)
    assert answer.verdict in VERDICTS


@given(st.binary())
def test_any_bytes_are_a_case_or_an_error(data):
    check_parser(solve, data)


@given(mutate(GOOD))
def test_a_mutated_file_is_a_case_or_an_error(data):
    check_parser(solve, data)


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=3),
    st.sampled_from(["a", "a (= 1)", "b | c", "1", "amd64", "install ok installed", "(", "\ud800"]),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)


@st.composite
def changed(draw):
    """Return the good case with some values in it replaced, moved or gone."""
    top = json.loads(GOOD)
    for _ in range(draw(st.integers(1, 4))):
        owner = top
        while True:
            keys = list(owner) if isinstance(owner, dict) else range(len(owner))
            if not keys:
                break
            key = draw(st.sampled_from(keys))
            if isinstance(owner[key], dict | list) and draw(st.integers(0, 3)):
                owner = owner[key]
                continue
            if isinstance(owner, dict) and draw(st.booleans()):
                del owner[key]
            else:
                owner[key] = draw(VALUES)
            break
    return json.dumps(top).encode()


@given(changed())
def test_a_case_of_wrong_shape_is_a_case_or_an_error(data):
    check_parser(solve, data)


FIELDS = st.sampled_from([*ARCHIVE_FIELDS, "Status"])
WORDS = st.sampled_from(
    ["a", "b", "1", "2", "x y", "-1", "amd64", "all", "yes", "same", "a (>= 1)", "b | c", "a:any",
     "a (", ",", "99999999999999999999", "install ok installed", "deinstall ok config-files"]
)  # fmt: skip


@given(
    st.lists(st.tuples(st.integers(0, 2), FIELDS, WORDS), max_size=6),
    st.sampled_from(sorted(VERBS)),
    st.lists(st.sampled_from(["a", "b", "a-", "a=1", "a=*", "a/trixie", "^a", "a*", "t^"])),
)
def test_a_case_of_hostile_stanzas_is_a_case_or_an_error(edits, verb, words):
    top = json.loads(GOOD)
    top["request"] = {"verb": verb, "words": words}
    stanzas = [*top["status"], top["lists"][0]["stanzas"][0]]
    for at, field, value in edits:
        stanzas[at][field] = value
    check_parser(solve, json.dumps(top).encode())


def test_the_harness_would_notice_another_exception():
    def broken(data):
        raise ForetellError("a", "b", line=1) if not data else KeyError(data)

    with pytest.raises(ParserBrokeError):
        check_parser(broken, b"x")
