"""Are stanzas of two cases paired in both orders, and does a blend say what was turned?"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretell.apt.cases.case import CaseList
from foretell.apt.cases.pairing import (
    PairedList,
    Row,
    blend,
    changes,
    merge,
    pair_lists,
    pair_stanzas,
    statement,
)

unique = st.lists(st.integers(0, 9), unique=True)
entries = st.lists(st.sampled_from(["b", "c", "b | c", "d (>= 1)"]), max_size=3, unique=True)


@st.composite
def stanzas(draw: st.DrawFn) -> dict[str, str]:
    """Draw a stanza of one package."""
    found = {"Package": "a", "Version": "1"}
    for field in ("Depends", "Conflicts"):
        texts = draw(entries)
        if texts:
            found[field] = ", ".join(texts)
    if draw(st.booleans()):
        found["Multi-Arch"] = draw(st.sampled_from(["same", "foreign"]))
    return found


@given(unique, unique)
def test_merge_has_each_once_in_the_order_of_the_first(first, second):
    found = merge(first, second)
    assert sorted(found) == sorted({*first, *second})
    assert [item for item in found if item in first] == first


@given(unique, unique)
def test_merge_keeps_both_orders_where_they_agree(first, second):
    both = sorted({*first, *second})
    found = merge([it for it in both if it in first], [it for it in both if it in second])
    assert [it for it in found if it in second] == [it for it in both if it in second]


def test_a_package_has_one_place_for_each_version_that_is_offered():
    one, two = ({"Package": "a", "Architecture": "all", "Version": v} for v in "12")
    assert pair_stanzas([one, two, two], [two], "amd64") == [
        Row(("a", "amd64"), one, None),
        Row(("a", "amd64"), two, two),
        Row(("a", "amd64"), two, None),
    ]


def test_an_installed_package_has_one_place():
    one, two = (
        {"Package": "a", "Status": "install ok installed", "Architecture": "i386", "Version": v}
        for v in "12"
    )
    assert pair_stanzas([one], [two], "amd64") == [Row(("a", "i386"), one, two)]


def test_lists_are_paired_by_suite_component_and_architecture():
    stanza = {"Package": "a", "Version": "1"}
    lists = []
    for suite, version in (("old", "1"), ("new", "1"), ("new", "1"), ("new", "2")):
        part = CaseList()
        part.release = {"codename": suite, "component": "main", "version": version}
        part.stanzas = [stanza]
        lists.append(part)
    row = Row(("a", "amd64"), stanza, None)
    both = Row(("a", "amd64"), stanza, stanza)
    old, new, _, newer = (part.release for part in lists)
    assert pair_lists(lists[:3], lists[3:], "amd64") == [
        PairedList("old main", old, old, [row]),
        PairedList("new main", new, newer, [both]),
        PairedList("new main new main", new, new, [row]),
    ]


@given(stanzas(), stanzas())
def test_a_blend_of_all_is_the_second_and_of_nothing_the_first(first, second):
    assert blend(first, second, set()) == first
    assert blend(first, second, {*changes(first, second)}) == second


@given(stanzas(), stanzas(), st.data())
def test_a_blend_says_what_was_turned(first, second, data):
    names = sorted({*changes(first, second)})
    turned = {name for name in names if data.draw(st.booleans())}
    found = blend(first, second, turned)
    for name in names:
        source = second if name in turned else first
        assert statement(found, name) == statement(source, name), name


@pytest.mark.parametrize(
    ("first", "second", "names"),
    [
        ({"Depends": "b, c"}, {"Depends": "b"}, ["Depends c"]),
        ({"Depends": "b, c"}, {"Depends": "c, b"}, ["Depends"]),
        ({"Priority": "optional"}, {"Priority": "extra"}, ["Priority"]),
        ({"Essential": "yes"}, {}, ["Essential"]),
        ({"Status": "install ok installed"}, {"Status": "hold ok installed"}, []),
    ],
)
def test_names_of_what_only_one_says(first, second, names):
    assert list(changes(first, second)) == names


def test_what_is_said_of_a_name():
    stanza = {"Depends": "b, c", "Priority": "extra"}
    assert statement(stanza, "Depends c") == "Depends c"
    assert statement(stanza, "Depends d") == ""
    assert statement(stanza, "Priority") == "Priority extra"
    assert statement(stanza, "Essential") == ""
