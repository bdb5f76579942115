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

from foretell.apt.acquire.lists_folder import ListsFolder
from foretell.apt.sources.sources import parse_one_line
from foretell.apt.sources.targets import group_suites
from foretell.cli.main import main
from foretell.errors import InputError
from tests.apt.apt_root import ENVIRONMENT, AptRoot
from tests.apt.archive_lab import packages_text
from tests.apt.archive_server import ArchiveServer
from tests.apt.trust_cases import CASES, KeyChest, Trial
from tests.apt.update_lab import make_root, use_environment
from tests.oracle.real_apt import SQV_POLICY, oracle_or_none, write_sqv

pytestmark = [pytest.mark.oracle, pytest.mark.root]

REFUSED = 100


class Lab:
    """Both sides, and what they share."""

    def __init__(self, oracle, folder):
        self.folder = folder
        self.apt = AptRoot(os.path.join(folder, "apt"))
        self.chest = KeyChest()
        os.makedirs(os.path.join(folder, "www"))
        self.server = ArchiveServer(os.path.join(folder, "www"))
        self.policy = os.path.join(oracle.tool, SQV_POLICY)
        self.sqv = os.path.join(folder, "sqv")
        write_sqv(oracle, self.sqv)

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


def contradicts(text):
    """Say whether foretell refuses the sources, for contradicting each other."""
    try:
        group_suites(parse_one_line(text.encode(), "sources.list", architecture="amd64"))
    except InputError as error:
        return error.code == "conflicting-options"
    return False


CONFLICTS = (
    "trusted=yes trusted=no",
    "allow-insecure=yes ",
    "allow-weak=yes ",
    "check-date=no ",
    "check-valid-until=no ",
    "check-valid-until=yes check-valid-until=no",
    "date-max-future=5 ",
    "valid-until-max=5 ",
    "valid-until-min=5 valid-until-min=6",
    "signed-by=/a.gpg ",
    "signed-by=/a.gpg signed-by=/b.gpg",
    "by-hash=no ",
    "pdiffs=no ",
    "target=Packages ",
    "lang=de ",
    "arch=amd64 ",
    # what is meant counts, not how it is written
    "trusted=yes trusted=true",
    "check-date=no check-date=false",
    "allow-insecure=yes allow-insecure=true",
    "allow-weak=no ",
    "valid-until-max=5 valid-until-max=05",
    "valid-until-max=0 ",
    f"signed-by={'A' * 40} signed-by={'a' * 40}",
)


@pytest.mark.parametrize("pair", CONFLICTS)
@pytest.mark.parametrize("turned", [False, True])
def test_contradiction_of_two_sources_is_that_of_apt(pair, turned, lab):
    options = pair.split(" ")
    if turned:
        options.reverse()
    lines = [
        f"deb {f'[{option}] ' if option else ''}http://example.org/x s {component}\n"
        for option, component in zip(options, ("main", "extra"), strict=True)
    ]
    text = "".join(lines)
    lab.apt.write("etc/apt/sources.list.d/x.sources", "")
    lab.apt.write("etc/apt/sources.list", text)
    refused = "E: Conflicting values" in lab.apt.run("apt-get", "indextargets")
    assert contradicts(text) == refused


def test_lists_of_foretell_are_those_of_apt(lab, monkeypatch):
    """After an update by foretell apt has nothing to fetch, and reads what is there."""
    use_environment(monkeypatch, "none")
    for entry in os.scandir(lab.apt.lists):
        if entry.is_file():
            os.remove(entry.path)
    lab.apt.write("etc/apt/sources.list", "")
    trial = Trial(lab.chest, lab.server.folder, lab.apt.path, "interoperation")
    trial.archive.fields["Components"] = "main a~b"
    trial.components = "main a~b"
    for component, package in (("main", "one"), ("a~b", "two")):
        trial.archive.files[f"{component}/binary-amd64/Packages"] = packages_text(package)
        for language in ("en", "pt_BR"):
            text = f"Package: {package}\nDescription-md5: x\n\n".encode()
            trial.archive.files[f"{component}/i18n/Translation-{language}"] = text
    trial.settings = ["Acquire::Languages=pt_BR"]
    trial.sign("good")
    assert lab.ours(trial)[0] is False
    ours = lists(lab.apt.path)
    assert len(ours[0]) == 5
    lab.server.requests.clear()
    assert lab.theirs(trial) == (False, ours)
    assert [path.rpartition("/")[2] for path, _ in lab.server.requests] == ["InRelease"]
    assert "Candidate: 1" in lab.apt.run("apt-cache", "policy", "two")


def test_lock_is_one_with_apt(lab):
    lab.apt.write("etc/apt/sources.list", "")
    lab.apt.write("etc/apt/sources.list.d/x.sources", "")
    with ListsFolder(lab.apt.lists):
        assert "Could not get lock" in lab.apt.run("apt-get", "update")
    assert "Could not get lock" not in lab.apt.run("apt-get", "update")


def test_there_are_enough_cases():
    assert len(CASES) >= 60
