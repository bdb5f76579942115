"""How does the real apt answer in a world of a few packages?

Only for tests marked ``oracle``.  The apt of the oracle's root is run in place, by that root's
own dynamic linker; every file it reads or writes lies in a temporary directory, and it is only
asked for the addresses it would fetch, so that neither the root nor this machine changes.
"""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

_WARNING = "WARNING: apt does not have a stable CLI interface. Use with caution in scripts."


def oracle_root() -> Path | None:
    """Return a trixie root that holds apt 3.0, or None."""
    base = os.environ.get("FORETELL_ORACLE_DIR") or "~/.cache/foretell/oracle"
    for name in ("trixie-minimal", "."):
        root = Path(base).expanduser() / name
        if (root / "usr/bin/apt").is_file():
            return root
    return None


def stanza(line: str, *, is_installed: bool = False) -> str:
    """Return a stanza for "name version; Field: value; ...", the rest filled in."""
    head, *fields = (part.strip() for part in line.split(";"))
    name, version = head.split()
    values = {
        "Package": name,
        "Status": "install ok installed",
        "Architecture": "amd64",
        "Version": version,
        "Installed-Size": "1000",
        "Filename": f"pool/{name}_{version}.deb",
        "Size": "500000",
        "Description": "x",
    }
    for unwanted in ("Filename", "Size") if is_installed else ("Status",):
        del values[unwanted]
    values.update((key.strip(), value.strip()) for key, value in (f.split(":", 1) for f in fields))
    return "".join(f"{key}: {value}\n" for key, value in values.items()) + "\n"


class Apt:
    """The real apt, told to look at a status file and package lists; its files in ``directory``."""

    def __init__(self, directory: Path, root: Path, *, lists: Path, status: Path) -> None:
        self._loader = [
            f"{root}/lib64/ld-linux-x86-64.so.2",
            "--library-path",
            f"{root}/usr/lib/x86_64-linux-gnu",
        ]
        self._program = f"{root}/usr/bin/apt"
        self._config = directory / "apt.conf"
        methods = directory / "methods"
        for path in (directory / "archives/partial", directory / "log", methods):
            path.mkdir(parents=True)
        method = f'{" ".join(self._loader)} {root}/usr/lib/apt/methods/http "$@"'
        (methods / "http").write_text(f"#!/bin/sh\nexec {method}\n")
        (methods / "http").chmod(0o755)
        self._config.write_text(
            f'Dir::Etc "{root}/etc/apt"; Dir::Etc::SourceParts "/dev/null";'
            f'Dir::Etc::Parts "/dev/null"; Dir::Etc::PreferencesParts "/dev/null";'
            f'Dir::Etc::SourceList "{directory}/sources.list";'
            f'Dir::State "{directory}"; Dir::State::Lists "{lists}";'
            f'Dir::State::status "{status}"; Dir::Cache "{directory}";'
            f'Dir::Cache::Archives "{directory}/archives"; Dir::Log "{directory}/log";'
            f'Dir::Bin::Methods "{methods}"; Dir::Bin::dpkg "/bin/false";'
            'APT::Architecture "amd64"; APT::Architectures {"amd64";};'
            'Debug::NoLocking "1";\n'
        )

    def apt(self, *arguments: str, is_terminal: bool = False, **environment: str) -> str:
        """Return what apt prints for the request: standard output, then standard error."""
        command = [
            *self._loader,
            self._program,
            *arguments,
            "--print-uris",
            "--solver",
            "3.0",
        ]
        variables = {
            "APT_CONFIG": str(self._config),
            "LC_ALL": "C.UTF-8",
            "PATH": os.defpath,
            "TERM": "xterm",
            **environment,
        }
        if is_terminal:
            return _on_terminal(command, variables)
        done = subprocess.run(
            command, env=variables, capture_output=True, text=True, stdin=subprocess.DEVNULL
        )
        return done.stdout + done.stderr.replace(_WARNING, "").lstrip("\n")


def archive_world(directory: Path, root: Path) -> Apt:
    """Return the world of the root itself: a minimal system and the archive it knows."""
    text = (root / "etc/apt/sources.list").read_text()
    (directory / "sources.list").write_text(text)
    state = root / "var/lib/apt/extended_states"
    (directory / "extended_states").write_text(state.read_text() if state.exists() else "")
    lists = root / "var/lib/apt/lists"
    return Apt(directory, root, lists=lists, status=root / "var/lib/dpkg/status")


def small_world(
    directory: Path, root: Path, available: str, installed: str = "", automatic: str = ""
) -> Apt:
    """Return a world of a few packages, each described as for ``stanza``, one on a line."""
    lists = directory / "lists"
    (lists / "partial").mkdir(parents=True)
    index = lists / "example.org_debian_dists_trixie_main_binary-amd64_Packages"
    index.write_text("".join(stanza(line) for line in _lines(available)))
    status = directory / "status"
    status.write_text("".join(stanza(line, is_installed=True) for line in _lines(installed)))
    (directory / "extended_states").write_text(
        "".join(
            f"Package: {name}\nArchitecture: amd64\nAuto-Installed: 1\n\n"
            for name in automatic.split()
        )
    )
    (directory / "sources.list").write_text(
        "deb [trusted=yes] http://example.org/debian trixie main\n"
    )
    return Apt(directory, root, lists=lists, status=status)


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _on_terminal(command: list[str], variables: dict[str, str]) -> str:
    """Run on a pseudo-terminal and return its output with plain line ends."""
    import pty

    process, descriptor = pty.fork()
    if not process:
        try:
            os.execvpe(command[0], command, variables)
        finally:
            os._exit(127)
    output = b""
    while True:
        try:
            block = os.read(descriptor, 65536)
        except OSError:  # Linux reports EIO when the other side is closed
            break
        if not block:
            break
        output += block
    os.close(descriptor)
    os.waitpid(process, 0)
    return output.decode().replace("\r\n", "\n")


def screen_part(output: str) -> str:
    """Return what stands between the progress lines and the addresses.

    The free space of this machine's /usr is replaced by "1000 MB".
    """
    lines = output.rsplit("\r", maxsplit=1)[-1].splitlines(keepends=True)
    started = [i for i, line in enumerate(lines) if line.startswith(("Reading", "Building"))]
    lines = lines[started[-1] + 1 if started else 0 :]
    text = "".join(line for line in lines if not line.startswith("'http"))
    return re.sub(r"/ .* available\n", "/ 1000 MB available\n", text)


def failure_part(output: str) -> str:
    """Return the explanation of the solver, without the prefix and the indent of errors."""
    text = output[output.index("Error: ") + len("Error: ") :].rstrip("\n")
    return text.replace("\n   ", "\n")
