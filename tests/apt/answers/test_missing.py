"""Is what a plan leaves out told: optional relations, and upgrades that wait?"""

from __future__ import annotations

import pytest

from foretell.apt.answers.missing import missing_relations, not_upgraded
from foretell.apt.model import RECOMMENDS, SUGGESTS
from foretell.errors import InputError
from tests.apt.world_lab import Lab, installed, package


@pytest.fixture
def lab(tmp_path):
    return Lab(tmp_path)


def missing(answer, kind):
    name = answer.state.universe.name
    return [
        [(name(target).decode(), version, is_there) for target, version, is_there in members]
        for members in missing_relations(answer, kind)
    ]


def test_suggestions_of_new_packages_are_told(lab):
    lab.add_list(
        package("a", Suggests="b | c, d (>= 3), e") + package("b", "2") + package("d")
        + package("p", Provides="e")
    )  # fmt: skip
    lab.set_status(installed("p", Provides="e"))
    answer = lab.answer("install", "a")
    assert missing(answer, SUGGESTS) == [
        [("b", "2", False), ("c", None, False)],
        [("d", "1", False)],
        [("e", None, True)],
    ]
    assert missing(answer, RECOMMENDS) == []


def test_installed_packages_are_not_told_again(lab):
    lab.add_list(package("a", "2", Suggests="b") + package("b"))
    lab.set_status(installed("a", Suggests="b"))
    assert missing(lab.answer("install", "a"), SUGGESTS) == []


def test_version_that_is_no_text_is_told(lab):
    lab.add_list(package("a", Suggests="b") + package("b", "1\udcff"))
    assert missing(lab.answer("install", "a"), SUGGESTS) == [[("b", "1\udcff", False)]]


def test_broken_suggestion_is_placed(lab):
    path = lab.add_list(package("x") + package("a", Suggests="b ("))
    answer = lab.answer("install", "a", options=("APT::AutoRemove::SuggestsImportant=0",))
    with pytest.raises(InputError, match="cannot be parsed") as caught:
        missing(answer, SUGGESTS)
    with open(path) as file:
        line = file.read().split("\n").index("Suggests: b (") + 1
    assert (caught.value.path, caught.value.line) == (path, line)


def test_upgrades_that_wait_are_told_by_name(lab):
    lab.add_list("".join(package(name, "2") for name in "dcba"))
    lab.set_status("".join(installed(name) for name in "cab") + installed("d", "3"))
    answer = lab.answer("install", "b")
    assert [answer.state.universe.name(p) for p in not_upgraded(answer)] == [b"a", b"c"]
