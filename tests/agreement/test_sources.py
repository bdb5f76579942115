"""Does apt fetch the same index files before and after modernising, and do we know them?"""

from __future__ import annotations

import glob
import os
import re
import shutil
import tempfile
from datetime import UTC, datetime
from hashlib import sha256

import pytest

from foretell.apt.sources.file_changes import apply_changes
from foretell.apt.sources.index_targets import index_targets
from foretell.apt.sources.modernize import modernize
from foretell.apt.sources.release_ends import read_ends
from foretell.apt.sources.sources import parse_deb822, parse_one_line, read_sources
from foretell.apt.sources.sources_lint import lint
from foretell.apt.syntax.configuration import load
from tests.apt.apt_root import oracle_folder
from tests.apt.key_lab import KeyLab
from tests.apt.targets_root import Row, TargetsRoot, shapes

pytestmark = [pytest.mark.oracle, pytest.mark.root]
SHAPES = shapes()


LIBRARIES = {"3.0.3": "libapt-3.0.3", "3.3.5": "libapt-newest"}


@pytest.fixture(scope="module")
def any_root(tmp_path_factory, require):
    if not os.path.isdir(oracle_folder()):
        require("apt", f"no oracle root at {oracle_folder()}")
    found = TargetsRoot(str(tmp_path_factory.mktemp("targets") / "root"))
    for version, name in LIBRARIES.items():
        for library in glob.glob(f"{os.path.dirname(oracle_folder())}/{name}/usr/lib/*"):
            shutil.copytree(library, found.file(f"opt/{version}"))
    return found


@pytest.fixture
def root(any_root):
    """The root with its own libapt."""
    any_root.library = ""
    return any_root


@pytest.fixture(params=["", *LIBRARIES])
def root_of_any_version(request, any_root, require):
    """The root with its own libapt, 3.0.3 or the newest."""
    any_root.library = f"/opt/{request.param}" if request.param else ""
    if not os.path.isdir(any_root.file(any_root.library.lstrip("/"))):
        require("apt", f"no libapt {request.param}")
    return any_root


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


def apply(root, made):
    """Write the changes as the command does; no trace of it is left in the root."""
    if made.changes:
        apply_changes(made.changes, root.file("var/lib/foretell/journal.json"))
        os.remove(root.file("var/lib/foretell/journal.json"))


def modernized(root, **options):
    return modernize(
        load(root.path, architecture="amd64"),
        architectures=["amd64"],
        signer=lambda source: ("", f"nobody asked for {source.uri}"),
        **options,
    )


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_apt_sees_the_same_targets_before_and_after(root_of_any_version, shape):
    root = root_of_any_version
    root.set_sources(shape.files)
    rows, releases, errors = without_blocks(root.targets())
    assert errors == ""
    assert ours(root) == (rows, releases)
    seen = []
    for keep_order in (False, True):
        root.set_sources(shape.files)
        made = modernized(root, keep_order=keep_order)
        assert sum(note.code == "kept-as-line" for note in made.notes) == shape.keeps
        if made.changes in seen:
            continue
        seen.append(made.changes)
        apply(root, made)
        assert without_blocks(root.targets()) == (rows, releases, "")
        assert ours(root) == (rows, releases)
        assert modernized(root, keep_order=keep_order).changes == ()


def without_blocks(answer):
    """Return apt's answer without key blocks, which it prints in a form of its own."""
    rows, releases, errors = answer
    rows = {row._replace(signed_by="") if "-----" in row.signed_by else row for row in rows}
    return rows, releases, errors


def entries_of(files):
    """Return what the enabled entries of all files that apt reads name."""
    found = set()
    for name, text in files.items():
        parse = parse_deb822 if name.endswith(".sources") else parse_one_line
        if name.endswith((".sources", ".list")) and "~" not in name:
            found |= {
                (it.type, it.uri, it.suite, component)
                for it in parse(text.encode(), name, architecture="amd64")
                for component in it.components or ("",)
            }
    return found


# What apt writes there cannot be read again, means another source, or names more than before.
APT_IS_WRONG = {
    "architecture-variable",
    "cdrom",
    "different-components-for-sources",
    "escapes-and-quotes",
}


@pytest.mark.parametrize("origin", ["Debian", "Vendor_Own Archive 1.0"])
@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_same_files_and_entries_as_apt_writes(root, shape, origin):
    """Compare what is enabled: apt drops the rest, and moves files without entries away."""

    def names(files):
        kept = {name for name, text in files.items() if entries_of({name: text})}
        copied = {name for name, text in shape.files.items() if entries_of({name: text})}
        copied = {name for name in copied if name.endswith(".list")}
        return kept | {f"{name}.bak" for name in copied if f"{name}.bak" in files}

    root.set_sources(shape.files)
    root.lay_lists(origin)
    output = root.run("apt", "modernize-sources", "-y")
    theirs = root.sources()
    root.set_sources(shape.files)
    root.lay_lists(origin)
    made = modernized(root)
    apply(root, made)
    if shape.name not in APT_IS_WRONG:
        ours = root.sources()
        assert entries_of(ours) == entries_of(theirs), output
        assert names(ours) - names(shape.files) == names(theirs) - names(shape.files), output


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("deb cdrom:[A B]/ s main\n", "X"),  # what it writes is malformed
        ("deb http://example.org/d s main\n", "Vendor's"),  # apt overlooks a file of that name
        ("deb http://example.org/d s a b\ndeb-src http://example.org/d s a\n", "X"),  # adds b
        ("deb [arch=i386] http://example.org/d s a\n", "X"),  # drops the option
    ],
)
def test_where_apt_changes_what_it_fetches(root, text, origin):
    """Each row is a defect of apt's own command, and why some shapes are not compared."""
    root.set_sources({"sources.list": text})
    root.lay_lists(origin)
    before = root.run("apt-get", "update", "--print-uris").splitlines()
    root.run("apt", "modernize-sources", "-y")
    assert sorted(root.run("apt-get", "update", "--print-uris").splitlines()) != sorted(before)
    root.set_sources({"sources.list": text})
    root.lay_lists(origin)
    apply(root, modernized(root))
    assert sorted(root.run("apt-get", "update", "--print-uris").splitlines()) == sorted(before)


def findings(root):
    return lint(
        load(root.path, architecture="amd64"),
        architectures=["amd64"],
        now=datetime(2026, 11, 26, tzinfo=UTC),
        ends=read_ends([]),
        signer=lambda _: ("", "nobody was asked"),
    )


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_same_duplicates_as_apt_warns_of(root, shape):
    root.set_sources(shape.files)
    root.lay_lists()
    output = root.run("apt-get", "indextargets")
    theirs = set(re.findall(r"configured multiple times in (\S+) and (\S+)", output))
    found = findings(root)
    pairs = [
        (it.message.rpartition("also in ")[2], f"{it.path}:{it.line}")
        for it in found
        if it.rule == "duplicate"
    ]
    assert {tuple(name.removeprefix(root.path) for name in pair) for pair in pairs} == theirs
    assert not [it for it in found if it.rule in {"syntax", "conflicting-options"}]


@pytest.mark.parametrize(
    ("name", "mode", "rule"),
    [("v.gpg", 0o644, None), ("v.gpg", 0o640, "unreadable-keyring"),
     ("none.gpg", 0o644, "missing-keyring")],
)  # fmt: skip
def test_keyring_that_apt_refuses(root, require, name, mode, rule):
    if shutil.which("gpg") is None:
        require("gpg", "a test key is made with it")
    packages = b""
    release = (
        "Origin: V\nSuite: s\nDate: Wed, 25 Nov 2026 00:00:00 UTC\n"
        f"SHA256:\n {sha256(packages).hexdigest()} 0 Packages\n"
    )
    os.makedirs(root.file("srv/repository"), exist_ok=True)
    os.makedirs(root.file("etc/apt/keyrings"), exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="keys") as folder:  # its path must be short
        lab = KeyLab(os.path.join(folder, "g"))
        lab.make_key("v")
        for path, data in (
            ("srv/repository/Packages", packages),
            ("srv/repository/InRelease", lab.clear_sign(release.encode(), "v")),
            ("etc/apt/keyrings/v.gpg", lab.export("v")),
        ):
            with open(root.file(path), "wb") as file:
                file.write(data)
        lab.close()
    os.chmod(root.file("etc/apt/keyrings/v.gpg"), mode)
    root.set_sources(
        {"sources.list": f"deb [signed-by=/etc/apt/keyrings/{name}] file:/srv/repository ./\n"}
    )
    assert ("is not signed" in root.run("apt-get", "update")) is (rule is not None)
    assert [it.rule for it in findings(root) if it.level == "error"] == ([rule] if rule else [])


def test_enough_shapes():
    assert len(SHAPES) >= 30
