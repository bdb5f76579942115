"""Does a footprint weigh what the real apt says that the same installation takes?

``FORETELL_FOOTPRINTS=300 pytest -s tests/agreement/test_footprint.py`` asks about more packages.
"""

from __future__ import annotations

import os
import re
import shutil

import pytest

from foretell.apt.answers.predict import predict
from foretell.apt.footprints.footprint import measure
from foretell.apt.footprints.footprint_cuts import find_cuts
from foretell.apt.footprints.supposed import emptied
from foretell.apt.requests.request import Request
from foretell.apt.system.world import load_world
from foretell.cli.apt_menu import make_menu
from foretell.errors import MissingError
from foretell.oracle.apt_get import AptGet
from foretell.oracle.sample import Draws
from foretell.render.apt import format_size
from tests.oracle.real_apt import oracle_or_none

pytestmark = [pytest.mark.oracle, pytest.mark.timeout(1200)]

COUNT = int(os.environ.get("FORETELL_FOOTPRINTS", "8"))
SEED = os.environ.get("FORETELL_SEED", "1")
VERSION = "3.0.3"
ROOT = "trixie-minimal"
SIZE = re.compile(r"^  (?:Space needed|Freed space): (.*?)B(?: /.*)?$", re.MULTILINE)
COUNTS = re.compile(r"(?:Upgrading|Installing): (\d+)")
URI = re.compile(r"^'\S+' \S+ (\d+) ", re.MULTILINE)


@pytest.fixture(scope="module")
def root(require):
    oracle = oracle_or_none()
    if oracle is None:
        require("apt", "the oracle is not built: make oracle")
    folder = os.path.join(oracle.folder, ROOT)
    try:
        oracle.apt_get(VERSION)
    except MissingError as error:
        require(f"apt-{VERSION}", str(error))
    if not os.path.isdir(folder):
        require(f"root-{ROOT}", f"the root {ROOT} is not built: make oracle")
    return oracle, folder


def world_of(folder, tmp_path):
    return load_world(folder, options=["APT::Solver=3.0"], environment={}, cache=str(tmp_path))


def compared(side, world, words):
    """Return what we and the real apt say of an installation, or None where both have no plan."""
    answer = predict(world, Request("install", words), solver_version=VERSION)
    # Without --print-uris apt would fetch what needs no confirmation.
    status, text = side.run("install", "--print-uris", "-y", *words)
    assert (status == 0) == (answer.verdict == "ok"), text
    if status:
        return None
    total = measure(answer).total
    ours = (total.packages, total.download, format_size(abs(total.disk)))
    counts = [int(number) for number in COUNTS.findall(text)]
    download = sum(int(number) for number in URI.findall(text))
    disk = SIZE.search(text)
    return ours, (sum(counts), download, disk.group(1) if disk else "0 ")


def run(side, world, packages):
    draws = Draws(SEED)
    agreed, differ = 0, []
    for number in range(COUNT):
        words = draws.some(packages, 1 + (number % 3 == 2))
        both = compared(side, world, words)
        if both is None or both[0] == both[1]:
            agreed += 1
        else:
            differ.append((words, *both))
    print(f"{agreed} agreed / {COUNT} compared")
    assert differ == []


def test_sizes_are_those_of_the_real_apt(root, tmp_path):
    oracle, folder = root
    world = world_of(folder, tmp_path)
    with AptGet.of_oracle(oracle, folder, version=VERSION) as side:
        run(side, world, make_menu(world).packages)


@pytest.mark.parametrize("words", [["git"], ["mailutils"]])
def test_what_is_saved_is_what_the_real_apt_saves(root, tmp_path, words):
    oracle, folder = root
    world = world_of(folder, tmp_path)
    found = measure(predict(world, Request("install", words), solver_version=VERSION))
    cuts = [it for it in find_cuts(found, 4, solver_version=VERSION).own if it.words]
    assert cuts
    with AptGet.of_oracle(oracle, folder, version=VERSION) as side:
        for cut in cuts:
            _, theirs = compared(side, world, [*words, *cut.words])
            left = found.total.minus(cut.saved)
            assert theirs == (left.packages, left.download, format_size(left.disk))


def test_sizes_in_an_empty_root_are_those_of_the_real_apt(root, tmp_path):
    oracle, folder = root
    world = world_of(folder, tmp_path / "cache")
    base = emptied(world, solver_version=VERSION)
    assert base.world is not None
    packages = make_menu(world).packages
    copy = tmp_path / "root"
    for name in ("etc/apt", "var/lib/apt/lists", "var/lib/dpkg"):
        shutil.copytree(os.path.join(folder, name), copy / name, symlinks=True)
    write_status(base.world, copy)
    with AptGet.of_oracle(oracle, str(copy), version=VERSION) as side:
        run(side, base.world, packages)


def write_status(world, copy):
    text = b""
    for entry in world.installed:
        text += b"".join(b"%s: %s\n" % row for row in entry.fields.items()) + b"\n"
    (copy / "var/lib/dpkg/status").write_bytes(text)
    marks = "".join(
        f"Package: {name}\nArchitecture: {architecture}\nAuto-Installed: 1\n\n"
        for name, architecture in sorted(world.automatic)
    )
    (copy / "var/lib/apt/extended_states").write_text(marks)
