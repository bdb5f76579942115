"""Does a refusal name key, algorithm, date and remedy, and does a warning come a year ahead?"""

from __future__ import annotations

import os
import shutil
import time

import pytest

from foretell.apt.acquire.trust import verify_release
from foretell.apt.acquire.verify_sequoia import PySequoia
from foretell.apt.syntax.configuration import Configuration
from foretell.cli.apt_sqv import Sqv, find_verifier, policy_file
from foretell.errors import InputError, MissingError
from tests.apt.trust_cases import CASES, KeyChest, Trial
from tests.apt.update_lab import make_root
from tests.oracle.real_apt import SQV_POLICY, oracle_or_none, write_sqv

DAY = 86400


@pytest.fixture(scope="module")
def chest(require):
    if shutil.which("gpg") is None:
        require("gpg", "archives are signed with gpg")
    keys = KeyChest()
    yield keys
    keys.close()


@pytest.fixture(params=["sqv", "pysequoia"])
def verifier(request, tmp_path, require):
    if request.param == "pysequoia":
        return PySequoia()
    oracle = oracle_or_none()
    if oracle is None:
        require("apt", "the oracle has the sqv to verify with")
    program = str(tmp_path / "sqv")
    write_sqv(oracle, program)
    return Sqv(program, os.path.join(oracle.tool, SQV_POLICY))


class Bench:
    """One root and one archive, verified without a network."""

    def __init__(self, chest, folder, verifier):
        self.root = os.path.join(folder, "root")
        make_root(self.root)
        self.trial = Trial(chest, os.path.join(folder, "www"), self.root, "x")
        self.verifier = verifier

    def verify(self, *, now=None):
        configuration = Configuration(self.root)
        configuration.set("Dir::Etc", "etc/apt")
        configuration.set("Dir", "/")
        names = ("InRelease", "Release.gpg", "Release")
        path = {name: os.path.join(self.trial.archive.dists, name) for name in names}
        signature = None
        name = "InRelease"
        if not os.path.exists(path["InRelease"]):
            name, signature = "Release", self.trial.read("Release.gpg")
        return verify_release(
            self.trial.read(name),
            signature,
            path="http://example.org/InRelease",
            signed_by=self.trial.fields.get("Signed-By", ""),
            configuration=configuration,
            verifier=self.verifier,
            now=time.time() if now is None else now,
        )


@pytest.fixture
def bench(chest, tmp_path, verifier):
    return Bench(chest, str(tmp_path), verifier)


@pytest.mark.parametrize(
    ("case", "code", "words"),
    [
        ("wrong-key", "unknown-key", ["{other}", "wrong-key.gpg"]),
        ("sha1-self-signature", "weak-key", ["{sha1}", "shaone@", "SHA1", "since 20"]),
        ("rsa-1024", "weak-key", ["{rsa1024}", "short@", ") is RSA1024,", "2014-02-01"]),
        ("brainpool", "unbound-key", ["{brainpool}", "(brainpoolP256r1)"]),
        ("signed-before-the-subkey-was-bound", "unbound-key", ["is valid from", "signed at 20"]),
        ("old-signature-of-a-young-key", "unbound-key", ["{good}", "is valid from", "signed at"]),
        (
            "weak-between-an-unreadable-and-an-expired-signature",
            "weak-signature",
            ["{rsa2048}", "SHA224"],
        ),
        ("dsa-2048", "weak-key", ["{dsa}", "DSA2048", "2024-02-01"]),
        ("sha1-digest", "weak-signature", ["{good}", "SHA1", "2013-02-01"]),
        ("sha224-digest", "weak-signature", ["SHA224", "2026-02-01"]),
        ("expired-signature", "expired-signature", ["{late}", "20"]),
        ("signature-from-the-future", "future-signature", ["{good}", "20"]),
        ("key-expired-before-signing", "expired-key", ["mayfly", "20"]),
        ("revoked-key", "revoked-key", ["revoked"]),
        ("tampered-text", "tampered", []),
        ("tampered-detached", "tampered", []),
        ("binary-detached-signature", "bad-signature-file", ["binary"]),
        ("garbage-detached-signature", "bad-signature-file", ["no signature"]),
        ("html-inrelease", "bad-clearsigned", []),
        ("no-key-in-trusted-parts", "no-trusted-keys", []),
        ("armoured-key-called-gpg", "no-trusted-keys", ["good.gpg"]),
        ("signed-by-missing-file", "no-keyring", ["No such file"]),
        ("signed-by-html-file", "bad-keyring", []),
        ("signed-by-wrong-fingerprint", "wrong-signer", ["{good}", "{other}"]),
        ("exact-fingerprint", "wrong-signer", ["{good}!"]),
        ("subkey-fingerprint", "wrong-signer", ["{parent}", "{child}"]),
    ],
)
def test_refusal_says_what_and_why(case, code, words, bench):
    CASES[case](bench.trial)
    with pytest.raises(InputError) as caught:
        bench.verify()
    assert caught.value.code == code
    for word in words:
        assert word.format(**vars(bench.trial.chest)) in caught.value.message
    assert caught.value.hint


def test_hint_is_the_line_to_write(bench):
    CASES["wrong-key"](bench.trial)
    os.makedirs(os.path.join(bench.root, "usr/share/keyrings"))
    bench.trial.put("usr/share/keyrings/lab.gpg", bench.trial.keys.export(bench.trial.chest.other))
    with pytest.raises(InputError) as caught:
        bench.verify()
    assert 'write "Signed-By: /usr/share/keyrings/lab.gpg"' in (caught.value.hint or "")
    CASES["exact-fingerprint"](bench.trial)
    with pytest.raises(InputError) as caught:
        bench.verify()
    assert f"Signed-By: {bench.trial.chest.good}" in (caught.value.hint or "")
    CASES["signed-by-wrong-fingerprint-and-file"](bench.trial)
    with pytest.raises(InputError) as caught:
        bench.verify()
    assert f'"Signed-By: /srv/keys/good.gpg, {bench.trial.chest.good}"' in (caught.value.hint or "")


def test_signers_are_the_primary_keys(bench):
    CASES["subkey"](bench.trial)
    assert bench.verify().signers == [bench.trial.chest.parent]
    CASES["two-signers-both-known"](bench.trial)
    signers = bench.verify().signers
    assert sorted(signers) == sorted([bench.trial.chest.good, bench.trial.chest.other])


def test_text_is_what_was_signed(bench):
    CASES["clear-signed"](bench.trial)
    assert bench.verify().text == bench.trial.archive.release().rstrip(b"\n")


@pytest.mark.parametrize(("years", "warns"), [(0, False), (3, True)])
def test_end_of_an_algorithm_is_told_a_year_ahead(years, warns, chest, tmp_path):
    """RSA of 2048 bits ends on 2030-02-01 by apt's default policy; only our own dates move."""
    bench = Bench(chest, str(tmp_path), PySequoia())
    CASES["rsa-2048"](bench.trial)
    found = bench.verify(now=time.time() + years * 365 * DAY)
    assert bool(found.warnings) == warns
    if warns:
        assert "RSA2048 is not accepted from 2030-02-01 on" in found.warnings[0]
        assert chest.rsa2048 in found.warnings[0]


def test_end_of_an_algorithm_is_that_of_the_last_signer(chest, tmp_path):
    """DSA has ended long ago, the other key is not known: neither ends now."""
    bench = Bench(chest, str(tmp_path), PySequoia())
    bench.trial.fields["Signed-By"] = bench.trial.key_file("two.gpg", chest.dsa, chest.rsa2048)
    bench.trial.sign("dsa", "other", "rsa2048")
    [warning] = bench.verify(now=time.time() + 3 * 365 * DAY).warnings
    assert f"RSA2048 is not accepted from 2030-02-01 on (key {chest.rsa2048})" in warning


def test_end_of_an_algorithm_is_told_a_year_ahead_by_sqv(chest, tmp_path, require):
    oracle = oracle_or_none()
    if oracle is None:
        require("apt", "the oracle has the sqv to verify with")
    program, policy = str(tmp_path / "sqv"), tmp_path / "policy"
    write_sqv(oracle, program)
    day = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 100 * DAY))
    policy.write_text(f"[asymmetric_algorithms]\nrsa2048 = {day}\n")
    bench = Bench(chest, str(tmp_path), Sqv(program, str(policy)))
    CASES["rsa-2048"](bench.trial)
    [warning] = bench.verify().warnings
    assert f"RSA2048 is not accepted from {day} on" in warning
    CASES["clear-signed"](bench.trial)
    assert bench.verify().warnings == []


@pytest.mark.parametrize(
    ("options", "name"),
    [("--policy-as-of --signature-file", "sqv"), ("--keyring", "pysequoia")],
)
def test_old_sqv_is_passed_over(options, name, tmp_path, monkeypatch):
    program = tmp_path / "sqv"
    program.write_text(f"#!/bin/sh\necho {options}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert find_verifier("/", {}).name == name
    assert find_verifier("/", {"FORETELL_SQV": "none"}).name == "pysequoia"
    if name == "pysequoia":
        with pytest.raises(MissingError):
            find_verifier("/", {"FORETELL_SQV": str(program)})


def test_sqv_that_is_named_has_to_be_there():
    with pytest.raises(MissingError):
        find_verifier("/", {"FORETELL_SQV": "/nonexistent/sqv"})


def test_policy_file_is_looked_for_as_apt_does(tmp_path):
    root = str(tmp_path)

    def make(name):
        path = os.path.join(root, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8"):
            return path

    general = make("usr/share/crypto-policies/back-ends/sequoia.config")
    assert policy_file(root, {}) == general
    chosen = make("chosen")
    assert policy_file(root, {"SEQUOIA_CRYPTO_POLICY": chosen}) == chosen
    special = make("etc/crypto-policies/back-ends/apt-sequoia.config")
    assert policy_file(root, {"SEQUOIA_CRYPTO_POLICY": chosen}) == special
    assert policy_file(root, {"APT_SEQUOIA_CRYPTO_POLICY": "/x"}) == "/x"
