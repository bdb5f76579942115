"""Which keys and signatures are drawn from?  Made once in a session: gpg is slow.

All signatures are of `TEXT`.  ``CERTIFICATES`` that are not good any more have a mended form.
"""

from __future__ import annotations

import atexit
import time
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from foretell.apt.syntax.openpgp import dearmour, read_keys
from tests.apt.trust_cases import DAY, UNREADABLE, KeyChest

if TYPE_CHECKING:
    from collections.abc import Iterable

TEXT = b"Origin: Lab\nSuite: stable\nLast: line"
# Key, how long ago it signed in days, options of gpg.
SIGNATURES: dict[str, tuple[str, float, tuple[str, ...]]] = {
    "good": ("good", 0, ()),
    "good-sha1": ("good", 0, ("--digest-algo", "SHA1")),
    "good-future": ("good", -2, ()),
    "good-before-birth": ("good", 30, ("--ignore-time-conflict",)),
    "other": ("other", 0, ()),
    "past": ("past", 390, ()),
    "mayfly": ("mayfly", 0, ()),
    "late-expired": ("late", 3, ("--default-sig-expire", "1d")),
    "late": ("late", 3, ()),
    "parent": ("parent", 0, ()),
    "stale": ("stale", 390, ()),
    "rebound": ("rebound", 390, ()),  # its subkey got another binding after it signed
    "hash": ("hash", 0, ()),
    "rsa1024": ("rsa1024", 0, ()),
    "rsa2048": ("rsa2048", 0, ()),
    "rsa2048-sha224": ("rsa2048", 0, ("--digest-algo", "SHA224")),
    "rsa2048-ripemd": ("rsa2048", 0, ("--digest-algo", "RIPEMD160")),
    "dsa": ("dsa", 0, ()),
    "nist": ("nist", 0, ()),
    "brainpool": ("brainpool", 0, ()),
    "revoked": ("revoked", 0, ()),
}


class Pool(NamedTuple):
    """Packets of signatures, and certificates, by name; whose key a fingerprint is."""

    signatures: dict[str, bytes]
    certificates: dict[str, bytes]
    mended: dict[str, bytes]
    prints: dict[str, list[str]]  # the primary one first

    def owner(self, issuer: str) -> str:
        """Return the name of the key with this fingerprint or key id."""
        return next(
            name
            for name, known in self.prints.items()
            if any(it.endswith(issuer.upper()) for it in known)
        )

    def ring(self, names: Iterable[str], *, mended: Iterable[str] = ()) -> bytes:
        """Return the certificates of these names as one keyring."""
        forms = self.certificates | {name: self.mended[name] for name in mended}
        return b"".join(forms[name] for name in names)


@cache
def pool() -> Pool:
    """Return the keys of this session."""
    chest = KeyChest()
    atexit.register(chest.close)
    keys, now = chest.keys, chest.now
    born = now - 400 * DAY
    own = {
        "mayfly": keys.make("mayfly", when=born),
        "hash": keys.make("hash", when=born, options=("--cert-digest-algo", "SHA1")),
        "revoked": keys.make("revoked"),
        "rebound": keys.make("rebound", when=born),
    }
    children = {
        "stale": chest.stale_child,
        "rebound": keys.add_subkey(own["rebound"], when=born, expires="30d"),
    }
    named = {name: own.get(name) or getattr(chest, name) for name, _, _ in SIGNATURES.values()}
    signatures = {}
    for name, (key, ago, options) in SIGNATURES.items():
        signer = f"{children[key]}!" if key in children else named[key]
        when = time.time() - ago * DAY if ago else None
        packet = keys.detach(TEXT, signer, when=when, options=("--no-armor", *options))
        signatures[name] = dearmour(packet)
    signatures["unreadable"] = UNREADABLE
    mended = {name: keys.export(named[name]) for name in ("mayfly", "revoked")}
    keys.gpg("--quick-set-expire", named["mayfly"], "30d", when=born + DAY)
    keys.revoke(named["revoked"])
    keys.gpg("--quick-set-expire", named["rebound"], "0", children["rebound"])
    certificates = {name: keys.export(named[name]) for name in named}
    keys.gpg(
        *("--cert-digest-algo", "SHA512", "--quick-set-expire", named["hash"], "9y"),
        when=born + DAY,
    )
    mended["hash"] = keys.export(named["hash"])
    prints = {name: [key.print for key in read_keys(data)] for name, data in certificates.items()}
    return Pool(signatures, certificates, mended, prints)
