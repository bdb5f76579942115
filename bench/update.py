"""How much do `foretell apt update` and `apt-get update` cost for the same fresh suites?

``PYTHONPATH=. python bench/update.py [ROUNDS]`` as root, with the oracle and gpg: serves three
suites made of the oracle's own lists from this machine, and prints CPU and wall time of both
programs, first for empty lists and then for unchanged ones.  Both verify with the oracle's sqv.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time

from foretell.oracle.rootfs import Oracle, oracle_folder
from tests.apt.apt_root import ENVIRONMENT, AptRoot
from tests.apt.archive_lab import Archive, Keys
from tests.apt.archive_server import ArchiveServer
from tests.oracle.real_apt import SQV_POLICY, write_sqv

SUITES = ("one", "two", "three")


def clear(root: AptRoot) -> None:
    """Remove lists and caches."""
    for folder in (root.lists, root.file("var/cache/apt")):
        for entry in os.scandir(folder):
            if entry.is_file():
                os.remove(entry.path)


def measure(command: list[str], environment: dict[str, str]) -> tuple[float, float]:
    """Run a command that has to succeed; return its CPU and wall time in seconds."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
    after, end = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, end - start


def build(folder: str, keys: Keys, root: AptRoot) -> None:
    """Make the suites of the oracle's lists."""
    lists = {
        "main/binary-amd64/Packages": "_main_binary-amd64_Packages",
        "main/i18n/Translation-en": "_main_i18n_Translation-en",
    }
    names = sorted(os.listdir(root.lists))
    files = {}
    for key, end in lists.items():
        for name in names:
            if name.endswith(end):
                with open(os.path.join(root.lists, name), "rb") as file:
                    files[key] = file.read()
    packed: dict[str, bytes] = {}

    class Packed(Archive):
        """An archive whose files are packed once for all suites."""

        def packed(self) -> dict[str, bytes]:
            if not packed:
                packed.update(super().packed())
            return packed

    for suite in SUITES:
        archive = Packed(os.path.join(folder, "debian"), suite=suite)
        archive.files = files
        archive.publish(keys, "bench@example.org")


def main(rounds: int) -> None:
    """Print the times of both programs."""
    oracle = Oracle(oracle_folder(os.environ))
    oracle.require()
    folder = tempfile.mkdtemp(prefix="bench")
    os.chmod(folder, 0o755)  # noqa: S103 - apt reads it as another user
    keys, root = Keys(), AptRoot(os.path.join(folder, "root"))
    server = ArchiveServer(os.path.join(folder, "www"))
    try:
        keys.make("bench")
        build(server.folder, keys, root)
        with open(root.file("etc/apt/trusted.gpg.d/bench.gpg"), "wb") as file:
            file.write(keys.export("bench@example.org"))
        lines = [f"deb {server.uri}/debian {suite} main\n" for suite in SUITES]
        root.write("etc/apt/sources.list", "".join(lines))
        sqv = os.path.join(folder, "sqv")
        write_sqv(oracle, sqv)
        policy = os.path.join(oracle.tool, SQV_POLICY)
        ours = {**os.environ, "FORETELL_SQV": sqv, "SEQUOIA_CRYPTO_POLICY": policy, "LC_ALL": "C"}
        commands = {
            "apt-get": (["chroot", root.path, "apt-get", "-qq", "update"], ENVIRONMENT),
            "foretell": (
                [sys.executable, "-m", "foretell", "apt", "update", "-qq", "--root", root.path],
                ours,
            ),
        }
        for name, (command, environment) in commands.items():
            for _ in range(rounds):
                clear(root)
                fresh = measure(command, environment)
                unchanged = measure(command, environment)
                print(
                    f"{name:<9} fresh {fresh[0]:5.2f} s CPU {fresh[1]:5.2f} s wall   "
                    f"unchanged {unchanged[0]:5.2f} s CPU {unchanged[1]:5.2f} s wall"
                )
    finally:
        keys.close()
        server.close()
        shutil.rmtree(folder)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
