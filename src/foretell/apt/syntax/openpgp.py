"""Which keys are in this file, who signed this, and where does a signed message end?

Reads the frame of OpenPGP data (RFC 9580): clear-signed messages, armour, packets.  Nothing is
verified here: `foretell.apt.trust` asks a real implementation, and takes from here only how a
message is split, and the facts that an explanation names.
"""

from __future__ import annotations

import binascii
import hashlib
import re

from foretell.errors import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Key", "Signature", "dearmour", "read_keys", "read_signatures", "split_message"]

PACKETS_MAX = 100_000
ALGORITHMS = {
    1: "RSA",
    2: "RSA",
    3: "RSA",
    16: "Elgamal",
    17: "DSA",
    18: "ECDH",
    19: "ECDSA",
    22: "EdDSA",
    25: "X25519",
    27: "Ed25519",
    28: "Ed448",
}
HASHES = {
    1: "MD5",
    2: "SHA1",
    3: "RIPEMD160",
    8: "SHA256",
    9: "SHA384",
    10: "SHA512",
    11: "SHA224",
    12: "SHA3-256",
    14: "SHA3-512",
}
# Object identifiers of the curves whose names appear in policies.
_CURVES = {
    "2b2403030208010107": "brainpoolP256r1",
    "2b240303020801010b": "brainpoolP384r1",
    "2b240303020801010d": "brainpoolP512r1",
    "2a8648ce3d030107": "NIST P-256",
    "2b81040022": "NIST P-384",
    "2b81040023": "NIST P-521",
    "2b06010401da470f01": "Ed25519",
}
_BEGIN = b"-----BEGIN PGP SIGNED MESSAGE-----"
_SIGNATURE = b"-----BEGIN PGP SIGNATURE-----"
_END = b"-----END PGP SIGNATURE-----"
_ARMOUR = re.compile(
    rb"^-----BEGIN PGP [A-Z ]+-----[ \t]*\r?\n(?:[^\n]*: [^\n]*\n)*[ \t]*\r?\n"
    rb"([A-Za-z0-9+/=\r\n \t]*?)^(?:=[A-Za-z0-9+/]{4}[ \t]*\r?\n)?-----END PGP",
    re.MULTILINE,
)
_RULE = "a clear-signed message and nothing around it (RFC 9580, section 7)"


class Key:
    """One public key: ``primary`` is its certificate's fingerprint, its own for a primary key.

    Times are in seconds: ``expires`` may be None, ``bound`` is when the oldest of its
    self-signatures was made, 0 without any; ``digests`` are the hashes of these.
    """

    __slots__ = (
        *("algorithm", "bits", "bound", "created", "digests", "expires", "primary", "print"),
        "user",
    )

    def __init__(self, fingerprint: str, algorithm: str, bits: int, created: int) -> None:
        self.print = fingerprint
        self.algorithm = algorithm
        self.bits = bits
        self.created = created
        self.primary = fingerprint
        self.user = ""
        self.expires: int | None = None
        self.bound = 0
        self.digests: list[str] = []

    @property
    def title(self) -> str:
        """Fingerprint and owner."""
        return f"{self.print} ({self.user})" if self.user else self.print


class Signature:
    """What a signature packet says of itself: issuer (fingerprint or key id), hash, dates."""

    __slots__ = ("created", "digest", "expires_after", "issuer", "key_expires_after", "version")

    def __init__(self, version: int, digest: str) -> None:
        self.version = version
        self.digest = digest
        self.issuer = ""
        self.created = 0
        self.expires_after = 0
        self.key_expires_after = 0


def split_message(data: bytes, path: str) -> tuple[bytes, bytes]:
    """Return the signed text and the armoured signatures of a clear-signed message.

    The text is what a detached signature of the text type covers.  Raises `InputError` unless
    ``data`` is exactly one message.
    """
    lines = [line.removesuffix(b"\r") for line in data.split(b"\n")]
    if lines[0] != _BEGIN:
        raise _broken("file does not begin with a clear-signed message", path, 1)
    if lines[-1] == b"":
        lines.pop()
    try:
        start = lines.index(b"") + 1
        end = lines.index(_SIGNATURE, start)
    except ValueError:
        raise _broken("clear-signed message has no signature", path, len(lines)) from None
    for number, line in enumerate(lines[1 : start - 1], 2):
        if b": " not in line:
            raise _broken("clear-signed message has a bad header", path, number)
    inside = False
    for number, line in enumerate(lines[end:], end + 1):
        if line == _SIGNATURE and not inside:
            inside = True
        elif line == _END and inside:
            inside = False
        elif not inside or line.startswith(b"-----"):
            raise _broken("something follows the clear-signed message", path, number)
    if inside:
        raise _broken("signature ends too early", path, len(lines))
    text = []
    for number, line in enumerate(lines[start:end], start + 1):
        if line.startswith(b"-") and not line.startswith(b"- "):
            raise _broken("line of the signed text is not escaped", path, number)
        text.append(line.removeprefix(b"- ").rstrip(b" \t\r"))  # blanks there are not signed
    return b"\n".join(text), b"\n".join(lines[end:]) + b"\n"


def _broken(message: str, path: str, line: int) -> InputError:
    return InputError(
        "bad-clearsigned",
        message,
        path=path,
        line=line,
        rule=_RULE,
        hint="does the network want a login first?",
    )


def dearmour(data: bytes) -> bytes:
    """Return the packets in the first armoured block, or ``data`` itself when it has none."""
    match = _ARMOUR.search(data)
    if match is None:
        return b"" if b"-----BEGIN PGP" in data else data
    try:
        return binascii.a2b_base64(match[1])
    except binascii.Error:
        return b""


def packets(data: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Yield (tag, body, whole packet) until the data end or are not OpenPGP any more."""
    at = 0
    for _ in range(PACKETS_MAX):
        if at + 2 > len(data) or not data[at] & 0x80:
            return
        start = at
        head, first = data[at], data[at + 1]
        if head & 0x40:
            tag, at = head & 0x3F, at + 2
            if first < 192:
                length = first
            elif first < 224:
                length = (first - 192 << 8) + int.from_bytes(data[at : at + 1], "big") + 192
                at += 1
            elif first == 255:
                length = int.from_bytes(data[at : at + 4], "big")
                at += 4
            else:  # partial lengths are for data, not for keys and signatures
                return
        else:
            if head & 3 == 3:
                return
            size = 1 << (head & 3)
            tag, length = head >> 2 & 0xF, int.from_bytes(data[at + 1 : at + 1 + size], "big")
            at += 1 + size
        if at + length > len(data):
            return
        yield tag, data[at : at + length], data[start : at + length]
        at += length


def read_keys(data: bytes) -> list[Key]:
    """Return the keys and subkeys of a keyring, armoured or not."""
    found: list[Key] = []
    primary: Key | None = None
    for tag, body, _ in packets(dearmour(data)):
        if tag in {6, 14}:
            key = _key(body)
            if key is None:
                continue
            if tag == 6:
                primary = key
            elif primary is not None:
                key.primary, key.user = primary.print, primary.user
            found.append(key)
        elif tag == 13 and primary is not None and not primary.user:
            primary.user = body.decode("utf-8", "replace")
        elif tag == 2 and found and primary is not None:
            signature = _signature(body)
            if signature is not None and primary.print.endswith(signature.issuer):
                found[-1].digests.append(signature.digest)
                dates = (found[-1].bound or signature.created, signature.created)
                found[-1].bound = min(dates)
                if signature.key_expires_after:
                    found[-1].expires = found[-1].created + signature.key_expires_after
    return found


def read_signatures(data: bytes) -> list[Signature]:
    """Return what the signatures of the first armoured block say of themselves."""
    found = [_signature(body) for tag, body, _ in packets(dearmour(data)) if tag == 2]
    return [signature for signature in found if signature is not None]


def _key(body: bytes) -> Key | None:
    if len(body) < 12:
        return None
    if body[0] == 4:
        digest = hashlib.sha1(b"\x99" + len(body).to_bytes(2, "big") + body, usedforsecurity=False)
        fields = body[6:]
    elif body[0] == 6:
        digest = hashlib.sha256(b"\x9b" + len(body).to_bytes(4, "big") + body)
        fields = body[10:]
    else:
        return None
    number = body[5]
    algorithm = ALGORITHMS.get(number, f"algorithm {number}")
    bits = 0
    if number in {1, 2, 3, 16, 17}:
        bits = int.from_bytes(fields[:2], "big")
    elif number in {18, 19, 22} and fields:
        oid = fields[1 : 1 + fields[0]].hex()
        algorithm = _CURVES.get(oid, algorithm)
    created = int.from_bytes(body[1:5], "big")
    return Key(digest.hexdigest().upper(), algorithm, bits, created)


def _signature(body: bytes) -> Signature | None:
    if len(body) < 19:
        return None
    if body[0] == 3:
        signature = Signature(3, HASHES.get(body[16], str(body[16])))
        signature.created = int.from_bytes(body[3:7], "big")
        signature.issuer = body[7:15].hex().upper()
        return signature
    if body[0] not in {4, 6}:
        return None
    signature = Signature(body[0], HASHES.get(body[3], str(body[3])))
    width = 4 if body[0] == 6 else 2
    at = 4
    for hashed in (True, False):
        end = at + width + int.from_bytes(body[at : at + width], "big")
        at += width
        while at < min(end, len(body)):
            kind, value, at = _subpacket(body, at)
            _take(signature, kind, value, hashed=hashed)
        at = end
    return signature


def _subpacket(body: bytes, at: int) -> tuple[int, bytes, int]:
    """Return type, value and end of the subpacket at ``at``."""
    length = body[at]
    at += 1
    if length == 255:
        length = int.from_bytes(body[at : at + 4], "big")
        at += 4
    elif length >= 192:
        length = (length - 192 << 8) + int.from_bytes(body[at : at + 1], "big") + 192
        at += 1
    end = at + max(length, 1)
    kind = body[at] & 0x7F if at < len(body) else 0
    return kind, body[at + 1 : end], end


def _take(signature: Signature, kind: int, value: bytes, *, hashed: bool) -> None:
    if kind == 33 and len(value) > 1:
        signature.issuer = value[1:].hex().upper()
    elif kind == 16 and not signature.issuer:
        signature.issuer = value.hex().upper()
    elif hashed and kind == 2:
        signature.created = int.from_bytes(value, "big")
    elif hashed and kind == 3:
        signature.expires_after = int.from_bytes(value, "big")
    elif hashed and kind == 9:
        signature.key_expires_after = int.from_bytes(value, "big")
