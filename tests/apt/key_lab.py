"""Signed Release files and keyrings, made by gpg for the tests."""

from __future__ import annotations

import os
import subprocess


class KeyLab:
    """Keys in a GnuPG home of their own."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        os.makedirs(folder, mode=0o700)

    def gpg(self, *words: str, data: bytes = b"") -> bytes:
        options = ("--homedir", self.folder, "--batch", "--quiet", "--pinentry-mode", "loopback")
        return subprocess.run(
            ["gpg", *options, "--passphrase", "", *words],
            input=data,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            check=True,
        ).stdout

    def make_key(self, name: str) -> None:
        self.gpg("--quick-generate-key", f"{name} <{name}@example.org>", "ed25519", "sign", "never")

    def export(self, *names: str, is_armoured: bool = False) -> bytes:
        return self.gpg(*(["--armor"] if is_armoured else []), "--export", *names)

    def clear_sign(self, text: bytes, *names: str) -> bytes:
        signers = [word for name in names for word in ("--local-user", name)]
        return self.gpg(*signers, "--clear-sign", data=text)

    def detached(self, text: bytes, name: str) -> bytes:
        return self.gpg("--local-user", name, "--armor", "--detach-sign", data=text)

    def close(self) -> None:
        """Let the agent that gpg started end."""
        subprocess.run(["gpgconf", "--homedir", self.folder, "--kill", "all"], check=False)
