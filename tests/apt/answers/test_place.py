"""Is the stanza found that a broken relation stands in, whatever the file is packed with?"""

from __future__ import annotations

import lzma
import os

import pytest

from foretell.apt.answers.place import locate
from foretell.apt.answers.predict import predict
from foretell.apt.requests.request import Request
from foretell.errors import InputError
from tests.apt.world_lab import Lab, installed, package


@pytest.fixture
def lab(tmp_path):
    return Lab(tmp_path)


def fault(lab, *words):
    with pytest.raises(InputError) as caught:
        lab.answer("install", *words)
    assert caught.value.code == "bad-relation"
    return caught.value.path, caught.value.line


LIST = package("x") * 300 + package("a", Depends="b ((", Section="z") + package("c")
LINE = LIST.split("\n").index("Depends: b ((") + 1


def test_relation_of_a_list_is_placed_to_the_line(lab):
    path = lab.add_list(LIST)
    assert fault(lab, "a") == (path, LINE)
    assert lab.plan("install", "c") == {"c": "install"}


def test_packed_list_is_looked_into(lab):
    path = lab.add_list(lzma.compress(LIST.encode()), extension=".xz")
    os.unlink(lab.list_path())
    assert fault(lab, "a") == (path, LINE)


def test_list_that_is_gone_is_named_without_a_line(lab):
    path = lab.add_list(LIST)
    world = lab.world()
    assert world.archive.n_packages == 3
    os.unlink(path)
    with pytest.raises(InputError) as caught:
        predict(world, Request("install", ["a"]))
    assert (caught.value.path, caught.value.line) == (path, None)


def test_relation_of_the_status_is_placed_to_the_stanza(lab):
    status = installed("x") + installed("a", Depends="b ((")
    path = lab.set_status(status)
    line = status.split("\n").index("Package: a") + 1
    assert fault(lab) == (path, line)


def test_provides_of_the_status_is_placed(lab):
    path = lab.set_status(installed("a", Provides="b (("))
    assert fault(lab) == (path, 1)


def test_error_about_something_else_is_left_alone(lab):
    lab.add_list(LIST)
    for error in (
        InputError("bad-relation", "relation 'q' cannot be parsed"),
        InputError("other", "relation 'b ((' cannot be parsed"),
        InputError("bad-relation", "relation 'b ((' cannot be parsed", path="here"),
    ):
        before = error.path
        locate(error, lab.world())
        assert (error.path, error.line) == (before, None)
