"""Does apt.conf text give the options that apt-config finds in it?"""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretell.apt.syntax.configuration import (
    INCLUDE_DEPTH_MAX,
    NAME_DEPTH_MAX,
    SCOPE_DEPTH_MAX,
    Configuration,
    list_parts,
    load,
    parse_bool,
    parse_configuration,
)
from foretell.errors import InputError, UsageError


def parse(text, root="/nonexistent"):
    configuration = Configuration(root)
    parse_configuration(text, "apt.conf", configuration)
    return configuration


# What apt.conf(5) and apt-config dump agree on: text, and the dump it gives (None: refused).
ACCEPTED = {
    b'X "a";': 'X "a";\n',
    b'X::Y "a";': 'X "";\nX::Y "a";\n',
    b'X { Y "a"; };': 'X "";\nX::Y "a";\n',
    b'X { Y "a" }': 'X "";\nX::Y "a";\n',
    b'X { "a"; "b"; };': 'X "";\nX:: "a";\nX:: "b";\n',
    b'X:: "a"; X:: "b";': 'X "";\nX:: "a";\nX:: "b";\n',
    b"X a;": 'X "a";\n',
    b'X "a" "b";': 'X "a b";\n',
    b'X a"b c"d;': 'X "ab cd";\n',
    b'X\n"a"\n;': 'X "a";\n',
    b'X\t"a";\r\nY "b";\r\n': 'X "a";\nY "b";\n',
    b'X "a"; // c\nY "b"; # c\n/* x\n */ Z "c";': 'X "a";\nY "b";\nZ "c";\n',
    b'X "a//b#c;{}/*";': 'X "a//b#c;{}/*";\n',
    b'# "a\nX "1";': 'X "1";\n',
    b'X /* c */ "a"/* ; */;': 'X "a";\n',
    b"/* never ended": "",
    b'X "v" { Z "b"; };': 'X "v";\nX::Z "b";\n',
    b'X "a"; x "b";': 'X "b";\n',
    b'X { Y "a"; }; #clear X;': 'X "";\n',
    b'X "v"; X::Y "a";\n#clear X;\nX::Z "q";': 'X "";\nX::Z "q";\n',
    b'#Clear X;\nX "1";': 'X "1";\n',
    b'"X Y" "a";': 'X%20Y "a";\n',
    b'X%41 "%41";': 'XA "%41";\n',
    b"X;": ' "X";\n',
    b"X { Y; };": 'X "";\nX:: "Y";\n',
    b'X::::Y "a";': 'X "";\nX::::Y "a";\n',
    b'X { :: "y"; :: "z"; };': 'X "";\nX:::: "z";\n',
    b'::X "a";': ' "";\n::X "a";\n',
    b"};": "",
    b'X "%41"b; Y %41; Z "%41" "%42";': 'X "Ab";\nY "A";\nZ "%41 %42";\n',
    b"X [a b]c;": 'X "[a b]c";\n',
    b'X "a" /* "b */ "c";': 'X "a c";\n',
    b'A "1"; /* a *// c\nX "1";': 'A "1";\n',  # the // ends the line before the comment does
    b'/* a\n// */ X "1";': 'X "1";\n',
}
REFUSED = (
    b"X a b;",
    b"X",
    b'X "a"',
    b'X "a"\nY "b";',
    b'{ "a"; };',
    b'X {{ "a"; }; };',
    b'X "a\nb";',
    b'X "a" b;',
    b"X http://a;",
    b"#clear;",
    b"#clear X Y;",
    b'X { #clear Y "z"; };',
    b'X "a"b "c";',
    b'X "1"; /* " */ Y "#2";',
    b'#includefoo "x";',
    b'#include "/nonexistent-file";',
)


@pytest.mark.parametrize("text", ACCEPTED)
def test_grammar_accepts(text):
    assert parse(text).dump() == ACCEPTED[text]


@pytest.mark.parametrize("text", REFUSED)
def test_grammar_refuses(text):
    with pytest.raises(InputError) as caught:
        parse(text)
    assert caught.value.path == "apt.conf"
    assert caught.value.line == text.count(b"\n") + 1


def dump_of_real_apt(folder, text):
    """Return the dump of the real apt-config, or None when it refuses."""
    path = folder / "apt.conf"
    path.write_bytes(text)
    done = subprocess.run(
        ["apt-config", "dump"],
        env={"PATH": os.environ["PATH"], "LC_ALL": "C", "APT_CONFIG": str(path)},
        capture_output=True,
    )
    refused = done.returncode or b"Syntax error" in done.stderr
    return None if refused else done.stdout.decode("utf-8", "surrogateescape").splitlines()


@pytest.mark.oracle
def test_dump_agrees_with_apt_config(tmp_path, require):
    if not shutil.which("apt-config"):
        require("apt", "apt-config is not installed")
    base = dump_of_real_apt(tmp_path, b"")
    for text in (*ACCEPTED, *REFUSED):
        theirs = dump_of_real_apt(tmp_path, text)
        try:
            ours = parse(text).dump().splitlines()
        except InputError:
            ours = None
        else:
            assert theirs is not None, text
            theirs = [line for line in theirs if line not in base]
        assert ours == theirs, text


words = st.text("AbX:", min_size=1, max_size=6)
values = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E, exclude_characters='"\\'))
texts = st.lists(
    st.sampled_from(
        ["A", "b", "A::b", '"', '"x y"', "{", "}", ";", ";\n", "\n", " ", "//", "/*", "*/", "#",
         "/* c */", "#clear A;", "\\", "[", "]", "%41", "\t", "=", "A::"]
    ),
    max_size=14,
).map("".join)  # fmt: skip


@pytest.mark.oracle
@given(text=texts)
def test_dump_agrees_with_apt_config_on_random_texts(tmp_path_factory, require, text):
    if not shutil.which("apt-config"):
        require("apt", "apt-config is not installed")
    if "::::" in text:
        return  # names with empty parts are modelled only as far as ACCEPTED says
    folder = tmp_path_factory.mktemp("conf")
    base = dump_of_real_apt(folder, b"")
    theirs = dump_of_real_apt(folder, text.encode())
    try:
        ours = parse(text.encode()).dump().splitlines()
    except InputError:
        ours = None
    if theirs is not None:
        theirs = [line for line in theirs if line not in base]
    assert ours == theirs


@given(words, values)
def test_what_is_set_is_found_in_any_case(name, value):
    configuration = Configuration()
    configuration.set("Top::" + name.strip(":") + "x", value)
    assert configuration.find("TOP::" + name.strip(":").lower() + "X") == value


@pytest.mark.parametrize(
    ("text", "expected"),
    [("1", True), ("YES", True), ("0x1", True), ("with", True), ("0", False), ("Off", False),
     ("disable", False), ("without", False), ("00", False)],
)  # fmt: skip
def test_words_of_truth(text, expected):
    assert parse_bool(text, default=not expected) is expected


@pytest.mark.parametrize("text", ["", "2", "-1", "maybe", "1x", "0.5", "truex"])
def test_other_words_leave_the_default(text):
    assert parse_bool(text, default=True)
    assert not parse_bool(text, default=False)


def test_find_int_reads_the_number_at_the_start():
    configuration = parse(b'A "12x"; B "010"; C "0x1f"; D "x"; E "-3";')
    assert [configuration.find_int(name, 7) for name in "ABCDEF"] == [12, 8, 31, 7, -3, 7]


def test_find_list_takes_children_or_a_value_with_commas():
    configuration = parse(b'A { "x"; "y"; }; B "x,y"; C { N "z"; "w"; };')
    assert configuration.find_list("a") == ["x", "y"]
    assert configuration.find_list("b") == ["x", "y"]
    assert configuration.find_list("c") == ["z", "w"]
    assert configuration.find_list("d") == []


def test_find_takes_an_empty_value_for_a_missing_one():
    assert parse(b'A "";').find("A", "default") == "default"
    assert parse(b'A "";').exists("A")


def make_root(tmp_path, files):
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return str(tmp_path)


def test_load_order_and_root(tmp_path):
    root = make_root(
        tmp_path,
        {
            "etc/apt/apt.conf.d/10a": 'A "parts"; B "parts"; C "parts"; D "parts";',
            "etc/apt/apt.conf.d/20b.conf": 'A "later";',
            "etc/apt/apt.conf.d/30c.bak": 'A "ignored";',
            "etc/apt/apt.conf": 'B "main"; Binary::apt { C "binary"; };',
            "first": 'E "first"; A "first"; Dir::Etc::main "apt.conf";',
        },
    )
    configuration = load(
        root, config_file=os.path.join(root, "first"), options=["D=option", "L::=x", "L::=y"]
    )
    found = [configuration.find(name) for name in "ABCDE"]
    assert found == ["later", "main", "binary", "option", "first"]
    assert configuration.find_list("L") == ["x", "y"]
    assert configuration.find_path("Dir::State::lists") == os.path.join(root, "var/lib/apt/lists")
    assert configuration.find_path("Dir::State::status") == os.path.join(
        root, "var/lib/dpkg/status"
    )
    assert configuration.find_bool("APT::Get::Upgrade-Allow-New")


def test_load_for_another_binary_leaves_apts_subtree_alone(tmp_path):
    configuration = load(str(tmp_path), binary="apt-get")
    assert not configuration.find_bool("APT::Get::Upgrade-Allow-New")


def test_option_without_value_is_a_usage_error(tmp_path):
    with pytest.raises(UsageError):
        load(str(tmp_path), options=["A::B"])


def test_dev_null_is_not_below_the_root(tmp_path):
    configuration = load(str(tmp_path), options=["Dir::Etc::preferences=/dev/null"])
    assert configuration.find_path("Dir::Etc::preferences") == "/dev/null"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ([], ["amd64", "i386"]),
        (["APT::Architectures=amd64,arm64"], ["amd64", "arm64"]),
        (["APT::Architectures::=arm64"], ["amd64", "arm64"]),
        (["APT::Architecture=arm64"], ["arm64", "i386"]),
    ],
)
def test_architectures(tmp_path, options, expected):
    assert load(str(tmp_path), options=options).architectures(["i386"]) == expected


def test_include_of_files_and_folders(tmp_path):
    root = make_root(tmp_path, {"a.conf": 'A "1";', "d/b": 'B "1";', "d/c.txt": 'C "1";'})
    configuration = parse(b'#include "/a.conf"; #include "/d/";', root)
    assert configuration.dump() == 'A "1";\nB "1";\n'


def test_include_depth_is_bounded(tmp_path):
    root = make_root(tmp_path, {"a.conf": '#include "/a.conf";'})
    with pytest.raises(InputError, match=str(INCLUDE_DEPTH_MAX)):
        parse(b'#include "/a.conf";', root)


def test_scope_and_name_depth_are_bounded():
    with pytest.raises(InputError, match=str(SCOPE_DEPTH_MAX)):
        parse(b"A {" * 1000)
    with pytest.raises(InputError, match=str(NAME_DEPTH_MAX)):
        parse(b"A::" * 1000 + b'B "1";')


def test_list_parts_takes_the_names_that_apt_takes(tmp_path):
    names = ["10x", "x.conf", "x-y_z", "a.b.conf", ".x", "x~", "x.bak", "a b", "é", "x.CONF", "a.b"]
    for name in names:
        (tmp_path / name).write_text("")
    (tmp_path / "folder").mkdir()
    found = [os.path.basename(path) for path in list_parts(str(tmp_path), (".conf",))]
    assert found == ["10x", "a.b.conf", "x-y_z", "x.conf"]
    assert list_parts(str(tmp_path / "nothing"), (".conf",)) == []
