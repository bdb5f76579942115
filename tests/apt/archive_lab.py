"""Debian archives, made and signed at test time.

`Keys` makes OpenPGP keys with gpg (of any age, thanks to its faked clock), `Archive` writes a
repository of one suite below a folder and signs it.
"""

from __future__ import annotations

import bz2
import gzip
import hashlib
import lzma
import os
import shutil
import subprocess
import tempfile
import time
from email.utils import formatdate

import pysequoia
import zstandard

__all__ = ["Archive", "Keys", "armoured", "packages_text", "release_date"]

ALGORITHMS = {"MD5Sum": "md5", "SHA1": "sha1", "SHA256": "sha256", "SHA512": "sha512"}
PACKERS = {
    "": lambda data: data,
    ".xz": lambda data: lzma.compress(data, preset=1),
    ".gz": lambda data: gzip.compress(data, mtime=0),
    ".bz2": bz2.compress,
    ".lzma": lambda data: lzma.compress(data, lzma.FORMAT_ALONE, preset=1),
    ".zst": lambda data: zstandard.ZstdCompressor().compress(data),
}


def armoured(packets: bytes, kind: pysequoia.ArmorKind = pysequoia.ArmorKind.Signature) -> bytes:
    """Return packets in one armoured block."""
    text: str = pysequoia.armor(packets, kind)
    return text.encode()


class Keys:
    """A gpg home of its own; ``close`` ends its agent and removes it."""

    def __init__(self) -> None:
        self.home = tempfile.mkdtemp(prefix="fk")  # short: sockets live in it
        with open(os.path.join(self.home, "gpg.conf"), "w", encoding="utf-8") as file:
            file.write("allow-weak-digest-algos\n")

    def close(self) -> None:
        subprocess.run(
            ["gpgconf", "--homedir", self.home, "--kill", "all"], check=False, capture_output=True
        )
        shutil.rmtree(self.home, ignore_errors=True)

    def gpg(self, *words: str, data: bytes | None = None, when: float | None = None) -> bytes:
        command = ["gpg", "--homedir", self.home, "--batch", "--quiet", "--no-tty", "--yes"]
        command += ["--passphrase", "", "--pinentry-mode", "loopback"]
        if when is not None:
            stamp = time.strftime("%Y%m%dT%H%M%S", time.gmtime(when))
            command += ["--faked-system-time", f"{stamp}!"]
        done = subprocess.run([*command, *words], input=data, capture_output=True)
        if done.returncode:
            raise RuntimeError(f"{words}: {done.stderr.decode(errors='replace')}")
        return done.stdout

    def make(
        self,
        name: str,
        *,
        algorithm: str = "ed25519",
        when: float | None = None,
        expires: str = "0",
        options: tuple[str, ...] = (),
    ) -> str:
        """Return the fingerprint of a new key that may certify and sign."""
        user = f"{name} <{name}@example.org>"
        self.gpg(*options, "--quick-generate-key", user, algorithm, "cert,sign", expires, when=when)
        return self.fingerprint(name)

    def fingerprint(self, name: str) -> str:
        rows = self.gpg("--with-colons", "--list-keys", f"{name}@example.org").decode().split("\n")
        return next(row.split(":")[9] for row in rows if row.startswith("fpr:"))

    def add_subkey(self, fingerprint: str, *, when: float | None = None, expires: str = "0") -> str:
        """Add a signing subkey; return its fingerprint."""
        self.gpg("--quick-add-key", fingerprint, "ed25519", "sign", expires, when=when)
        rows = self.gpg("--with-colons", "--list-keys", fingerprint).decode().split("\n")
        return [row.split(":")[9] for row in rows if row.startswith("fpr:")][-1]

    def revoke(self, fingerprint: str) -> None:
        path = os.path.join(self.home, "openpgp-revocs.d", f"{fingerprint}.rev")
        with open(path, encoding="utf-8") as file:
            text = file.read().replace(":-----BEGIN", "-----BEGIN")
        self.gpg("--import", data=text.encode())

    def export(self, *fingerprints: str, armor: bool = False) -> bytes:
        options = ("--armor",) if armor else ()
        return self.gpg(*options, "--export", *fingerprints)

    def clear_sign(
        self,
        data: bytes,
        *signers: str,
        when: float | None = None,
        options: tuple[str, ...] = (),
    ) -> bytes:
        users = [word for signer in signers for word in ("--local-user", signer)]
        return self.gpg(*options, *users, "--clear-sign", data=data, when=when)

    def detach(
        self,
        data: bytes,
        *signers: str,
        when: float | None = None,
        options: tuple[str, ...] = ("--armor",),
    ) -> bytes:
        users = [word for signer in signers for word in ("--local-user", signer)]
        return self.gpg(*options, *users, "--detach-sign", data=data, when=when)


def packages_text(*names: str, version: str = "1", filler: int = 0) -> bytes:
    """Return a Packages file of these packages, each with ``filler`` bytes of description."""
    text = ""
    for name in names:
        text += (
            f"Package: {name}\nVersion: {version}\nArchitecture: amd64\nMaintainer: x\n"
            f"Filename: pool/{name}_{version}_amd64.deb\nSize: 10\nSHA256: {'0' * 64}\n"
            f"Description: {'x' * filler or name}\n\n"
        )
    return text.encode()


def release_date(when: float) -> str:
    """Return a date as Release files write it."""
    return formatdate(when, usegmt=True).replace("GMT", "UTC")


class Archive:
    """A repository of the suite ``stable`` at ``folder``, written by `publish`.

    ``fields`` go into the Release file (None leaves one out), ``files`` are its index files by
    name with their plain content, ``tables`` the checksum tables it has.
    """

    def __init__(self, folder: str, *, suite: str = "stable") -> None:
        self.folder = folder
        self.suite = suite
        self.fields: dict[str, str | None] = {
            "Origin": "Lab",
            "Label": "Lab",
            "Suite": suite,
            "Codename": suite,
            "Version": "1.0",
            "Date": release_date(time.time() - 3600),
            "Architectures": "amd64",
            "Components": "main",
        }
        self.files: dict[str, bytes] = {"main/binary-amd64/Packages": packages_text("hello")}
        self.extensions: tuple[str, ...] = ("", ".xz")
        self.tables: tuple[str, ...] = ("SHA256",)
        self.by_hash = False
        self.modified = time.time() - 3600  # of the next files

    @property
    def dists(self) -> str:
        return os.path.join(self.folder, "dists", self.suite) if self.suite != "/" else self.folder

    def packed(self) -> dict[str, bytes]:
        """Return every index file in every compression."""
        return {
            name + extension: PACKERS[extension](data)
            for name, data in self.files.items()
            for extension in self.extensions
        }

    def release(self) -> bytes:
        """Return the unsigned Release file."""
        fields = dict(self.fields)
        if self.by_hash:
            fields["Acquire-By-Hash"] = "yes"
        text = "".join(f"{name}: {value}\n" for name, value in fields.items() if value is not None)
        packed = self.packed()
        for table in self.tables:
            text += f"{table}:\n"
            for name, data in sorted(packed.items()):
                digest = hashlib.new(ALGORITHMS[table], data).hexdigest()
                text += f" {digest} {len(data)} {name}\n"
        return text.encode()

    def write(self, name: str, data: bytes) -> None:
        path = os.path.join(self.dists, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(data)
        os.utime(path, (self.modified, self.modified))

    def remove(self, name: str) -> None:
        path = os.path.join(self.dists, name)
        if os.path.exists(path):
            os.remove(path)

    def write_files(self) -> None:
        for name, data in self.packed().items():
            self.write(name, data)
            if self.by_hash:
                digest = hashlib.sha256(data).hexdigest()
                self.write(f"{os.path.dirname(name)}/by-hash/SHA256/{digest}", data)

    def publish(
        self,
        keys: Keys | None = None,
        *signers: str,
        detached: bool = False,
        when: float | None = None,
        options: tuple[str, ...] = (),
    ) -> None:
        """Write everything; the Release file is signed by ``signers``."""
        self.write_files()
        for name in ("InRelease", "Release", "Release.gpg"):
            self.remove(name)
        data = self.release()
        if keys is None or detached:
            self.write("Release", data)
        if keys is not None and detached:
            self.write(
                "Release.gpg", keys.detach(data, *signers, when=when, options=("--armor", *options))
            )
        elif keys is not None:
            self.write("InRelease", keys.clear_sign(data, *signers, when=when, options=options))
