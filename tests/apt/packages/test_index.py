"""Is an index read back as it was written, and is anything else refused?"""

from __future__ import annotations

from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretell.apt.packages.index import (
    BLOCK,
    SECTIONS,
    IndexDamaged,
    encode_index,
    open_index,
    parse_index,
    table_size,
)
from foretell.apt.packages.index_build import Builder
from tests.apt.world_lab import index_of, package

KEY = bytes(range(32))
NAMES = [f"p{number}" for number in range(40)]
LIST = "".join(package(name, Provides=f"v{name}, common") for name in NAMES)


def encoded(text: str = LIST, key: bytes = KEY) -> bytes:
    builder = Builder("amd64")
    builder.add_list(lambda: [text.encode()], "list")
    return b"".join(encode_index(key, builder.finish()))


def parsed(data: bytes, key: bytes = KEY):
    return parse_index(memoryview(data), key)


@given(
    st.fixed_dictionaries(
        {
            name: st.binary(max_size=9)
            if code == "B"
            else st.lists(st.integers(0, 2 ** (32 if code == "I" else 64) - 1), max_size=5)
            for name, code in SECTIONS
        }
    )
)
def test_sections_come_back(values):
    sections = {
        name: values[name] if code == "B" else array(code, values[name]) for name, code in SECTIONS
    }
    archive = parsed(b"".join(encode_index(KEY, sections)))
    for name, code in SECTIONS:
        if name == "sums":  # made of the others
            continue
        view = getattr(archive, name)
        assert (bytes(view) if code == "B" else view.tolist()) == values[name]


def test_file_is_mapped_as_it_was_written(tmp_path):
    path = tmp_path / "a.index"
    path.write_bytes(encoded())
    archive = open_index(str(path), KEY)
    assert [archive.name(number) for number in range(len(NAMES))] == [n.encode() for n in NAMES]


def test_names_are_found_and_others_are_not():
    archive = index_of(LIST)
    for number, name in enumerate(NAMES):
        assert archive.find(name.encode()) == number
    assert archive.find(b"") == archive.find(b"p") == archive.find(b"vp1") == -1


def test_names_in_one_slot_are_told_apart(monkeypatch):
    monkeypatch.setattr("foretell.apt.packages.index_build.table_size", lambda _count: 1)
    archive = index_of(LIST)
    assert len(archive.name_head) == len(archive.prov_head) == 1
    assert [archive.find(name.encode()) for name in NAMES] == list(range(len(NAMES)))
    assert archive.find(b"other") == -1
    assert archive.providers(b"vp3") == [3]


def test_providers_come_last_parsed_first():
    archive = index_of(LIST)
    assert archive.providers(b"common") == list(range(len(NAMES)))[::-1]
    assert archive.providers(b"vp3") == [3]
    assert archive.providers(b"p3") == []


@given(st.integers(0, 1 << 20))
def test_table_has_a_slot_or_two_for_each_name(count):
    size = table_size(count)
    assert max(count, 1) <= size <= max(2 * count, 1)
    assert size & (size - 1) == 0


def test_empty_list_makes_an_empty_index():
    archive = index_of("")
    assert (archive.n_packages, archive.n_versions) == (0, 0)
    assert archive.find(b"a") == -1
    assert archive.providers(b"a") == []


@pytest.mark.parametrize("at", [0, 20, 24, 30, 60, 70, 400, 2000, -5, -1])
def test_every_changed_bit_is_noticed(at):
    data = bytearray(encoded())
    data[at] ^= 0x10
    with pytest.raises(IndexDamaged):
        parsed(bytes(data)).check()


def contents(archive):
    archive.check()
    return {name: bytes(getattr(archive, name)) for name, _ in SECTIONS}


@given(st.data())
def test_changed_bytes_are_noticed_anywhere_or_change_nothing(data):
    good = encoded()
    broken = bytearray(good)
    at = data.draw(st.integers(0, len(good) - 1))
    broken[at] = data.draw(st.integers(0, 255).filter(lambda byte: byte != good[at]))
    try:
        found = contents(parsed(bytes(broken)))
    except IndexDamaged:
        return
    assert found == contents(parsed(good))
    assert good[at] == 0  # between two sections


@given(st.data())
def test_damage_that_shows_late_is_mended(data):
    good = encoded()
    sections = contents(parsed(good))
    start = len(good) - sum(map(len, sections.values()))
    broken = bytearray(good)
    at = data.draw(st.integers(start, len(good) - len(sections["sums"]) - 1))
    broken[at] ^= data.draw(st.integers(1, 255))
    archive = parsed(bytes(broken))
    archive.rebuild = lambda: parsed(good)
    order = data.draw(st.permutations(range(archive.n_versions)))
    whole = parsed(good)
    assert [archive.facts(v) for v in order] == [whole.facts(v) for v in order]
    assert [archive.source_field(v) for v in order] == [whole.source_field(v) for v in order]
    assert contents(archive) == contents(whole)


def few(data: bytes):
    archive = parsed(data)
    archive.reads_few = True
    return archive


@given(st.data())
def test_few_numbers_are_those_of_the_whole_section(data):
    good = encoded()
    archive, whole = few(good), parsed(good)
    for name, code in SECTIONS:
        section, values = getattr(archive, name), getattr(whole, name).tolist()
        assert len(section) == len(values)
        at = data.draw(st.integers(0, len(values)))
        part = section[at : data.draw(st.integers(at, len(values)))]
        assert part.tolist() == values[at : at + len(part)], name
        if at < len(values):
            assert section[at] == values[at]
        else:
            with pytest.raises(IndexError):
                _ = section[at]
        assert part.format == code


def test_who_reads_few_looks_at_what_is_read_and_at_no_more():
    names = [f"p{number:05}" for number in range(3 * BLOCK // 6)]  # blocks of names
    good = encoded("".join(map(package, names)))
    broken = bytearray(good)
    broken[good.index("".join(names[-2:]).encode()) + 11] ^= 1  # the very last letter
    archive = few(bytes(broken))
    assert archive.find(names[0].encode()) == 0
    assert archive.name(1) == b"p00001"
    last = len(names) - 1
    with pytest.raises(IndexDamaged):
        archive.name(last)
    archive.rebuild = lambda: parsed(good)
    assert archive.name(last) == names[-1].encode()
    archive = few(bytes(broken))
    archive.reads_few = False
    with pytest.raises(IndexDamaged):
        archive.name(1)


@pytest.mark.parametrize("length", [0, 1, 19, 63, 64, 500, -1])
def test_truncated_file_is_refused(tmp_path, length):
    path = tmp_path / "a.index"
    path.write_bytes(encoded()[:length])
    with pytest.raises(IndexDamaged):
        open_index(str(path), KEY)


def test_index_of_other_lists_is_refused():
    with pytest.raises(IndexDamaged, match="key"):
        parsed(encoded(), bytes(32))


def test_index_of_another_format_is_refused(monkeypatch):
    data = encoded()
    monkeypatch.setattr("foretell.apt.packages.index.FORMAT", 10_000)
    with pytest.raises(IndexDamaged, match="format"):
        parsed(data)


@given(st.binary(max_size=300))
def test_any_bytes_are_refused(data):
    with pytest.raises(IndexDamaged):
        parsed(data)


def test_missing_file_is_the_system_s_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        open_index(str(tmp_path / "none"), KEY)
