"""N agreed / M compared: random ``satisfy`` and ``build-dep`` requests against the real apt."""

from __future__ import annotations

import os
import subprocess

import pytest

from foretell.apt.world import load_world
from tests.agreement.compare_satisfy import Names, compare, draw
from tests.apt.apt_root import oracle_folder

COUNT = 6


@pytest.mark.oracle
@pytest.mark.root
@pytest.mark.parametrize("verb", ["satisfy", "build-dep"])
def test_random_requests_agree(tmp_path, require, verb):
    if not os.path.isdir(oracle_folder()):
        require("apt", f"no oracle root at {oracle_folder()}")
    root, cache = str(tmp_path / "root"), str(tmp_path / "cache")
    subprocess.run(["cp", "-a", oracle_folder(), root], check=True)
    names = Names(load_world(root, environment={}, cache=cache))
    requests = [draw(names, verb, f"test/{number}") for number in range(COUNT)]
    results = [compare(root, it, solver_version="3.0.4", cache=cache) for it in requests]
    agreed = sum(result.agrees for result in results)
    print(f"{verb}: {agreed} agreed / {COUNT} compared")
    assert [str(result) for result in results if not result.agrees] == []
