"""Is said of a package that cannot be had what apt says?

Every expected text was compared with apt 3.0.3's own for the same files.
"""

from __future__ import annotations

import pytest

from foretell.cli.main import main
from tests.apt.world_lab import Lab, installed, package

NATIVE = (
    package("same", Multi_Arch="same")
    + package("own", "2", Replaces="same")
    + package("plain", Replaces="same (<< 9)")
    + package("gone", Recommends="same:i386, virtual:i386")
)
FOREIGN = (
    package("same", Architecture="i386", Multi_Arch="same")
    + package("plain", Architecture="i386", Replaces="same (<< 9)")
    + package("other", Architecture="i386", Breaks="same", Provides="virtual")
)


@pytest.fixture
def lab(tmp_path, monkeypatch):
    lab = Lab(tmp_path, NATIVE, installed("own"))
    monkeypatch.setenv("XDG_CACHE_HOME", lab.cache)
    lab.write("var/lib/dpkg/arch", "amd64\ni386\n")
    lab.write(lab.list_path().replace("amd64", "i386"), FOREIGN)
    return lab


@pytest.mark.parametrize(("word", "other"), [("same", "same:i386"), ("same:i386", "same")])
def test_what_replaces_a_package_does_so_on_all_architectures(lab, capsys, word, other):
    assert main(["apt", "install", "--root", lab.root, f"{word}/nowhere"]) == 2
    lines = capsys.readouterr().err.splitlines()
    at = lines.index("However the following packages replace it:")
    assert lines[at + 1] == f"  plain  plain:i386  {other}  own"


def test_the_version_of_what_is_named_with_its_architecture_is_shown(lab, capsys):
    words = ["install", "-V", "--no-install-recommends", "gone"]
    assert main(["apt", *words, "--root", lab.root]) == 0
    assert "packages:\n   same:i386 (1)\n   virtual:i386\n" in capsys.readouterr().out
