"""Are source packages found in Sources lists, all of them and nothing else?"""

from __future__ import annotations

import lzma

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretell.apt.packages.source_index import NAME_BYTES_MAX, find_sources, newest
from foretell.apt.syntax.relation import group_text
from foretell.errors import InputError
from tests.apt.source_lab import LAB, source


def write(folder, text, name="Sources"):
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return str(path)


def versions(paths, name):
    found = find_sources(paths, [name.encode()])[name.encode()]
    return [(record.name.decode(), record.version.decode()) for record in found]


def test_found_by_source_and_by_binary_name(tmp_path):
    paths = [write(tmp_path, LAB["trixie"][1]), write(tmp_path, LAB["sid"][1], "sid")]
    assert versions(paths, "foo") == [("foo", "1"), ("foo", "3"), ("foo", "2")]
    assert versions(paths, "foo-bin") == [("foo", "1"), ("foo", "3"), ("foo-bin", "9")]
    assert versions(paths, "w") == [("other", "9")]
    assert versions(paths, "oo") == []


@pytest.mark.parametrize(
    "text",
    [
        "Package: x\nBinary: a, it\nVersion: 1\n",
        "Package: x\nBinary:\n a,\n it,\n b\nVersion: 1\n",
        "Package: x\nBINARY:it\nVersion: 1",
        "package:it\nVersion: 1\n",
        "\n\nVersion: 1\nPackage: it \n\n\n",
        "Package: y\n\nPackage: x\nBinary: a\n\tit\nVersion: 1\n",
    ],
)
def test_spellings_of_a_name(tmp_path, text):
    assert len(versions([write(tmp_path, text)], "it")) == 1


@pytest.mark.parametrize(
    "text",
    [
        "Package: x\nBuild-Depends: it\n",
        "Package: it-x\nBinary: lib-it, its, a.it, it+\n",
        "Package: x\nPackage-List:\n it deb\nFiles:\n it\n",
        "Binary: it\n",
        "",
    ],
)
def test_other_mentions_do_not_count(tmp_path, text):
    assert versions([write(tmp_path, text)], "it") == []


def test_compressed_lists_and_several_names_in_one_pass(tmp_path):
    path = write(tmp_path, lzma.compress(LAB["trixie"][1].encode()), "Sources.xz")
    found = find_sources([path], [b"bar", b"gone-bin", b"", b"n" * (NAME_BYTES_MAX + 1)])
    assert {name: len(records) for name, records in found.items()} == {b"bar": 2, b"gone-bin": 1}


def test_relations_come_in_apts_order(tmp_path):
    path = write(tmp_path, LAB["trixie"][1])
    (record,) = find_sources([path], [b"all-fields"])[b"all-fields"]

    def texts(groups):
        return b", ".join(map(group_text, groups))

    assert texts(record.depends(indep=True, arch=True)) == b"a, b, c, a | f, d, e"
    assert texts(record.depends(indep=False, arch=True)) == b"a, b, c, a | f, e"
    assert texts(record.depends(indep=True, arch=False)) == b"a, b, c, a | f, d"
    assert texts(record.conflicts(indep=True, arch=True)) == b"f, g, h"
    assert texts(record.conflicts(indep=False, arch=False)) == b"f"


def test_newest_is_the_first_of_equals(tmp_path):
    path = write(tmp_path, source("a", "1.0") + source("a", "1.00") + source("a", "0.9"))
    found = newest(find_sources([path], [b"a"])[b"a"])
    assert found is not None
    assert found.version == b"1.0"
    assert newest([]) is None


def test_place_of_a_record_and_of_an_error(tmp_path):
    text = source("a") + source("b") + "Package: c\nnot a field\n\n" + source("d")
    path = write(tmp_path, text)
    (record,) = find_sources([path], [b"b"])[b"b"]
    assert text[record.offset :].startswith("Package: b\n")
    with pytest.raises(InputError) as caught:
        find_sources([path], [b"c"])
    line = caught.value.line
    assert line is not None
    assert text.splitlines()[line - 1] == "not a field"


@given(st.lists(st.sampled_from(("a", "ab", "b", "ba", "a-b", "a.b")), max_size=12))
def test_search_agrees_with_parsing_everything(tmp_path_factory, names):
    text = "".join(
        source(name, str(number), Binary=", ".join(names[number::3]) or "x")
        for number, name in enumerate(names)
    )
    path = write(tmp_path_factory.mktemp("lists"), text)
    for wanted in ("a", "ab", "a-b", "x"):
        expected = [
            (name, str(number))
            for number, name in enumerate(names)
            if wanted == name or wanted in (names[number::3] or ["x"])
        ]
        assert versions([path], wanted) == expected
