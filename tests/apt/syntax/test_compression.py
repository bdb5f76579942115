"""Is compressed content given back whole, or not at all?"""

from __future__ import annotations

import bz2
import gzip
import lzma
import random

import lz4.frame
import pytest
import zstandard

from foretell.apt.syntax.compression import CHUNK_BYTES, kind_of, open_chunks
from foretell.errors import InputError

PACK = {
    "plain": bytes,
    "gzip": gzip.compress,
    "xz": lzma.compress,
    "lzma": lambda data: lzma.compress(data, lzma.FORMAT_ALONE),
    "bzip2": bz2.compress,
    "lz4": lz4.frame.compress,
    "zstd": zstandard.ZstdCompressor(write_checksum=True).compress,
}
CHECKED = ("gzip", "xz", "bzip2", "zstd")
LARGE = random.Random(1).randbytes(300_000) + b"a" * 3_000_000


@pytest.fixture
def write(tmp_path):
    def write(data):
        path = tmp_path / "list"
        path.write_bytes(data)
        return str(path)

    return write


@pytest.mark.parametrize("kind", PACK)
@pytest.mark.parametrize("data", [b"", b"Package: a\n", LARGE])
def test_content_is_given_back_in_bounded_pieces(write, kind, data):
    packed = PACK[kind](data)
    assert not data or kind_of(packed) == kind
    pieces = list(open_chunks(write(packed)))
    assert b"".join(pieces) == data
    assert max(map(len, pieces), default=0) <= 33 * CHUNK_BYTES


@pytest.mark.parametrize("kind", ["gzip", "xz", "bzip2", "lz4", "zstd"])
def test_concatenated_members_are_one_content(write, kind):
    packed = PACK[kind](b"one") + PACK[kind](b"two")
    assert b"".join(open_chunks(write(packed))) == b"onetwo"


@pytest.mark.parametrize("kind", set(PACK) - {"plain"})
def test_truncated_file_is_an_input_error(write, kind):
    path = write(PACK[kind](LARGE)[:-5])
    with pytest.raises(InputError, match=r"ends too early|damaged") as caught:
        list(open_chunks(path))
    assert caught.value.path == path


@pytest.mark.parametrize("kind", CHECKED)
def test_corrupt_file_is_an_input_error(write, kind):
    packed = bytearray(PACK[kind](LARGE))
    packed[len(packed) // 2] ^= 0xFF
    with pytest.raises(InputError):
        list(open_chunks(write(bytes(packed))))


@pytest.mark.parametrize("kind", PACK)
def test_output_is_bounded(write, kind):
    path = write(PACK[kind](LARGE))
    with pytest.raises(InputError, match="more than 1000 bytes"):
        list(open_chunks(path, bytes_max=1000))


def test_garbage_after_the_data_is_an_input_error(write):
    with pytest.raises(InputError, match="damaged"):
        list(open_chunks(write(gzip.compress(b"a") + b"garbage")))


def test_a_missing_file_is_an_os_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        list(open_chunks(str(tmp_path / "nothing")))
