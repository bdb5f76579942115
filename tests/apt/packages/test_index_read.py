"""Do the fast and the plain reader of lists give the same rows, and is every fault placed?"""

from __future__ import annotations

import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretell.apt.model import ESSENTIAL, PROVIDES
from foretell.apt.packages.index_read import CHUNK_BYTES, ListReader, whole_stanzas
from foretell.apt.packages.stanza import Facts, split_source, tidy_relations
from foretell.apt.syntax.deb822 import STANZA_BYTES_MAX
from foretell.errors import InputError
from tests.apt.world_lab import package

VALUES = {
    "Package": ("a", "b", "lib-c1+"),
    "Source": ("", "s", "s (2)", "s  (2)", " s", "s (2) "),
    "Version": ("1", "1:2~3-4"),
    "Essential": ("", "yes", "no", "Yes"),
    "Installed-Size": ("", "7", "0"),
    "Maintainer": ("", "N <n@example.org>"),
    "Architecture": ("all", "amd64", "arm64", "amd64 "),
    "Replaces": ("", "r", "r (<< 2)"),
    "Provides": ("", "v", "v (= 1), w", "v,w"),
    "Depends": ("", "d", "d,e", "d , e", " d,  e | f", "d,\n e", "d,", "d,,e", "d (>=1)"),
    "Pre-Depends": ("", "p"),
    "Recommends": ("", "q | r"),
    "Suggests": ("", "s", "s\t, t"),
    "Conflicts": ("", "c"),
    "Breaks": ("", "b (<< 1)"),
    "Description": ("", "x", "x\n more\n Depends: no"),
    "Multi-Arch": ("", "same", "foreign", "Same", "odd", "no", "same\n"),
    "Homepage": ("", "http://example.org/"),
    "Important": ("", "yes"),
    "Protected": ("", "yes", "no"),
    "Tag": ("", "x::y,\n z"),
    "Description-md5": ("", "0"),
    "Section": ("", "misc", "non-free/misc", " misc", "mi sc"),
    "Priority": ("", "optional", "required", "odd"),
    "Filename": ("", "pool/a.deb"),
    "Size": ("", "1000", "07"),
    "SHA256": ("", "0" * 64),
    "X-Odd": ("", "Package: a"),
}


@st.composite
def stanzas(draw):
    """Draw a stanza: usually in the archive's order, sometimes with fields moved or doubled."""
    names = [*VALUES]
    for _ in range(draw(st.sampled_from((0, 0, 1, 3)))):
        name = names.pop(draw(st.integers(0, len(names) - 1)))
        names.insert(draw(st.integers(0, len(names))), name)
    if draw(st.integers(0, 5)) == 0:
        names.append(draw(st.sampled_from(names)))
    lines = []
    for name in names:
        value = draw(st.sampled_from(VALUES[name]))
        spelled = name.upper() if draw(st.integers(0, 30)) == 0 else name
        if value:
            lines.append(f"{spelled}: {value}".rstrip("\n") + "\n")
    return "".join(lines) + "\n"


def rows(text: bytes, *, plain: bool = False, size: int = 1 << 30):
    """Return what a reader makes of a list, one row a stanza."""
    reader = ListReader("amd64")
    if plain:
        reader._fast = re.compile(rb"(?!)")
    chunks = [text[at : at + size] for at in range(0, len(text), size)]
    reader.add_list(lambda: chunks, "list")
    found = []
    stream = io.BytesIO(b"".join(reader.pieces))
    for at, (name, version) in enumerate(zip(reader.names, reader.versions, strict=True)):
        facts = Facts(stream.read(reader.fact_lengths[at]))
        provides = dict(zip(reader.providing, map(tidy_relations, reader.provides), strict=True))
        source = reader.sources[at], reader.source_versions[at]
        assert split_source(facts.source, b"") == source
        assert [tidy_relations(line) for line in facts.relations][PROVIDES] == provides.get(at, b"")
        found.append(
            {
                "name": name,
                "version": version,
                "source": (source[0] or name, source[1] or version),
                "place": (reader.files[at], reader.offsets[at], reader.lengths[at]),
                "facts": (reader.metas[at], facts.section, facts.size, facts.installed_size),
                "relations": [tidy_relations(line) for line in facts.relations],
            }
        )
    return found


@given(st.lists(stanzas(), min_size=1, max_size=4))
def test_fast_reader_agrees_with_the_plain_one(texts):
    text = "".join(texts).encode()
    assert rows(text) == rows(text, plain=True)


@pytest.mark.parametrize("name", VALUES)
def test_field_may_stand_anywhere(name):
    """A field that decides something must not get lost behind the one where it is looked for."""
    usual = package(
        "a", "2", Source="s", Essential="yes", Protected="yes", Important="yes", Replaces="r",
        Provides="p", Depends="d", Pre_Depends="e", Recommends="m", Suggests="s", Enhances="h",
        Conflicts="c", Breaks="b", Multi_Arch="same", Homepage="x", Tag="t",
    ).encode().splitlines(keepends=True)[:-1]  # fmt: skip
    (line,) = [line for line in usual if line.startswith(name.encode() + b": ")] or [b"X: y\n"]
    rest = [other for other in usual if other != line]
    for at in range(len(rest) + 1):
        for spelled in (line, line.lower(), line.replace(b": ", b":\n ")):
            text = b"".join((*rest[:at], spelled, *rest[at:], b"\n"))
            assert rows(text) == rows(text, plain=True), text


@given(st.lists(stanzas(), min_size=1, max_size=6), st.integers(1, 300))
def test_pieces_may_be_of_any_size(texts, size):
    text = "".join(texts).encode()
    assert rows(text, size=size) == rows(text)


def test_usual_stanzas_take_the_fast_way(monkeypatch):
    def refuse(*_):
        raise AssertionError("read by the plain reader")

    monkeypatch.setattr(ListReader, "_add_plain", refuse)
    text = package("a", Depends="b", Tag="x::y,\n z", Multi_Arch="same") + package("b", Source="s")
    assert len(rows(text.encode())) == 2
    with pytest.raises(AssertionError, match="plain reader"):
        rows(b"Version: 1\nPackage: a\n\n")


def test_offset_and_length_cut_the_stanza_out():
    texts = [package("a"), "Version: 1\nPackage: b\nArchitecture: all\n\n", package("c")]
    text = "".join(texts).encode()
    cuts = [text[start : start + length] for _, start, length in (r["place"] for r in rows(text))]
    assert cuts == [text.encode() for text in texts]


def test_stanzas_of_other_architectures_are_left_out():
    text = package("a", Architecture="arm64") + package("b", Architecture="all")
    assert [row["name"] for row in rows(text.encode())] == [b"b"]


@pytest.mark.parametrize("is_plain", [False, True])
def test_apt_is_essential_on_every_architecture(is_plain):
    reader = ListReader("amd64", ("i386",))
    if is_plain:
        reader._fast = re.compile(rb"(?!)")
    text = "".join(package("apt", Architecture=name) for name in ("amd64", "i386"))
    reader.add_list(lambda: [text.encode()], "list")
    assert reader.names == [b"apt", b"apt:i386"]
    assert [bool(bits & ESSENTIAL) for bits in reader.metas] == [True, True]


def test_empty_list_has_no_rows():
    assert rows(b"") == rows(b"\n\n\n") == []


@pytest.mark.parametrize(
    ("fault", "line", "message"),
    [
        ("Version: 1\nArchitecture: all\n", 14, "no Package field"),
        ("Package: z\nArchitecture: all\n", 14, "no Version field"),
        ("Package: a b\nVersion: 1\n", 14, "not one word"),
        ("Package: z\nVersion: 1\x07\nArchitecture: all\n", 14, "not one word"),
        ("Package: z\nVersion: 1\nArchitecture: all\nSize: x\n", 14, "Size is not a number"),
        ("Package: z\nVersion: 1\nArchitecture: all\nInstalled-Size: -1\n", 14, "not a number"),
        ("Package: z\nVersion: 1\nArchitecture: all\nSize: " + "9" * 16 + "\n", 14, "not a numb"),
        ("Package: z\nnonsense\n", 15, "neither a field"),
        (" continued\n", 14, "neither a field"),
        ("Package: z\r\nVersion: 1\r\n\r\nPackage: y\r\n", 16, "neither a field"),
    ],
)
def test_fault_is_placed(fault, line, message):
    text = package("a") + "\n" + fault + "\n" + package("b")
    assert text.encode().split(b"\n")[13 - 1] == b""
    with pytest.raises(InputError, match=message) as caught:
        rows(text.encode())
    assert (caught.value.path, caught.value.line) == ("list", line)
    assert caught.value.rule


def test_fault_far_into_a_list_is_placed():
    good = package("a", Depends="b").encode()
    count = 3 * CHUNK_BYTES // len(good)
    with pytest.raises(InputError) as caught:
        rows(good * count + b"nonsense\n\n", size=1 << 16)
    assert caught.value.line == good.count(b"\n") * count + 1


def test_endless_stanza_is_refused():
    pieces = [b"Package: a\nDepends:" + b" b,\n" * (1 << 18)] * 32
    with pytest.raises(InputError, match="stanza of more than") as caught:
        next(whole_stanzas(iter(pieces), "list"))
    assert caught.value.path == "list"
    assert STANZA_BYTES_MAX == 16 << 20


@pytest.mark.parametrize(
    "text",
    [
        b"Package: a\nVersion: 1\nArchitecture: all\nDescription: x\n" + b" y\n" * 400_000,
        b"Package: a\nVersion: 1\nArchitecture: all\nDescription: x\n" * 20_000,
        b"Package: a\nVersion: 1\nArchitecture: all\nX-Odd: " + b"Package: " * 200_000 + b"\n",
        b"Package: a\nVersion: 1\nArchitecture: arm64\n\n" * 20_000,
        b"Version: 1\nPackage: a\nArchitecture: all\n\n" * 20_000,
        (package("a") + "Version: 1\nPackage: a\nArchitecture: all\n\n").encode() * 20_000,
        b"Package: a\nVersion: 1\nArchitecture: all\nDepends: " + b"b " * 400_000 + b",\n",
    ],
)
@pytest.mark.timeout(20)
def test_time_grows_with_the_length_only(text):
    """Each of these took minutes with an expression that backtracks or looks for the next match."""
    assert len(rows(text)) in {0, 1, 20_000, 40_000}
