"""Is the keyring found that holds the key of a downloaded Release file?"""

from __future__ import annotations

import os
import shutil
import tempfile

import pytest

from foretell.apt.sources.signers import find_signer, keyrings
from foretell.apt.sources.sources import parse_one_line
from foretell.apt.syntax.configuration import load
from foretell.cli.verify_list import list_verifier
from tests.apt.apt_root import oracle_folder
from tests.apt.key_lab import KeyLab

RELEASE = b"Origin: Vendor Inc\nSuite: s\nDate: Sat, 01 Nov 2025 00:00:00 UTC\n"
LISTS = "var/lib/apt/lists"
PREFIX = "a.example.org_d_dists_s_"
(SOURCE,) = parse_one_line(b"deb http://a.example.org/d s main", "x", architecture="amd64")


@pytest.fixture(scope="module")
def lab(require):
    if shutil.which("gpg") is None:
        require("gpg", "test keys are made with it")
    with tempfile.TemporaryDirectory(prefix="keys") as folder:  # its path must be short
        found = KeyLab(os.path.join(folder, "g"))
        for name in ("vendor", "second", "other"):
            found.make_key(name)
        yield found
        found.close()


@pytest.fixture(params=["sqv", "pysequoia"])
def verifies(request, tmp_path, require):
    """Return the function that asks one verifier; sqv may be that of the oracle root."""
    if request.param == "pysequoia":
        return list_verifier("/", {"FORETELL_SQV": "none"})
    program = shutil.which("sqv") or ""
    if os.path.exists(f"{oracle_folder()}/usr/bin/sqv"):
        libraries = f"{oracle_folder()}/usr/lib/x86_64-linux-gnu"
        program = str(tmp_path / "sqv")
        with open(program, "w", encoding="utf-8") as file:
            file.write(
                f"#!/bin/sh\nexec {libraries}/ld-linux-x86-64.so.2 --library-path {libraries} "
                f'{oracle_folder()}/usr/bin/sqv "$@"\n'
            )
        os.chmod(program, 0o755)
    if not program:
        require("sqv", "it verifies lists")
    return list_verifier("/", {"FORETELL_SQV": program})


def put(root, name, data):
    path = os.path.join(root, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(data)


def find(root, verifies):
    return find_signer(SOURCE, load(str(root)), verifies)


@pytest.mark.parametrize("is_armoured", [False, True])
def test_finds_the_keyring_of_an_inrelease(tmp_path, lab, verifies, is_armoured):
    put(tmp_path, f"{LISTS}/{PREFIX}InRelease", lab.clear_sign(RELEASE, "vendor"))
    put(tmp_path, "usr/share/keyrings/a.gpg", lab.export("other"))
    assert find(tmp_path, verifies)[0] == ""
    name = f"etc/apt/trusted.gpg.d/v.{'asc' if is_armoured else 'gpg'}"
    put(tmp_path, name, lab.export("second", "vendor", is_armoured=is_armoured))
    assert find(tmp_path, verifies) == (f"/{name}", "")


def test_one_of_two_signatures_is_enough(tmp_path, lab, verifies):
    put(tmp_path, f"{LISTS}/{PREFIX}InRelease", lab.clear_sign(RELEASE, "vendor", "second"))
    put(tmp_path, "usr/share/keyrings/b.gpg", lab.export("second"))
    assert find(tmp_path, verifies) == ("/usr/share/keyrings/b.gpg", "")


def test_detached_signature(tmp_path, lab, verifies):
    put(tmp_path, f"{LISTS}/{PREFIX}Release", RELEASE)
    put(tmp_path, "usr/share/keyrings/b.gpg", lab.export("vendor"))
    assert find(tmp_path, verifies) == ("", "its downloaded Release file is not signed")
    put(tmp_path, f"{LISTS}/{PREFIX}Release.gpg", lab.detached(RELEASE, "vendor"))
    assert find(tmp_path, verifies) == ("/usr/share/keyrings/b.gpg", "")


def test_tampered_file_has_no_signer(tmp_path, lab, verifies):
    data = lab.clear_sign(RELEASE, "vendor").replace(b"Suite: s", b"Suite: t")
    put(tmp_path, f"{LISTS}/{PREFIX}InRelease", data)
    put(tmp_path, "usr/share/keyrings/b.gpg", lab.export("vendor"))
    assert find(tmp_path, verifies)[0] == ""


def test_broken_keyrings_are_passed_over(tmp_path, lab, verifies):
    put(tmp_path, f"{LISTS}/{PREFIX}InRelease", lab.clear_sign(RELEASE, "vendor"))
    put(tmp_path, "etc/apt/keyrings/0.asc", b"-----BEGIN x\n\n!!!\n=\n-----END x\n")
    put(tmp_path, "etc/apt/keyrings/1.gpg", b"\0\1\2")
    put(tmp_path, "etc/apt/keyrings/2.gpg", b"")
    put(tmp_path, "etc/apt/keyrings/v.gpg", lab.export("vendor"))
    assert find(tmp_path, verifies) == ("/etc/apt/keyrings/v.gpg", "")


def test_nothing_downloaded_or_nobody_to_ask(tmp_path):
    assert "was downloaded" in find(tmp_path, lambda *_: True)[1]
    put(tmp_path, f"{LISTS}/{PREFIX}InRelease", RELEASE)
    put(tmp_path, f"{LISTS}/{PREFIX}InRelease", b"-----BEGIN PGP SIGNED MESSAGE-----\n")
    assert "broken" in find(tmp_path, lambda *_: True)[1]


def test_candidates_begin_with_the_origin(tmp_path):
    for name in (
        "usr/share/keyrings/vendor-inc-archive-keyring.gpg",
        "usr/share/keyrings/a.gpg",
        "usr/share/keyrings/z-keyring.pgp",
        "usr/share/keyrings/debian-archive-removed-keys.gpg",
        "usr/share/keyrings/readme.txt",
        "etc/apt/keyrings/own.asc",
        "etc/apt/trusted.gpg.d/t.gpg",
    ):
        put(tmp_path, name, b"")
    found = keyrings(load(str(tmp_path)), "Vendor Inc")
    assert [os.path.basename(path) for path in found] == [
        "vendor-inc-archive-keyring.gpg",
        "own.asc",
        "z-keyring.pgp",
        "a.gpg",
        "t.gpg",
    ]
    put(tmp_path, "etc/apt/trusted.gpg.d/vendor-inc-archive-keyring.asc", b"")
    assert "trusted.gpg.d" in keyrings(load(str(tmp_path)), "Vendor Inc")[0]
