"""Is there what guests are made of, and how does it come here?

``python -m foretell.oracle.guest_build`` puts below the oracle's folder what is missing:

- ``guest-tool``: QEMU and compilers of Debian trixie, unpacked and not installed;
- ``agent-*``: ``guest/agent.c`` compiled for each architecture, named after its text;
- ``kernels/NAME``: a kernel of each row of `KERNELS`, with the modules that a CXL guest loads.

Versions move, so none is written down: of each series the newest that the mirror has is taken.
Where there is none a file ``NAME.gone`` says so.  Everything is built aside and renamed, under a
lock.  Root is not needed; where it is not there, a user namespace is.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from typing import NamedTuple

from foretell.errors import ForetellError, MissingError, UsageError
from foretell.oracle.guest_apt import GuestApt, read_package
from foretell.oracle.mirror import find_mirrors
from foretell.oracle.programs import run

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    Say = Callable[[str], object]

__all__ = ["KERNELS", "GuestKernel", "GuestParts", "KernelRow", "build_guests", "main"]

TRIPLETS = {"amd64": "x86_64-linux-gnu", "arm64": "aarch64-linux-gnu"}
LOADER = "usr/lib64/ld-linux-x86-64.so.2"
PACKAGES = (
    "base-files",
    "gcc-14",
    "gcc-14-aarch64-linux-gnu",
    "libc6-dev",
    "libc6-dev-arm64-cross",
    "qemu-system-arm",
    "qemu-system-x86",
)
# What a CXL guest loads, in this order; a kernel has some of them built in.
MODULES = (
    "libnvdimm",
    "dax",
    "cxl_core",
    "cxl_port",
    "cxl_mem",
    "cxl_pmem",
    "cxl_acpi",
    "cxl_pci",
    "device_dax",
    "kmem",
    "dax_hmem",
    "dax_cxl",
)
_ASIDE = ".new-"
_GONE = ".gone"
_SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "guest", "agent.c")
_NAME_BYTES_MAX = 200


class KernelRow(NamedTuple):
    """A row of `KERNELS`: how the kernel is called here, and which Debian package it comes from."""

    name: str
    series: str
    flavour: str = "cloud-amd64"
    architecture: str = "amd64"
    modules: tuple[str, ...] = MODULES


KERNELS = (
    *(
        KernelRow(series, series)
        for series in ("6.12", "6.16", "6.17", "6.18", "6.19", "7.0", "7.1", "7.2", "7.3")
    ),
    KernelRow("7.3-arm64", "7.3", "cloud-arm64", "arm64", ()),
    KernelRow("7.3-arm64-16k", "7.3", "arm64-16k", "arm64", ()),
)


class GuestKernel(NamedTuple):
    """A kernel that is here: its row, its ``uname -r``, its image and its folder of modules."""

    row: KernelRow
    release: str
    image: str
    modules: str


class GuestParts:
    """Where the parts of guests are below the oracle's ``folder``, and which of them are there."""

    def __init__(self, folder: str) -> None:
        with open(_SOURCE, "rb") as file:
            digest = hashlib.sha256(file.read()).hexdigest()[:16]
        self.folder = folder
        self.tool = os.path.join(folder, "guest-tool")
        self.agents = {name: os.path.join(folder, f"agent-{digest}-{name}") for name in TRIPLETS}

    def kernel_folder(self, row: KernelRow) -> str:
        """Return the folder of a kernel."""
        return os.path.join(self.folder, "kernels", row.name)

    def missing(self) -> list[str]:
        """Return the names of the parts beside kernels that have to be built."""
        parts = [self.tool, *self.agents.values()]
        return [os.path.basename(part) for part in parts if not os.path.exists(part)]

    def missing_kernels(self, rows: Sequence[KernelRow] = KERNELS) -> list[KernelRow]:
        """Return the kernels that are neither here nor known to be gone."""
        folders = [(row, self.kernel_folder(row)) for row in rows]
        return [
            row
            for row, folder in folders
            if not os.path.exists(folder) and not os.path.exists(folder + _GONE)
        ]

    def kernels(self) -> list[str]:
        """Return the names of the kernels that are here, in the order of `KERNELS`."""
        return [row.name for row in KERNELS if os.path.exists(self.kernel_folder(row))]

    def kernel(self, name: str) -> GuestKernel:
        """Return a kernel; raise `MissingError` when it is not here."""
        row = find_row(name)
        folder = self.kernel_folder(row)
        try:
            with open(os.path.join(folder, "release"), encoding="ascii") as file:
                release = file.read(_NAME_BYTES_MAX).strip()
        except FileNotFoundError:
            gone = os.path.exists(folder + _GONE)
            why = "the mirror has none" if gone else "it is not fetched"
            raise MissingError(
                "no-kernel",
                f"there is no kernel {name}: {why}",
                path=folder,
                hint=f"python -m foretell.oracle.guest_build --kernels {name}",
            ) from None
        return GuestKernel(
            row, release, os.path.join(folder, "image"), os.path.join(folder, "modules")
        )

    def require(self) -> None:
        """Raise `MissingError` unless QEMU and the agents are there."""
        missing = self.missing()
        if missing:
            raise MissingError(
                "no-guests",
                f"guests cannot be started: {', '.join(missing)} missing",
                path=self.folder,
                hint="python -m foretell.oracle.guest_build",
            )

    def qemu(self, architecture: str) -> tuple[list[str], dict[str, str]]:
        """Return the command that starts QEMU for an architecture, and what its environment needs.

        QEMU looks for its modules beside its own program, and that is the loader here.
        """
        libraries = os.path.join(self.tool, "usr/lib", TRIPLETS["amd64"])
        kind = TRIPLETS[architecture].partition("-")[0]
        command = [os.path.join(self.tool, LOADER), "--library-path", libraries]
        command.append(os.path.join(self.tool, f"usr/bin/qemu-system-{kind}"))
        for part in ("qemu", "seabios"):
            command += ["-L", os.path.join(self.tool, "usr/share", part)]
        return command, {"QEMU_MODULE_DIR": os.path.join(libraries, "qemu")}


def find_row(name: str) -> KernelRow:
    """Return the row of a kernel; raise `UsageError` for a name that is none."""
    for row in KERNELS:
        if row.name == name:
            return row
    known = ", ".join(row.name for row in KERNELS)
    raise UsageError("no-such-kernel", f"there is no kernel {name!r}, only {known}")


def build_guests(
    folder: str, *, rows: Sequence[KernelRow] = KERNELS, mirror: str | None = None, say: Say
) -> GuestParts:
    """Build what guests with the kernels of ``rows`` lack below ``folder``.

    Raises `MissingError` naming what this machine lacks: an amd64 processor, a mirror, a program.
    """
    import tempfile

    parts = GuestParts(folder)
    kernels = parts.missing_kernels(rows)
    if not parts.missing() and not kernels:
        return parts
    _check_machine()
    os.makedirs(os.path.join(folder, "kernels"), exist_ok=True)
    with _lock(folder, say), tempfile.TemporaryDirectory(prefix=_ASIDE, dir=folder) as scratch:
        kernels = parts.missing_kernels(rows)
        lacks_tool = not os.path.exists(parts.tool)
        if kernels or lacks_tool:
            say("guests: fetching the lists of kernels")
            apt = _open_apt(os.path.join(scratch, "apt"), mirror)
            if lacks_tool:
                say("guests: fetching QEMU and compilers (120 MB)")
                aside = os.path.join(scratch, "tool")
                apt.unpack_with_needs(PACKAGES, aside)
                os.rename(aside, parts.tool)
            for row in kernels:
                _fetch_kernel(parts, row, apt, scratch, say)
        for architecture, path in parts.agents.items():
            if not os.path.exists(path):
                _compile(parts, architecture, path, say)
    return parts


def _check_machine() -> None:
    import platform

    if platform.machine() != "x86_64":
        raise MissingError("no-amd64", "an amd64 machine is needed to start guests")


@contextlib.contextmanager
def _lock(folder: str, say: Say) -> Iterator[None]:
    """Let one process build at a time."""
    import fcntl

    with open(os.path.join(folder, ".lock-guests"), "w", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("guests: waiting for another build")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _open_apt(scratch: str, mirror: str | None) -> GuestApt:
    """Return the packages of the first mirror that has them."""
    candidates = [mirror.rstrip("/")] if mirror is not None else find_mirrors()
    hint: str | None = "name one with --mirror URI"
    for number, candidate in enumerate(candidates):
        try:
            return GuestApt(f"{scratch}-{number}", candidate)
        except MissingError as error:
            hint = error.hint
    raise MissingError(
        "no-mirror", f"no mirror has kernels: tried {', '.join(candidates) or 'none'}", hint=hint
    )


def newest_release(names: Sequence[str], row: KernelRow, prefix: str) -> str | None:
    """Return the newest ``uname -r`` among package names, or None.

    >>> names = ["linux-image-7.3.4+deb13-cloud-amd64", "linux-image-7.3.11+deb13-cloud-amd64"]
    >>> newest_release(names, find_row("7.3"), "linux-image-")
    '7.3.11+deb13-cloud-amd64'
    """
    import re

    shape = rf"{re.escape(row.series)}\.(\d+)\+deb\d+-{re.escape(row.flavour)}"
    found = []
    for name in names:
        release = name.removeprefix(prefix)
        match = re.fullmatch(shape, release)
        if match is not None and name.startswith(prefix):
            found.append((int(match[1]), release))
    return max(found)[1] if found else None


def _find_release(apt: GuestApt, row: KernelRow) -> tuple[str, list[str]] | None:
    """Return the newest ``uname -r`` of a row and the packages that hold its files."""
    # Since 6.19 the image has a package of its own, and so have the modules.
    for prefix in ("linux-binary-", "linux-image-"):
        release = newest_release(apt.names(f"{prefix}{row.series}."), row, prefix)
        if release is None:
            continue
        packages = [f"{prefix}{release}"]
        # Backports of old series keep the image and lose the modules.
        if row.modules:
            packages += [
                name
                for name in apt.names(f"linux-modules-{release}")
                if name == f"linux-modules-{release}"
            ]
        return release, packages
    return None


def _fetch_kernel(parts: GuestParts, row: KernelRow, apt: GuestApt, scratch: str, say: Say) -> None:
    """Fetch a kernel, or note that the mirror has none."""
    folder = parts.kernel_folder(row)
    found = _find_release(apt, row)
    if found is None:
        say(f"guests: the mirror has no kernel {row.name}; going on without")
        with open(folder + _GONE, "w", encoding="utf-8") as file:
            file.write(f"{apt.mirror}\n")
        return
    release, packages = found
    say(f"guests: fetching the kernel {release}")
    aside = os.path.join(scratch, f"kernel-{row.name}")
    os.makedirs(os.path.join(aside, "modules"))
    for package in packages:
        archive = apt.download(package, row.architecture)
        for path, data in _files(archive, release, row.modules):
            with open(os.path.join(aside, path), "wb") as file:
                file.write(data)
        os.unlink(archive)
    if not os.path.exists(os.path.join(aside, "image")):
        raise MissingError("no-image", f"{', '.join(packages)}: there is no kernel in them")
    with open(os.path.join(aside, "release"), "w", encoding="ascii") as file:
        file.write(f"{release}\n")
    os.rename(aside, folder)


def _files(archive: str, release: str, modules: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    """Yield what is kept of a kernel's package: its name here and its bytes.

    The image of amd64 is the ELF file that is packed in it: QEMU starts that at once (PVH), while
    the kernel unpacks itself for a second and more.
    """
    import lzma

    from foretell.oracle.guest_image import unpack_image

    images = (f"usr/lib/modules/{release}/vmlinuz", f"boot/vmlinuz-{release}")
    for path, data in read_package(archive, f"looking into the kernel {release}"):
        name = path.rpartition("/")[2]
        module, _, ending = name.partition(".")
        module = module.replace("-", "_")
        if path in images:
            yield "image", unpack_image(data())
        elif module in modules and ending == "ko":
            yield f"modules/{module}.ko", data()
        elif module in modules and ending == "ko.xz":
            yield f"modules/{module}.ko", lzma.decompress(data())


def _compile(parts: GuestParts, architecture: str, path: str, say: Say) -> None:
    """Compile the agent with the compiler of ``guest-tool``, in a root of its own."""
    import shutil
    import tempfile

    say(f"guests: compiling the agent for {architecture}")
    temporary = os.path.join(parts.tool, "tmp")
    os.makedirs(temporary, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=temporary) as scratch:
        shutil.copyfile(_SOURCE, os.path.join(scratch, "agent.c"))
        inside = scratch.removeprefix(parts.tool)
        into = ["chroot", parts.tool]
        if os.geteuid() != 0:
            into = ["unshare", "--map-root-user", *into]
        compiler = [f"{TRIPLETS[architecture]}-gcc-14", "-std=gnu17", "-O2", "-Wall", "-Wextra"]
        files = ["-static", "-s", "-o", f"{inside}/agent", f"{inside}/agent.c"]
        run([*into, *compiler, *files], "compiling agent.c")
        aside = os.path.join(parts.folder, f"{_ASIDE}{os.path.basename(path)}")
        shutil.copy(os.path.join(scratch, "agent"), aside)
    os.rename(aside, path)


def main(arguments: list[str], environment: Mapping[str, str], say: Say) -> int:
    """Build as the command line asks; return the exit status."""
    from argparse import ArgumentParser

    from foretell.oracle.rootfs import oracle_folder

    parser = ArgumentParser(
        prog="python -m foretell.oracle.guest_build",
        description="Fetch QEMU and kernels, to compare predictions about memory with.",
        allow_abbrev=False,
    )
    parser.add_argument("--folder", metavar="DIR", help="default: FORETELL_ORACLE_DIR or the cache")
    parser.add_argument("--mirror", metavar="URI", help="default: from this machine's apt sources")
    parser.add_argument("--kernels", metavar="NAME,...", help="default: all that are known")
    options = parser.parse_args(arguments)
    folder = os.path.abspath(options.folder or oracle_folder(environment))
    try:
        names = options.kernels.split(",") if options.kernels else [row.name for row in KERNELS]
        rows = [find_row(name) for name in names]
        parts = build_guests(folder, rows=rows, mirror=options.mirror, say=say)
    except ForetellError as error:
        say(f"error[{error.code}]: {error}")
        if error.hint:
            say(f"hint: {error.hint}")
        return error.exit_status
    say(f"guests: ready in {folder}, kernels {', '.join(parts.kernels())}")
    return 0


if __name__ == "__main__":
    import sys

    raise SystemExit(main(sys.argv[1:], os.environ, lambda text: print(text, file=sys.stderr)))
