"""How are a kernel image taken apart and a first file system put together?

`unpack_image` finds the ELF file in an amd64 kernel (Documentation/arch/x86/boot.rst: setup_sects
at 0x1f1, "HdrS" at 0x202, payload_offset and payload_length at 0x248); other images stay as they
are.  `make_initramfs` writes the "newc" format of cpio(5), so that no program is needed for it and
a device needs no root.
"""

from __future__ import annotations

import struct

from foretell.errors import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["make_initramfs", "unpack_image"]

_IMAGE_BYTES_MAX = 512 << 20
_FOLDER = 0o40755
_PROGRAM = 0o100755
_CONSOLE = 0o20600


def unpack_image(image: bytes) -> bytes:
    """Return the ELF file in an amd64 kernel packed with zstd; another image as it is.

    Raises `InputError` for one that is cut off or broken.
    """
    if image[0x202:0x206] != b"HdrS":
        return image
    offset, length = struct.unpack_from("<II", image, 0x248)
    start = ((image[0x1F1] or 4) + 1) * 512 + offset
    packed = image[start : start + length]
    if not packed.startswith(b"\x28\xb5\x2f\xfd"):
        return image
    import zstandard

    try:
        kernel = zstandard.ZstdDecompressor().decompress(
            packed, max_output_size=_IMAGE_BYTES_MAX, allow_extra_data=True
        )
    except zstandard.ZstdError as error:
        raise InputError("bad-kernel", f"the kernel cannot be unpacked: {error}") from None
    if not kernel.startswith(b"\x7fELF"):
        raise InputError("bad-kernel", "what is packed in the kernel is no ELF file")
    return kernel


def make_initramfs(init: bytes, files: Mapping[str, bytes]) -> bytes:
    """Return a first file system with the program ``init`` and files below existing folders."""
    entries: list[tuple[str, int, bytes]] = [("init", _PROGRAM, init)]
    folders = {"dev", "proc", "sys"} | {name.rpartition("/")[0] for name in files} - {""}
    entries += [(name, _FOLDER, b"") for name in sorted(folders)]
    entries += [("dev/console", _CONSOLE, b"")]
    entries += [(name, _PROGRAM, data) for name, data in sorted(files.items())]
    entries += [("TRAILER!!!", 0, b"")]
    return b"".join(_entry(at, *entry) for at, entry in enumerate(entries, 1))


def _entry(number: int, name: str, mode: int, data: bytes) -> bytes:
    path = name.encode() + b"\0"
    device = (5, 1) if mode == _CONSOLE else (0, 0)
    fields = (number, mode, 0, 0, 1, 0, len(data), 0, 0, *device, len(path), 0)
    header = b"070701" + b"".join(b"%08X" % field for field in fields) + path
    return _pad(header) + _pad(data)


def _pad(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % 4)
