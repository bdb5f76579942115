"""Which records are pins, and what do their patterns match?"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretell.apt.syntax.configuration import load
from foretell.apt.system.preferences import (
    NEVER,
    PackageWord,
    compile_pattern,
    parse_preferences,
    read_preferences,
    release_conditions,
)
from foretell.errors import InputError


def one(text):
    (pin,) = parse_preferences(text.encode(), "preferences").pins
    return pin


def test_a_specific_record():
    pin = one("Explanation: why\nPackage: a src:b*\n /c/\nPin: version 1*\nPin-Priority: 990\n")
    assert [word.text for word in pin.packages] == ["a", "src:b*", "/c/"]
    assert (pin.type, pin.data, pin.priority, pin.is_general) == ("version", "1*", 990, False)
    assert (pin.path, pin.line) == ("preferences", 1)


def test_a_general_record():
    pin = one('\n# c\nPackage: *\nPin: Origin "a.example.org"\nPin-Priority: never\n')
    assert (pin.type, pin.data, pin.priority) == ("origin", "a.example.org", NEVER)
    assert pin.is_general
    assert pin.line == 3


@pytest.mark.parametrize("package", ["**", "* a", "*:any", "src:*"])
def test_only_a_lone_star_is_general(package):
    assert not one(f"Package: {package}\nPin: release a=x\nPin-Priority: 1\n").is_general


@pytest.mark.parametrize(
    ("text", "priority"),
    [("7", 7), ("+7", 7), ("-7", -7), ("1.5", 1), ("7x", 7), ("32767", 32767), ("-32768", -32767)],
)
def test_priority(text, priority):
    assert one(f"Package: a\nPin: version 1\nPin-Priority: {text}\n").priority == priority


@pytest.mark.parametrize(
    "text", ["0", "", "abc", "never", "Never", "0x7", "40000", "-32769", "9" * 25]
)
def test_bad_priority_is_an_input_error(text):
    data = f"\nPackage: a\nPin: version 1\nPin-Priority: {text}\n".encode()
    with pytest.raises(InputError) as caught:
        parse_preferences(data, "preferences")
    assert (caught.value.code, caught.value.line) == ("bad-priority", 2)


@pytest.mark.parametrize("text", ["Pin: version 1\nPin-Priority: 1\n", "Explanation: x\n", "x\n"])
def test_record_without_package_is_an_input_error(text):
    with pytest.raises(InputError):
        parse_preferences(text.encode(), "preferences")


@pytest.mark.parametrize(
    ("package", "pin"),
    [("a", "foo bar"), ("a", "2"), ("*", "version 1"), ("*", "source-version 1")],
)
def test_a_pin_that_is_not_understood_is_a_warning(package, pin):
    text = f"Package: {package}\nPin: {pin}\nPin-Priority: 1\n"
    found = parse_preferences(text.encode(), "preferences")
    assert found.pins == []
    assert found.warnings[0][:2] == ("preferences", 1)


def test_a_record_without_pin_has_no_effect():
    found = parse_preferences(b"Package: a\nPin-Priority: 3\n", "preferences")
    assert (found.pins, found.warnings) == ([], [])


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("stable", [("an", "stable")]),
        ("13*", [("v", "13*")]),
        ("a=x, n=y ,l=z w", [("a", "x"), ("n", "y"), ("l", "z w")]),
        ("a=x,a=y", [("a", "y")]),
        ("A=x", [("a", "x")]),
        ("x=1,a=,v=*,archive=s,word", []),
        ("", []),
    ],
)
def test_release_conditions(data, expected):
    assert release_conditions(data) == expected


@pytest.mark.parametrize(
    ("word", "name", "architecture", "expected"),
    [
        ("a", "a", "amd64", True),
        ("a", "A", "amd64", False),
        ("a", "a", "i386", False),
        ("a:any", "a", "i386", True),
        ("a:i3*", "a", "i386", True),
        ("a:native", "a", "amd64", False),
        ("a:", "a", "amd64", True),
        ("A*", "ab", "amd64", True),
        ("[!b]", "a", "amd64", True),
        ("/B$/", "ab", "amd64", True),
        ("/^b/:any", "ab", "amd64", False),
        ("/[[:alpha:]]/", "a", "amd64", False),
        ("b/", "b", "amd64", False),
        ("//", "b", "amd64", True),
        ("src:a", "a", "amd64", True),
        ("src:", "a", "amd64", False),
    ],
)
def test_package_word(word, name, architecture, expected):
    assert PackageWord(word).matches(name, architecture, "amd64") is expected


@pytest.mark.parametrize(
    ("pattern", "matches", "others"),
    [
        ("a*b?", ["abx", "AxxBy"], ["ab", "xabx"]),
        ("[a-c][^d]", ["ax", "B-"], ["ad", "dx"]),
        ("[]x]", ["]", "x"], ["y"]),
        ("[[:digit:]-]", ["5", "-"], ["a"]),
        ("[a", ["[a"], ["a"]),
        (r"\*", ["*"], ["x"]),
        ("a.c", ["a.c"], ["abc"]),
        ("/a{2,3}$/", ["xaa"], ["a"]),
        ("/a{x/", ["a{x"], ["ax"]),
        ("/^(a|b)+?$/", ["abab", ""], ["abc"]),
        ("/a++/", ["a"], ["b"]),
        ("/[[:upper:]]\\.x/", ["a.x"], ["abx", "1.x"]),
        ("/(/", [], ["(", ""]),
        ("/*a/", [], ["a"]),
        ("/x$/", ["x"], ["x\n"]),
        (r"/\<ab\>/", ["x-ab-"], ["xab"]),
        ("/[a&&b]/", ["&"], ["c"]),
    ],
)
def test_patterns(pattern, matches, others):
    matcher = compile_pattern(pattern)
    assert [text for text in matches if not matcher(text)] == []
    assert [text for text in others if matcher(text)] == []


@given(st.text("ab.+-", max_size=10))
def test_a_pattern_without_specials_matches_itself_in_any_case(text):
    assert compile_pattern(text)(text)
    assert compile_pattern(text)(text.upper())
    assert not compile_pattern(text)(text + "x")


def test_main_file_comes_before_the_parts(tmp_path):
    folder = tmp_path / "etc/apt/preferences.d"
    folder.mkdir(parents=True)
    record = "Package: {0}\nPin: version 1\nPin-Priority: 1\n"
    (folder / "b").write_text(record.format("second"))
    (folder / "c.pref").write_text(record.format("third"))
    (folder / "a.bak").write_text(record.format("ignored"))
    (tmp_path / "etc/apt/preferences").write_text(record.format("first"))
    pins = read_preferences(load(str(tmp_path))).pins
    assert [pin.packages[0].text for pin in pins] == ["first", "second", "third"]


def test_no_files_are_no_pins(tmp_path):
    assert read_preferences(load(str(tmp_path))).pins == []
