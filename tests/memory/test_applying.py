"""Are weights written, taken back, and left alone when that is not allowed?"""

from __future__ import annotations

import os
import pathlib

import pytest

from foretell.errors import MissingError, UsageError
from foretell.memory.applying import carry_out, plan_weights
from foretell.model.plan import CannotUndo, Plan
from tests.memory.test_inputs import TREE, tree

__all__ = ["tree"]
FOLDER = "sys/kernel/mm/mempolicy/weighted_interleave"


def texts(root):
    folder = pathlib.Path(root, FOLDER)
    return {path.name: path.read_text() for path in folder.iterdir()}


@pytest.mark.parametrize("name", ["auto", "__auto_type"])
def test_written_and_taken_back(tree, name):
    root = tree({f"{FOLDER}/node1": "1\n"})
    if name == "auto":
        os.rename(os.path.join(root, FOLDER, "__auto_type"), os.path.join(root, FOLDER, name))
    plan = plan_weights(root, {0: 7, 1: 3})
    carry_out(plan)
    assert texts(root) == {name: "0\n", "node0": "7\n", "node1": "3\n"}
    carry_out(plan.inverse())
    assert texts(root) == {name: "1\n", "node0": "7\n", "node1": "1\n"}


def test_no_way_back_to_automatic_without_bandwidths(tree):
    bare = {name: "0\n" for name in TREE if "bandwidth" in name}
    plan = plan_weights(tree(bare), {0: 3})
    assert [type(step.undo) is CannotUndo for step in plan.steps] == [True, False]


def test_a_step_that_fails_takes_back_the_others(tree):
    root = tree()
    plan = plan_weights(root, {0: 9})
    broken = Plan([*plan.steps, *plan_weights(root, {0: 8}).steps[1:]])
    path = os.path.join(root, FOLDER, "node0")
    before = texts(root)
    real = open

    def refuse(name, *rest, **more):
        if name == path and rest == ("w",):
            raise OSError(22, "Invalid argument", name)
        return real(name, *rest, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("builtins.open", refuse)
        with pytest.raises(OSError, match="Invalid"):
            carry_out(broken)
    assert texts(root) == before | {"__auto_type": "1\n"}


def test_refused(tree, tmp_path_factory):
    with pytest.raises(UsageError, match="no weight of node 5"):
        plan_weights(tree(), {5: 1})
    with pytest.raises(MissingError, match="no weighted"):
        plan_weights(str(tmp_path_factory.mktemp("empty")), {0: 1})
    plan = plan_weights(tree(), {0: 2})
    os.unlink(str(plan.steps[0].do.fields["path"]))
    with pytest.raises(MissingError, match="no permission"):
        carry_out(plan)
