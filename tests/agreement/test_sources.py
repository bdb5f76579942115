"""Does apt fetch the same index files before and after modernising, and do we know them?"""

from __future__ import annotations

import os

import pytest

from foretell.apt.configuration import load
from foretell.apt.index_targets import index_targets
from foretell.apt.modernize import modernize
from foretell.apt.sources import read_sources
from tests.apt.apt_root import oracle_folder
from tests.apt.targets_root import Row, TargetsRoot, shapes

pytestmark = [pytest.mark.oracle, pytest.mark.root]
SHAPES = shapes()


@pytest.fixture(scope="module")
def root(tmp_path_factory, require):
    if not os.path.isdir(oracle_folder()):
        require("apt", f"no oracle root at {oracle_folder()}")
    return TargetsRoot(str(tmp_path_factory.mktemp("targets") / "root"))


def ours(root):
    """Return the targets that foretell computes for a root, in the form of the real apt's."""
    configuration = load(root.path, architecture="amd64")
    found = index_targets(
        read_sources(configuration), configuration, architectures=["amd64"], languages=[]
    )
    rows = set()
    for target in found:
        settings = dict(target.settings)
        if target.created_by != "Release":
            rows.add(
                Row(
                    shown(target.uri),
                    target.created_by,
                    settings.get("by-hash", "yes"),
                    settings.get("pdiffs", "yes"),
                    "" if "-----" in target.signed_by else target.signed_by,
                    settings.get("trusted") == "no",
                )
            )
    return rows, {shown(it.uri) for it in found if it.created_by == "Release"}


def shown(uri):
    """Return a URI as apt prints it: the name of a disc stands where a host does."""
    if uri.startswith("cdrom:["):
        if "/" in uri.partition("]")[0]:
            return uri.replace("cdrom:", "cdrom://")
        return uri.replace("cdrom:[", "cdrom://").replace("]", "", 1)
    return uri


def apply(modernization):
    for change in modernization.changes:
        if change.after is None:
            os.rename(change.path, change.path + ".bak")
        else:
            with open(change.path, "wb") as file:
                file.write(change.after)


def modernized(root, **options):
    return modernize(
        load(root.path, architecture="amd64"),
        architectures=["amd64"],
        signer=lambda source: ("", f"nobody asked for {source.uri}"),
        **options,
    )


@pytest.mark.parametrize("keep_order", [False, True])
@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_apt_sees_the_same_targets_before_and_after(root, shape, keep_order):
    root.set_sources(shape.files)
    rows, releases, errors = root.targets()
    rows = {row._replace(signed_by="") if "-----" in row.signed_by else row for row in rows}
    assert errors == ""
    assert ours(root) == (rows, releases)
    made = modernized(root, keep_order=keep_order)
    assert sum(note.code == "kept-as-line" for note in made.notes) == shape.keeps
    root.set_sources(shape.files)
    apply(made)
    after = root.targets()
    after = (
        {row._replace(signed_by="") if "-----" in row.signed_by else row for row in after[0]},
        *after[1:],
    )
    assert after == (rows, releases, "")
    assert ours(root) == (rows, releases)
    again = modernized(root, keep_order=keep_order)
    assert again.changes == ()


def test_enough_shapes():
    assert len(SHAPES) >= 30
