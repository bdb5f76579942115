"""Does searching the archive for a name find what parsing all of it finds, in the same order?"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretell.apt.queries.reverse import Reverse
from foretell.errors import InputError
from tests.apt.world_lab import package, world_of

NAMES = ["a", "b", "a-b", "b+a", "ab", "a.b"]
BOUNDS = ["", " (>= 1)", " (<< 2)", " (=1)", " (< 3)", " (>=  2)", "(= 1)", " (!= 2)", " ( >> 1 )"]
FIELDS = ["Pre_Depends", "Depends", "Conflicts", "Breaks", "Recommends", "Suggests", "Replaces",
          "Enhances", "Provides"]  # fmt: skip

qualifier = st.sampled_from(["", "", "", ":any", ":amd64"])
member = st.builds("{}{}{}".format, st.sampled_from(NAMES), qualifier, st.sampled_from(BOUNDS))
group = st.lists(member, min_size=1, max_size=3).flatmap(
    lambda members: st.sampled_from([" | ", "| "]).map(lambda bar: bar.join(members))
)
fields = st.dictionaries(
    st.sampled_from(FIELDS), st.lists(group, min_size=1, max_size=3).map(", ".join), max_size=4
)


@st.composite
def systems(draw):
    """Lists in any order of fields, and a status file with other versions of the same names."""

    def stanza(status: str = "") -> str:
        own = {"Status": status} if status else {}
        name = draw(st.sampled_from(NAMES))
        return package(name, draw(st.sampled_from("123")), **own, **draw(fields))

    stanzas = [stanza() for _ in range(draw(st.integers(1, 12)))]
    found: dict[str, str] = {}
    for _ in range(draw(st.integers(0, 4))):
        text = stanza("install ok installed")
        found[text.split("\n", 1)[0]] = text
    return "".join(stanzas), "".join(found.values())


def relations(state, package, *, reads_all):
    """Return the relations without the numbers of their or-groups, which the search leaves out."""
    try:
        found = Reverse(state, reads_all=reads_all).relations_on(package)
    except InputError as error:
        return error.code
    return [(version, kind, member, followed) for version, kind, _, member, followed in found]


@given(systems())
def test_search_finds_what_parsing_finds(system):
    world = world_of(*system)
    try:
        state = world.state()
    except InputError:
        return
    for number in range(state.universe.n_packages):
        expected = relations(state, number, reads_all=True)
        found = relations(state, number, reads_all=False)
        assert expected in (found, "bad-relation")


@pytest.mark.parametrize(
    "relation", ["a", "a (>= 1)", "a | x", "x | a", "x|a", "a|x", "x, a, a (<< 9)"]
)
def test_every_spelling_is_found(relation):
    state = world_of(package("a") + package("b", Depends=relation) + package("ab")).state()
    found = relations(state, state.universe.find(b"a"), reads_all=False)
    assert found == relations(state, state.universe.find(b"a"), reads_all=True)
    assert len(found) == relation.replace(",", " ").replace("|", " ").split().count("a")


def test_a_name_is_not_part_of_another():
    state = world_of(package("a") + package("b", Depends="a-b, xa, a.c (>= 1)")).state()
    assert relations(state, state.universe.find(b"a"), reads_all=False) == []
