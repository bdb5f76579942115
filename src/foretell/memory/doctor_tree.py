"""What of a kernel's sysfs and proc do the checks of ``memory doctor`` look at?

A `Tree` reads below a root and remembers what it could not read, so that a check goes on with what
there is: a file that is absurd or not permitted counts as not there, and becomes a finding.
"""

from __future__ import annotations

import gzip
import os
import re
import zlib

from foretell.errors import InputError
from foretell.memory.sysfs import parse_integer, read_text
from foretell.model.evidence import Evidence

__all__ = ["Tree"]

_CONFIG_BYTES_MAX = 1 << 20
_NAMES_MAX = 1 << 16
_RELEASE = re.compile(r"[\w.+~-]{1,100}\Z", re.ASCII)


class Tree:
    """The files below ``root``; ``unread`` has those that could not be read, and why."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.unread: dict[str, str] = {}
        self._config: str | None = None

    def path(self, name: str) -> str:
        """Return the path of a file."""
        return os.path.join(self.root, name)

    def text(self, name: str) -> str | None:
        """Return a file's text, None where there is none."""
        path = self.path(name)
        try:
            return read_text(path)
        except InputError as error:
            self.unread[path] = error.message
        except OSError as error:
            self.unread[path] = error.strerror or "cannot be read"
        return None

    def integer(self, name: str, base: int = 10) -> int | None:
        """Return a file's number, None where there is none."""
        text = self.text(name)
        if text is None:
            return None
        try:
            return parse_integer(text, self.path(name), base)
        except InputError as error:
            self.unread[self.path(name)] = error.message
            return None

    def names(self, name: str) -> list[str]:
        """Return the sorted names in a folder, none where there is no folder."""
        try:
            return sorted(os.listdir(self.path(name)))[:_NAMES_MAX]
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            self.unread[self.path(name)] = error.strerror or "cannot be read"
            return []

    def has(self, name: str) -> bool:
        """Say whether a file or folder is there."""
        return os.path.exists(self.path(name))

    def evidence(self, name: str, text: str | None = None) -> Evidence:
        """Return what stands in a file, or ``text`` about it."""
        if text is None:
            text = self.text(name) or ""
        return Evidence("file", self.path(name), text[:200])

    def config(self, option: str) -> tuple[str | None, str]:
        """Return a configuration option's value, "n" for unset, None unknown; and the file."""
        if self._config is None:
            self._config = self._read_config()
        name, _, text = self._config.partition("\n")
        if not text:
            return None, name
        found = re.search(rf"^{option}=(\S{{1,100}})$", text, re.MULTILINE)
        return (found[1] if found else "n"), name

    def _read_config(self) -> str:
        """Return the path of the kernel's configuration, a newline, and its text."""
        release = self.text("proc/sys/kernel/osrelease") or ""
        names = ["proc/config.gz"]
        if _RELEASE.match(release) and ".." not in release:
            names.append(f"boot/config-{release}")
        for name in names:
            path = self.path(name)
            try:
                with gzip.open(path) if name.endswith(".gz") else open(path, "rb") as file:
                    data = file.read(_CONFIG_BYTES_MAX)
            except (FileNotFoundError, NotADirectoryError):
                continue
            except (OSError, EOFError, zlib.error) as error:
                self.unread[path] = str(error)[:100] or "cannot be read"
                continue
            if b"CONFIG_" in data:
                return f"{path}\n{data.decode('utf-8', 'replace')}"
        return self.path(names[-1])
