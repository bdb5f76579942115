"""Is the oracle here, and how is its sqv called?"""

from __future__ import annotations

import os

from foretell.oracle.rootfs import Oracle, oracle_folder

LOADER = "lib64/ld-linux-x86-64.so.2"
LIBRARIES = ("usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu")
SQV_POLICY = "usr/share/apt/default-sequoia.config"


def write_sqv(oracle: Oracle, path: str) -> None:
    """Write a program that is the oracle's sqv."""
    libraries = ":".join(os.path.join(oracle.tool, name) for name in LIBRARIES)
    loader = f"{oracle.tool}/{LOADER} --library-path {libraries}"
    with open(path, "w", encoding="utf-8") as file:
        file.write(f'#!/bin/sh\nexec {loader} {oracle.tool}/usr/bin/sqv "$@"\n')
    os.chmod(path, 0o755)


def oracle_or_none():
    """Return the oracle if it is built."""
    oracle = Oracle(oracle_folder(os.environ))
    return None if oracle.missing() else oracle
