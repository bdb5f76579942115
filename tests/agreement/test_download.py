"""Does foretell fetch the files that the real apt would fetch, from the same places?"""

from __future__ import annotations

import os
import random
import re

import pytest

from foretell.cli.main import main
from tests.apt.apt_root import AptRoot
from tests.oracle.real_apt import oracle_or_none

pytestmark = [pytest.mark.oracle, pytest.mark.root]

COUNT = 100
LINE = re.compile(r"^'.*:[0-9a-f]+$", re.MULTILINE)


@pytest.fixture(scope="module")
def root(tmp_path_factory, require):
    if oracle_or_none() is None:
        require("apt", "the oracle is not built")
    return AptRoot(str(tmp_path_factory.mktemp("download") / "root"))


def names(root, end):
    [path] = [entry.path for entry in os.scandir(root.lists) if entry.name.endswith(end)]
    with open(path, encoding="utf-8") as file:
        text = file.read()
    odd = re.findall(
        r"^Package: (\S+)\n(?:\S.*\n| .*\n)*?Version: \S*[~+:]\S*$", text, re.MULTILINE
    )
    plain = re.findall(r"^Package: (\S+)$", text, re.MULTILINE)
    chosen = random.Random(5)
    return sorted({*chosen.sample(odd, COUNT // 2), *chosen.sample(plain, COUNT // 2)})


@pytest.mark.parametrize(("verb", "end"), [("download", "_Packages"), ("source", "_Sources")])
def test_uris_are_those_of_apt(verb, end, root, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    wanted = names(root, end)
    theirs = LINE.findall(root.run("apt-get", verb, "--print-uris", *wanted))
    assert main(["apt", verb, "--root", root.path, "--print-uris", *wanted]) == 0
    ours = capsys.readouterr().out.splitlines()
    assert len(ours) >= COUNT - 10
    assert sorted(ours) == sorted(theirs)
