"""What is in this file, whatever it is compressed with?

The kind is told by the first bytes, not by the name: gzip, xz, lzma, bzip2, lz4, zstd or plain.
Input and output are bounded, and a file that ends early or does not unpack is an `InputError`;
nothing of a damaged file is passed on as if it were whole.
"""

from __future__ import annotations

from foretell.errors import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import hashlib
    from collections.abc import Callable, Iterator
    from typing import Protocol

    class _Decompressor(Protocol):
        """The part of the standard library's decompressor objects that is used here."""

        @property
        def eof(self) -> bool: ...
        @property
        def needs_input(self) -> bool: ...
        @property
        def unused_data(self) -> bytes | None: ...
        def decompress(self, data: bytes, max_length: int = ...) -> bytes: ...


__all__ = ["EXTENSIONS", "OUTPUT_BYTES_MAX", "kind_of", "open_chunks"]

OUTPUT_BYTES_MAX = 1 << 30
CHUNK_BYTES = 1 << 20
READ_BYTES = 1 << 16
# zstd has no bound on the output of one call: a piece of this size unpacks to 33 MiB at most
# (a block of 4 bytes holds at most 128 KiB).
ZSTD_READ_BYTES = 1 << 10
ZSTD_WINDOW_BYTES_MAX = 1 << 27
LZMA_BYTES_MAX = 512 << 20
MAGIC_BYTES = 6
# Extension of a compressed list -> kind, in the order of Acquire::CompressionTypes.
EXTENSIONS: dict[str, str] = {
    ".xz": "xz",
    ".bz2": "bzip2",
    ".lzma": "lzma",
    ".gz": "gzip",
    ".lz4": "lz4",
    ".zst": "zstd",
}
_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\x1f\x8b", "gzip"),
    (b"\xfd7zXZ\0", "xz"),
    (b"\x5d\0\0", "lzma"),
    (b"BZh", "bzip2"),
    (b"\x04\x22\x4d\x18", "lz4"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
)


def kind_of(start: bytes) -> str:
    """Return ``gzip``, ``xz``, ``lzma``, ``bzip2``, ``lz4``, ``zstd`` or ``plain``.

    >>> kind_of(b"BZh91AY"), kind_of(b"Package: a")
    ('bzip2', 'plain')
    """
    return next((kind for magic, kind in _MAGIC if start.startswith(magic)), "plain")


def open_chunks(
    path: str, *, bytes_max: int = OUTPUT_BYTES_MAX, digest: hashlib._Hash | None = None
) -> Iterator[bytes]:
    """Yield the unpacked content of the file at ``path`` in pieces of bounded size.

    ``digest`` is fed the file's own bytes, all of them when the pieces are taken to the end.
    Raises ``OSError`` when the file cannot be read and `InputError` when it is truncated, is
    damaged or unpacks to more than ``bytes_max`` bytes.
    """
    total = 0
    with open(path, "rb", buffering=0) as file:
        start = file.read(MAGIC_BYTES)
        kind = kind_of(start)
        file.seek(0)

        def read(count: int) -> bytes:
            data = file.read(count)
            if digest is not None:
                digest.update(data)
            return data

        pieces = _plain(read) if kind == "plain" else _unpack(read, kind, path)
        for piece in pieces:
            total += len(piece)
            if total > bytes_max:
                raise InputError(
                    "file-too-long", f"file unpacks to more than {bytes_max} bytes", path=path
                )
            yield piece


def _plain(read: Callable[[int], bytes]) -> Iterator[bytes]:
    while piece := read(CHUNK_BYTES):
        yield piece


def _unpack(read: Callable[[int], bytes], kind: str, path: str) -> Iterator[bytes]:
    """Yield what every compressed member of a file holds, one after the other."""
    make, errors, read_bytes = _tools(kind)
    tool: _Decompressor | None = None
    data = b""
    while True:
        if not data and (tool is None or tool.needs_input):
            data = read(read_bytes)
            if not data:
                break
        if tool is None:
            data = _padding(data) if kind == "xz" else data
            if not data:
                continue
            tool = make()
        try:
            piece = tool.decompress(data, CHUNK_BYTES)
        except errors as error:
            raise InputError(
                "bad-compression", f"{kind} data is damaged: {_reason(error)}", path=path
            ) from None
        data = b""
        if piece:
            yield piece
        if tool.eof:
            data = tool.unused_data or b""
            tool = None
    if tool is not None:
        raise InputError("truncated-file", f"{kind} data ends too early", path=path)


def _padding(data: bytes) -> bytes:
    """Drop the zero bytes that the xz format allows after a stream."""
    return data.lstrip(b"\0")


def _reason(error: BaseException) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]


def _tools(kind: str) -> tuple[Callable[[], _Decompressor], tuple[type[Exception], ...], int]:
    """Return what makes a decompressor, what it raises for bad data, and how much it is fed."""
    if kind == "gzip":
        import zlib

        return _Gzip, (zlib.error,), READ_BYTES
    if kind in {"xz", "lzma"}:
        import lzma

        form = lzma.FORMAT_XZ if kind == "xz" else lzma.FORMAT_ALONE
        return (
            lambda: lzma.LZMADecompressor(form, memlimit=LZMA_BYTES_MAX),
            (lzma.LZMAError,),
            READ_BYTES,
        )
    if kind == "bzip2":
        import bz2

        return bz2.BZ2Decompressor, (OSError, ValueError), READ_BYTES
    if kind == "lz4":
        import lz4.frame

        return lz4.frame.LZ4FrameDecompressor, (RuntimeError,), READ_BYTES
    import zstandard

    return _Zstd, (zstandard.ZstdError,), ZSTD_READ_BYTES


class _Gzip:
    """zlib's decompressor, for one gzip member, behind the protocol of the others."""

    __slots__ = ("_tool",)

    def __init__(self) -> None:
        import zlib

        self._tool = zlib.decompressobj(wbits=31)

    @property
    def eof(self) -> bool:
        return self._tool.eof

    @property
    def needs_input(self) -> bool:
        return not self._tool.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._tool.unused_data

    def decompress(self, data: bytes, max_length: int = 0) -> bytes:
        return self._tool.decompress(self._tool.unconsumed_tail + data, max_length)


class _Zstd:
    """zstandard's decompressor, for one frame, behind the protocol of the others."""

    __slots__ = ("_tool", "needs_input")

    def __init__(self) -> None:
        import zstandard

        maker = zstandard.ZstdDecompressor(max_window_size=ZSTD_WINDOW_BYTES_MAX)
        self._tool = maker.decompressobj()
        self.needs_input = True

    @property
    def eof(self) -> bool:
        return bool(self._tool.eof)

    @property
    def unused_data(self) -> bytes:
        return bytes(self._tool.unused_data)

    def decompress(self, data: bytes, _max_length: int = 0) -> bytes:
        return self._tool.decompress(data)
