"""Do archive files come whole, verified and once?"""

from __future__ import annotations

import hashlib
import os
import shutil

import pytest

from foretell.cli.main import main
from tests.apt.archive_lab import Archive
from tests.apt.archive_server import ArchiveServer
from tests.apt.update_lab import make_root, use_environment

DEB = b"!<arch>\n" + b"content of a package " * 500
PARTS = {"tool_1:2.dsc": b"Format: 3.0\n", "tool_2.tar.gz": b"sources " * 300}
NAME = "tool_1%3a2_amd64.deb"


class Lab:
    """A trusted archive with one package and its source, two roots, a folder to fetch into."""

    def __init__(self, folder):
        self.folder = folder
        self.www = os.path.join(folder, "www")
        self.server = ArchiveServer(self.www)
        archive = self.archive = Archive(os.path.join(self.www, "debian"))
        digest = hashlib.sha256(DEB).hexdigest()
        archive.files["main/binary-amd64/Packages"] = (
            "Package: tool\nVersion: 1:2\nArchitecture: amd64\nFilename: pool/tool_2_amd64.deb\n"
            f"Size: {len(DEB)}\nSHA256: {digest}\n\n"
            "Package: weak\nVersion: 1\nArchitecture: amd64\nFilename: pool/weak.deb\nSize: 1\n\n"
        ).encode()
        rows = "".join(
            f"\n {hashlib.sha256(data).hexdigest()} {len(data)} {name}"
            for name, data in PARTS.items()
        )
        archive.files["main/source/Sources"] = (
            "Package: tool\nBinary: tool\nVersion: 1:2\nDirectory: pool\n"
            f"Checksums-Sha256:{rows}\n\n"
            f"Package: evil\nBinary: evil\nVersion: 1\nDirectory: pool\nChecksums-Sha256:\n"
            f" {digest} 1 ../../evil\n\n"
        ).encode()
        archive.publish()
        for name, data in {"tool_2_amd64.deb": DEB, **PARTS}.items():
            pool = os.path.join(archive.folder, "pool")
            os.makedirs(pool, exist_ok=True)
            with open(os.path.join(pool, name), "wb") as file:
                file.write(data)
        self.roots = [os.path.join(folder, name) for name in ("one", "two")]
        for root in self.roots:
            make_root(root)
            path = os.path.join(root, "etc/apt/sources.list.d/x.sources")
            with open(path, "w", encoding="utf-8") as file:
                file.write(
                    f"Types: deb deb-src\nURIs: {self.server.uri}/debian\nSuites: stable\n"
                    "Components: main\nTrusted: yes\n"
                )
            assert main(["apt", "update", "-qq", "--root", root]) == 0
        self.server.requests.clear()

    def run(self, verb, *words, root=0):
        return main(["apt", verb, "--root", self.roots[root], *NO_DELAY, *words])


NO_DELAY = ("-o", "Acquire::Retries::Delay=false", "-o", "Acquire::Retries=1")


@pytest.fixture
def lab(tmp_path, monkeypatch):
    use_environment(monkeypatch, "none")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    made = Lab(str(tmp_path))
    yield made
    made.server.close()


def here():
    found = {}
    for name in os.listdir("."):
        with open(name, "rb") as file:
            found[name] = file.read()
    return found


def test_package_is_fetched_under_the_name_that_apt_gives_it(lab, capsys):
    assert lab.run("download", "tool") == 0
    assert here() == {NAME: DEB}
    assert capsys.readouterr().out.endswith(f"Get: {NAME}\n")


def test_source_is_fetched_with_all_its_files(lab):
    assert lab.run("source", "tool=1:2") == 0
    assert here() == PARTS


def test_second_world_takes_it_from_the_store(lab, capsys):
    assert lab.run("download", "tool") == 0
    os.remove(NAME)
    lab.server.requests.clear()
    assert lab.run("download", "tool", root=1) == 0
    assert lab.server.requests == []
    assert here() == {NAME: DEB}
    assert capsys.readouterr().out.endswith(f"Hit: {NAME}\n")


def test_change_of_the_copy_leaves_the_store_alone(lab):
    assert lab.run("download", "tool") == 0
    with open(NAME, "ab") as file:
        file.write(b"mine")
    assert lab.run("download", "tool") == 0
    assert here() == {NAME: DEB}


def test_damaged_file_of_the_store_is_fetched_again(lab, tmp_path):
    assert lab.run("download", "tool") == 0
    digest = hashlib.sha256(DEB).hexdigest()
    path = tmp_path / "cache/foretell/archives/sha256" / digest[:2] / digest
    os.chmod(path, 0o644)
    path.write_bytes(DEB[:-1] + b"?")
    lab.server.requests.clear()
    assert lab.run("download", "tool") == 0
    assert len(lab.server.requests) == 1
    assert here() == {NAME: DEB}


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ("wrong-hash", lambda handler, data: handler.answer(200, data[:-1] + b"?")),
        ("wrong-size", lambda handler, data: handler.answer(200, data + b"?")),
        ("not-found", lambda handler, _: handler.answer(404)),
        ("truncated", lambda handler, data: handler.break_off(len(data), data[:99])),
    ],
)
def test_bad_file_does_not_appear(code, fault, lab, capsys):
    with open(NAME, "wb") as file:
        file.write(b"what was here")
    lab.server.faults[".deb"] = fault
    assert lab.run("download", "tool") == 1
    assert f"error[{code}]: " in capsys.readouterr().err
    assert here() == {NAME: b"what was here"}
    lab.server.faults.clear()
    assert lab.run("download", "tool") == 0
    assert here() == {NAME: DEB}


def test_unfinished_file_is_gone_on_with(lab):
    lab.server.faults[".deb"] = lambda handler, data: handler.break_off(len(data), data[:99])
    assert lab.run("download", "tool", "-o", "Acquire::Retries=0") == 1
    lab.server.faults.clear()
    lab.server.requests.clear()
    assert lab.run("download", "tool") == 0
    assert [headers.get("Range") for _, headers in lab.server.requests] == ["bytes=99-"]


def test_uris_are_printed_and_nothing_is_fetched(lab, capsys):
    assert lab.run("download", "--print-uris", "tool") == 0
    line = capsys.readouterr().out.splitlines()[-1]
    digest = hashlib.sha256(DEB).hexdigest()
    uri = f"{lab.server.uri}/debian/pool/tool_2_amd64.deb"
    assert line == f"'{uri}' {NAME} {len(DEB)} SHA256:{digest}"
    assert lab.server.requests == []
    assert here() == {}


@pytest.mark.parametrize(
    ("verb", "word", "status", "code"),
    [
        ("download", "weak", 2, "no-file"),
        ("download", "nosuch", 2, "unknown-package"),
        ("source", "nosuch", 2, "no-such-source"),
        ("source", "tool=9", 2, "no-such-source"),
        ("source", "evil", 2, "bad-source-stanza"),
        ("source", "tool/sid", 2, "unknown"),
    ],
)
def test_what_cannot_be_fetched_is_said(verb, word, status, code, lab, capsys):
    assert lab.run(verb, word) == status
    assert f"error[{code}]: " in capsys.readouterr().err
    assert here() == {}


def test_embedded_debian_has_no_archive(lab, capsys):
    assert main(["apt", "download", "--world", "embedded", "git"]) == 2
    assert "error[no-archive]: " in capsys.readouterr().err


def test_no_word_is_bad_usage(lab, capsys):
    assert lab.run("download") == 2
    assert "error[bad-usage]: " in capsys.readouterr().err


def test_packed_lists_are_read_as_well(lab):
    shutil.rmtree(os.path.join(lab.roots[0], "var/lib/apt/lists"))
    packed = ("-o", "Acquire::GzipIndexes=true")
    assert main(["apt", "update", "-qq", "--root", lab.roots[0], *packed]) == 0
    assert lab.run("download", "tool") == 0
    assert here() == {NAME: DEB}
