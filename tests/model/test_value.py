"""Is a value of the model immutable, and equal to its like?"""

from __future__ import annotations

import pytest

from foretell.model import Action, CannotUndo, Evidence
from foretell.model.value import check_kind, freeze, thaw


def test_value_refuses_assignment_and_deletion():
    fact = Evidence("stanza", "Packages:1", "Package: git")
    with pytest.raises(AttributeError, match="immutable"):
        fact.text = "Package: perl"
    with pytest.raises(AttributeError, match="immutable"):
        del fact.text
    with pytest.raises(AttributeError, match="immutable"):
        fact.other = 1
    assert fact.text == "Package: git"


def test_value_is_equal_by_its_slots():
    assert Evidence("a", "b", "c") == Evidence("a", "b", "c")
    assert Evidence("a", "b", "c") != Evidence("a", "b", "d")
    assert CannotUndo("no") != "no"
    assert Action("a") != Evidence("a", "", "")


def test_value_hashes_as_it_compares():
    one = Action("install", {"package": "git", "version": "1"})
    other = Action("install", {"version": "1", "package": "git"})
    assert one == other
    assert hash(one) == hash(other)
    assert len({one, other, Action("install")}) == 2


def test_value_prints_its_slots():
    assert repr(CannotUndo("lost")) == "CannotUndo(why='lost')"


@pytest.mark.parametrize("kind", ["", "-", "Upper", "two words", "a--b", "a-", "é", "a_b"])
def test_check_kind_refuses(kind):
    with pytest.raises(ValueError, match="kebab-case"):
        check_kind(kind)


@pytest.mark.parametrize("kind", ["a", "depends-on", "file-line-2"])
def test_check_kind_takes(kind):
    assert check_kind(kind) == kind


def test_freeze_copies_and_is_read_only():
    given: dict[str, str] = {"package": "git"}
    frozen = freeze(given)
    given["package"] = "perl"
    assert frozen["package"] == "git"
    with pytest.raises(TypeError):
        frozen["package"] = "perl"  # type: ignore[index]


@pytest.mark.parametrize("value", [1.5, ["list"], {"a": "dict"}, ("a", 1), b"bytes"])
def test_freeze_refuses_what_is_not_plain(value):
    with pytest.raises(TypeError, match="field x is not plain"):
        freeze({"x": value})


def test_thaw_makes_lists_of_tuples():
    assert thaw(freeze({"a": ("b",), "n": 3, "t": True, "z": None})) == {
        "a": ["b"],
        "n": 3,
        "t": True,
        "z": None,
    }
