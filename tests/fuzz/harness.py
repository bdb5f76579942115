"""Does a parser ever do anything but return a result or raise a `ForetellError`?

`check_parser` feeds one input; `mutate` makes broken files out of a good one; a canary in
`test_parsers` proves that another exception would be noticed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import strategies as st

from foretell.errors import ForetellError

if TYPE_CHECKING:
    from collections.abc import Callable


class ParserBrokeError(AssertionError):
    """A parser raised something that is not a `ForetellError`."""


def check_parser(parse: Callable[[bytes], object], data: bytes) -> bool:
    """Parse ``data``; say whether it was accepted.

    Raises `ParserBrokeError` for any exception but a `ForetellError` with a code and a message.
    """
    try:
        parse(data)
    except ForetellError as error:
        if not error.code or not error.message or error.line == 0:
            raise ParserBrokeError(f"error without a code, message or line: {error!r}") from error
        return False
    except Exception as error:
        raise ParserBrokeError(f"{type(error).__name__} for {data!r}") from error
    return True


TELLING = (b"\n", b"\n\n", b" ", b":", b'"', b"{", b"}", b";", b"#", b"/*", b"[", b"]", b"=", b"\0",
           b"\xff", b"\r", b"*", b"(", b"\\", b"-----BEGIN", b"9" * 20)  # fmt: skip


@st.composite
def mutate(draw: st.DrawFn, good: bytes) -> bytes:
    """Return ``good`` after a few cuts, copies, swaps and insertions of telling bytes."""
    data = bytearray(good)
    for _ in range(draw(st.integers(1, 6))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.integers(0, 12)))
        action = draw(st.sampled_from(("cut", "copy", "insert", "raw")))
        if action == "cut":
            del data[start:end]
        elif action == "copy":
            data[start:start] = data[start:end]
        elif action == "insert":
            data[start:start] = draw(st.sampled_from(TELLING))
        else:
            data[start:end] = draw(st.binary(max_size=8))
    return bytes(data)
