"""Is the kernel taken out of its image, and is the first file system one that a kernel reads?"""

from __future__ import annotations

import struct

import pytest
import zstandard

from foretell.errors import InputError
from foretell.oracle.guest_image import make_initramfs, unpack_image

ELF = b"\x7fELF" + bytes(1000)


def make_image(packed: bytes) -> bytes:
    image = bytearray(1024)
    image[0x1F1] = 1
    image[0x202:0x206] = b"HdrS"
    struct.pack_into("<II", image, 0x248, 16, len(packed))
    return bytes(image) + bytes(16) + packed + b"after"


def test_kernel_is_unpacked():
    assert unpack_image(make_image(zstandard.compress(ELF) + struct.pack("<I", len(ELF)))) == ELF


@pytest.mark.parametrize("image", [b"", b"MZ" + bytes(2000), make_image(b"\x1f\x8bgzip")])
def test_other_images_stay_as_they_are(image):
    assert unpack_image(image) == image


@pytest.mark.parametrize(
    "packed", [zstandard.compress(ELF)[:-9], zstandard.compress(b"MZ"), b"\x28\xb5\x2f\xfd"]
)
def test_broken_kernel_is_an_error(packed):
    with pytest.raises(InputError) as caught:
        unpack_image(make_image(packed))
    assert caught.value.code == "bad-kernel"


def read_newc(data):
    """Yield (name, mode, bytes) of each entry, as cpio(5) describes the format."""
    at = 0
    while True:
        fields = [int(data[at + 6 + 8 * i : at + 14 + 8 * i], 16) for i in range(13)]
        assert data[at : at + 6] == b"070701"
        mode, size, name_size = fields[1], fields[6], fields[11]
        name = data[at + 110 : at + 109 + name_size].decode()
        start = (at + 110 + name_size + 3) // 4 * 4
        if name == "TRAILER!!!":
            return
        yield name, mode, data[start : start + size]
        at = (start + size + 3) // 4 * 4


def test_initramfs_holds_what_it_shall():
    data = make_initramfs(b"program", {"modules/a.ko": b"module"})
    assert list(read_newc(data)) == [
        ("init", 0o100755, b"program"),
        *((name, 0o40755, b"") for name in ("dev", "modules", "proc", "sys")),
        ("dev/console", 0o20600, b""),
        ("modules/a.ko", 0o100755, b"module"),
    ]
