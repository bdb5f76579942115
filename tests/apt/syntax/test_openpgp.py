"""Is a signed message split as apt splits it, and is a file's frame read rightly?"""

from __future__ import annotations

import pytest

from foretell.apt.syntax.openpgp import dearmour, read_keys, split_message
from foretell.errors import InputError

HEAD = b"-----BEGIN PGP SIGNED MESSAGE-----\n"
SIGNATURE = b"-----BEGIN PGP SIGNATURE-----\n\nx\n-----END PGP SIGNATURE-----\n"


def test_text_and_signature():
    data = HEAD + b"Hash: SHA256\n\na: b\n- -dash\ntrail \t\n" + SIGNATURE
    assert split_message(data, "f") == (b"a: b\n-dash\ntrail", SIGNATURE)


@pytest.mark.parametrize(
    "data",
    [
        HEAD + b"\na: b\n" + SIGNATURE,
        (HEAD + b"\na: b\n" + SIGNATURE).replace(b"\n", b"\r\n"),
        HEAD + b"Comment: x\n\na: b\n" + SIGNATURE,
        HEAD + b"\na: b\n" + SIGNATURE[:-1],
    ],
)
def test_accepted(data):
    assert split_message(data, "f")[0] == b"a: b"


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"", 1),
        (b"a: b\n", 1),
        (b"\n" + HEAD + b"\na: b\n" + SIGNATURE, 1),
        (HEAD + b"junk\n\na: b\n" + SIGNATURE, 2),
        (HEAD + b"\na: b\n", 3),
        (HEAD + b"\n-a: b\n" + SIGNATURE, 3),
        (HEAD + b"\na: b\n" + SIGNATURE + b"c: d\n", 8),
        (HEAD + b"\na: b\n" + SIGNATURE + b"\n", 8),
        (HEAD + b"\na: b\n" + SIGNATURE[:-10], 7),
        ((HEAD + b"\na: b\n" + SIGNATURE) * 2, 8),
    ],
)
def test_refused_with_its_line(data, line):
    with pytest.raises(InputError) as caught:
        split_message(data, "f")
    assert (caught.value.code, caught.value.line) == ("bad-clearsigned", line)


def test_broken_armour_holds_nothing():
    assert dearmour(b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n!!\n") == b""
    assert read_keys(b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nxg==\n") == []
