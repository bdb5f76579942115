"""Which index belongs to these package lists, if they are those that it was made of?

A *memo* remembers it for files that have not changed since: device, inode, size and both times.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "FORMAT",
    "MEMO_BYTES_MAX",
    "encode_memo",
    "find_inputs",
    "has_index",
    "index_path",
    "memo_name",
    "read_memo",
]

FORMAT = 14  # of the index
MEMO_BYTES_MAX = 1 << 20
_MEMO_MAGIC = b"foretell-apt-memo 3\n"
_PRIME = (1 << 61) - 1


def has_index(paths: Sequence[str], architectures: str, folder: str) -> bool:
    """Say whether there is an index of these lists, which then break no rule."""
    key = read_memo(folder, find_inputs(paths, architectures))
    return key is not None and os.path.exists(index_path(folder, key))


def index_path(folder: str, key: bytes) -> str:
    """Return where the index of ``key`` is kept."""
    return os.path.join(folder, key.hex() + ".index")


def find_inputs(paths: Sequence[str], architectures: str) -> bytes:
    """Return a text that is another one when a list has changed."""
    rows = [f"{FORMAT} {architectures}"]
    for path in paths:
        info = os.stat(path)
        facts = (
            os.path.abspath(path),
            info.st_dev,
            info.st_ino,
            info.st_size,
            info.st_mtime_ns,
            info.st_ctime_ns,
        )
        rows.append(repr(facts))
    return "\n".join(rows).encode("utf-8", "surrogateescape")


def memo_name(inputs: bytes) -> str:
    """Return the name of the file about these inputs; others may have the same one."""
    return f"{int.from_bytes(inputs, 'little') % _PRIME:016x}.memo"


def encode_memo(key: bytes, inputs: bytes) -> bytes:
    """Return what is kept about these inputs; the key is there twice, to show damage."""
    return b"".join((_MEMO_MAGIC, key, key, inputs))


def read_memo(folder: str, inputs: bytes) -> bytes | None:
    """Return the key of these inputs, if it is known."""
    try:
        with open(os.path.join(folder, memo_name(inputs)), "rb") as file:
            text = file.read(MEMO_BYTES_MAX)
    except OSError:
        return None
    key = text[len(_MEMO_MAGIC) : len(_MEMO_MAGIC) + 32]
    return key if text == encode_memo(key, inputs) else None
