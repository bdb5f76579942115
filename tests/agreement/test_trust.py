"""Does foretell accept and refuse the archives that the real apt accepts and refuses?

Each case is an archive made and signed here.  Both sides fetch it from the same server with the
same source; compared are the verdict, the names of the lists that are there afterwards, and their
version.
"""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

from foretell.cli.main import main
from tests.apt.apt_root import ENVIRONMENT, AptRoot
from tests.apt.archive_server import ArchiveServer
from tests.apt.trust_cases import CASES, KeyChest, Trial
from tests.apt.update_lab import make_root, use_environment
from tests.oracle.real_apt import oracle_or_none

pytestmark = [pytest.mark.oracle, pytest.mark.root]

REFUSED = 100
LOADER = "lib64/ld-linux-x86-64.so.2"
LIBRARIES = ("usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu")
POLICY = "usr/share/apt/default-sequoia.config"


class Lab:
    """Both sides, and what they share."""

    def __init__(self, oracle, folder):
        self.folder = folder
        self.apt = AptRoot(os.path.join(folder, "apt"))
        self.chest = KeyChest()
        os.makedirs(os.path.join(folder, "www"))
        self.server = ArchiveServer(os.path.join(folder, "www"))
        self.policy = os.path.join(oracle.tool, POLICY)
        self.sqv = os.path.join(folder, "sqv")
        libraries = ":".join(os.path.join(oracle.tool, name) for name in LIBRARIES)
        with open(self.sqv, "w", encoding="utf-8") as file:
            file.write(
                f"#!/bin/sh\nexec {oracle.tool}/{LOADER} --library-path {libraries} "
                f'{oracle.tool}/usr/bin/sqv "$@"\n'
            )
        os.chmod(self.sqv, 0o755)

    def theirs(self, trial):
        self.apt.write("etc/apt/sources.list", "")
        self.apt.write("etc/apt/sources.list.d/x.sources", trial.stanza(self.server.uri))
        done = subprocess.run(
            ["chroot", self.apt.path, "apt-get", "update", "--error-on=any", *options(trial)],
            env=ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
        )
        return done.returncode == REFUSED, lists(self.apt.path)

    def ours(self, trial):
        path = os.path.join(trial.root, "etc/apt/sources.list.d/x.sources")
        with open(path, "w", encoding="utf-8") as file:
            file.write(trial.stanza(self.server.uri))
        status = main(["apt", "update", "--root", trial.root, *options(trial)])
        return status != 0, lists(trial.root)

    def close(self):
        self.chest.close()
        self.server.close()


def options(trial):
    return [word for setting in trial.settings for word in ("-o", setting)]


def lists(root):
    """Return the lists of a root without their host, and the versions in them."""
    folder = os.path.join(root, "var/lib/apt/lists")
    names, versions = [], set()
    for entry in os.scandir(folder):
        if not entry.is_file() or entry.name == "lock":
            continue
        names.append(entry.name.partition("_dists_stable_")[2])
        if entry.name.endswith("_Packages"):
            with open(entry.path, encoding="utf-8") as file:
                versions |= {line for line in file if line.startswith("Version: ")}
    return sorted(names), versions


@pytest.fixture(scope="module")
def lab(tmp_path_factory, require):
    oracle = oracle_or_none()
    if oracle is None:
        require("apt", "the oracle is not built")
    if shutil.which("gpg") is None:
        require("gpg", "archives are signed with gpg")
    folder = tmp_path_factory.mktemp("trust")
    os.chmod(folder, 0o755)
    made = Lab(oracle, str(folder))
    yield made
    made.close()


def play(lab, name, root, ask):
    """Return what one side makes of a case."""
    www = os.path.join(lab.server.folder, name)
    shutil.rmtree(www, ignore_errors=True)
    trial = Trial(lab.chest, lab.server.folder, root, name)
    step = CASES[name](trial)
    answer = ask(trial)
    if step is not None:
        assert not answer[0]
        step()
        answer = ask(trial)
    return answer


@pytest.mark.parametrize("name", CASES)
def test_verdict_is_that_of_apt(name, lab, tmp_path, monkeypatch):
    for entry in os.scandir(lab.apt.lists):
        if entry.is_file():
            os.remove(entry.path)
    theirs = play(lab, name, lab.apt.path, lab.theirs)
    monkeypatch.setenv("SEQUOIA_CRYPTO_POLICY", lab.policy)
    for verifier in (lab.sqv, "none"):
        use_environment(monkeypatch, verifier)
        root = str(tmp_path / os.path.basename(verifier))
        make_root(root)
        assert (verifier, play(lab, name, root, lab.ours)) == (verifier, theirs)


def test_there_are_enough_cases():
    assert len(CASES) >= 60
