"""Which systems are requests put to, and how do they come about without dpkg?

A *root* here is a folder with what apt reads and nothing else: configuration, package lists, a
status file and automatic marks.  Its state is another root's after requests that the real libapt
decided; the lists are shared.  `ROOTS` is the table: another root is another row.
"""

from __future__ import annotations

import os
import shutil
from typing import NamedTuple

from foretell.errors import MissingError
from foretell.oracle.answer import Request
from foretell.oracle.libapt import Libapt
from foretell.oracle.status import Installation, read_field, split_stanzas

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from foretell.oracle.rootfs import Oracle

__all__ = ["MINIMAL", "ROOTS", "Root", "build_root", "find_root", "lists_of"]

MINIMAL = "trixie-minimal"
ARCHITECTURE = "amd64"
_LISTS = "var/lib/apt/lists"
_STATUS = "var/lib/dpkg/status"
_MARKS = "var/lib/apt/extended_states"


class Root(NamedTuple):
    """A row of `ROOTS`.

    ``start`` is the root whose state it starts from; "" is an empty system, which first gets
    every essential, required and important package.  ``suites`` are those of sources.list, in
    its order.  ``install`` and ``held`` are packages; ``preferences`` is apt_preferences(5);
    ``foreign`` are further architectures, whose lists of all suites are there too.
    """

    name: str
    start: str
    suites: tuple[str, ...]
    install: tuple[str, ...] = ()
    held: tuple[str, ...] = ()
    preferences: str = ""
    foreign: tuple[str, ...] = ()

    def lists(self) -> list[tuple[str, str]]:
        """Return suite and architecture of each list, in the order in which apt reads them."""
        architectures = (ARCHITECTURE, *self.foreign)
        return [(suite, name) for suite in self.suites for name in architectures]


_SERVER = (
    "apache2 bind9-dnsutils build-essential certbot cron curl emacs-nox fail2ban git htop "
    "libapache2-mod-php locales logrotate lsof man-db nginx openssh-server php php-mysql "
    "postfix postgresql python3-venv rsync rsyslog screen sqlite3 strace sudo tmux "
    "unattended-upgrades vim wget zsh"
)
_HELD = "apache2 libssl3t64 perl-base postgresql-17 python3.13 vim"
_OFFICE = (
    "build-essential cmake curl firefox-esr gdb git htop libreoffice-writer linux-image-amd64 "
    "mariadb-server network-manager openssh-server php postgresql python3-numpy python3-pip "
    "rsync sudo tmux vim xfce4"
)
_WINE = "wine wine32:i386 libgl1:i386 libsdl2-2.0-0:i386 mesa-vulkan-drivers:i386"
_FOREIGN = ("i386",)
_PINS = """\
Package: *
Pin: release n=sid
Pin-Priority: 90

Package: src:mesa
Pin: release n=trixie-backports
Pin-Priority: 500
"""
ROOTS = (
    Root("server", MINIMAL, ("trixie",), install=tuple(_SERVER.split())),
    Root("held", "server", ("trixie",), held=tuple(_HELD.split())),
    Root("desktop", MINIMAL, ("trixie",), install=("task-gnome-desktop", "task-laptop")),
    Root("mixed", MINIMAL, ("trixie", "trixie-backports", "sid"), preferences=_PINS),
    Root("rolling", "server", ("trixie", "sid")),
    Root("bookworm", "", ("bookworm",), install=tuple(_OFFICE.split())),
    Root("forky", "", ("forky",)),
    Root("aged", "bookworm", ("bookworm", "trixie")),
    Root("multi-arch", MINIMAL, ("trixie",), foreign=_FOREIGN),
    Root("wine", "server", ("trixie",), install=tuple(_WINE.split()), foreign=_FOREIGN),
    Root("wine-rolling", "wine", ("trixie", "sid"), foreign=_FOREIGN),
)


def find_root(name: str) -> Root:
    """Return a row of `ROOTS`; raises ``KeyError``."""
    return {row.name: row for row in ROOTS}[name]


def lists_of(names: Sequence[str]) -> list[tuple[str, str]]:
    """Return suite and architecture of the lists that the named roots need beside the minimal's."""
    lists = [part for name in names for part in find_root(name).lists()]
    return [part for part in dict.fromkeys(lists) if part != ("trixie", ARCHITECTURE)]


def build_root(
    oracle: Oracle, row: Root, mirror: str, aside: str, say: Callable[[str], object]
) -> None:
    """Make a root in the folder ``aside``, which is not there yet and will be renamed.

    Raises `MissingError` when libapt does not plan what the row wants.
    """
    say(f"oracle: making {row.name}")
    _write_configuration(oracle, row, mirror, aside)
    _link_lists(oracle, row, aside)
    installation = Installation(ARCHITECTURE)
    if row.start:
        start = os.path.join(oracle.folder, row.start)
        installation = Installation(
            ARCHITECTURE, _read(start, _STATUS), _read(start, _MARKS, default="")
        )
    _write_state(aside, installation)
    words = row.install
    if not row.start:
        words = (*_base_packages(_package_lists(aside, (ARCHITECTURE,))), *words)
    if words:
        with Libapt(oracle, aside) as libapt:
            plan = libapt.ask(Request("install", words))
        if plan.verdict != "ok":
            raise MissingError("build-failed", f"making {row.name}: {plan.error}")
        installation.apply(plan, _package_lists(aside, (ARCHITECTURE, *row.foreign)))
    installation.hold(row.held)
    _write_state(aside, installation)
    say(f"oracle: {row.name} has {len(installation.stanzas)} packages")


def _write_configuration(oracle: Oracle, row: Root, mirror: str, aside: str) -> None:
    lines = []
    for suite in row.suites:
        kinds = ("deb", "deb-src") if suite == "trixie" else ("deb",)
        lines += [f"{kind} {mirror} {suite} main\n" for kind in kinds]
    for name in ("apt.conf.d", "trusted.gpg.d"):
        shutil.copytree(
            os.path.join(oracle.root, "etc/apt", name), os.path.join(aside, "etc/apt", name)
        )
    for name in ("sources.list.d", "preferences.d"):
        os.makedirs(os.path.join(aside, "etc/apt", name))
    _write(aside, "etc/apt/sources.list", "".join(lines))
    if row.preferences:
        _write(aside, "etc/apt/preferences", row.preferences)
    architectures = (ARCHITECTURE, *row.foreign)
    _write(aside, "var/lib/dpkg/arch", "".join(f"{name}\n" for name in architectures))


def _link_lists(oracle: Oracle, row: Root, aside: str) -> None:
    """Share the lists: by relative links, so that the oracle's folder can be moved."""
    folder = os.path.join(aside, _LISTS)
    os.makedirs(os.path.join(folder, "partial"))
    for part in row.lists():
        source = oracle.lists(*part)
        for name in sorted(os.listdir(source)):
            path, link = os.path.join(source, name), os.path.join(folder, name)
            # A foreign list comes with a Release file of its own day: the native one's counts.
            if "_dists_" in name and os.path.isfile(path) and not os.path.lexists(link):
                os.symlink(os.path.relpath(path, folder), link)


def _package_lists(root: str, architectures: Sequence[str]) -> list[str]:
    folder = os.path.join(root, _LISTS)
    ends = tuple(f"_binary-{name}_Packages" for name in architectures)
    return [os.path.join(folder, it) for it in sorted(os.listdir(folder)) if it.endswith(ends)]


def _base_packages(lists: Sequence[str]) -> list[str]:
    """Return what every Debian system starts with, by the archive's own fields."""
    found = {"apt"}
    for path in lists:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            for stanza in split_stanzas(file.read()):
                priority = read_field(stanza, "Priority")
                is_essential = read_field(stanza, "Essential") == "yes"
                if is_essential or priority in {"required", "important"}:
                    found.add(read_field(stanza, "Package"))
    return sorted(found)


def _write_state(aside: str, installation: Installation) -> None:
    _write(aside, _STATUS, installation.status())
    _write(aside, _MARKS, installation.extended_states())


def _read(root: str, name: str, *, default: str | None = None) -> str:
    path = os.path.join(root, name)
    if default is not None and not os.path.exists(path):
        return default
    with open(path, encoding="utf-8", errors="surrogateescape") as file:
        return file.read()


def _write(root: str, name: str, text: str) -> None:
    path = os.path.join(root, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8", errors="surrogateescape") as file:
        file.write(text)
