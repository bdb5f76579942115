"""How is a signature verified where there is no sqv program?

By pysequoia, which has Sequoia's own policy of today and takes neither apt's policy file nor
another date.  So the cut-off dates of apt's default policy are enforced here on top of it, for
the signers that it found good, also a year ahead.  What remains different: a policy file of the
administrator is not read, and a self-signature with SHA-1 is never accepted.
"""

from __future__ import annotations

import time

from foretell.apt.syntax.openpgp import dearmour, packets, read_keys, read_signatures
from foretell.errors import MissingError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from foretell.apt.acquire.keyrings import Trust
    from foretell.apt.syntax.openpgp import Key, Signature

__all__ = ["PySequoia"]

# apt 3.0's default policy where it is stricter than Sequoia's: what, and from when it is refused.
CUT_OFFS = {
    "DSA2048": "2024-02-01",
    "DSA3072": "2024-02-01",
    "DSA4096": "2024-02-01",
    "brainpoolP256r1": "2028-02-01",
    "brainpoolP384r1": "2028-02-01",
    "brainpoolP512r1": "2028-02-01",
    "RSA2048": "2030-02-01",
    "SHA224": "2026-02-01",
    "SHA1": "2013-02-01",
    "RIPEMD160": "2013-02-01",
    "MD5": "1997-02-01",
    "version 3": "2026-02-01",
}


class PySequoia:
    """Verifies with pysequoia; raises `MissingError` when it cannot be imported."""

    name = "pysequoia"

    def __init__(self) -> None:
        try:
            import pysequoia
        except ImportError as error:
            raise MissingError(
                "no-verifier",
                f"neither sqv nor pysequoia is here to verify signatures: {error}",
                hint="apt install sqv, or pip install pysequoia",
            ) from None
        self._library = pysequoia

    def verify(
        self, data: bytes, signature: bytes, trust: Trust, *, now: float
    ) -> tuple[list[str], list[str]]:
        """Return good signers and complaints, as `foretell.apt.acquire.trust.Verifier` says."""
        rings = [content for _, content in trust.rings()]
        keys = {key.print: key for ring in rings for key in read_keys(ring)}
        certificates = [
            certificate
            for ring in rings
            for certificate in (self._library.Cert.split_bytes(ring) if ring else [])
        ]
        raw = [whole for tag, _, whole in packets(dearmour(signature)) if tag == 2]
        signers: list[str] = []
        complaints: list[str] = []
        for packet in raw:
            facts = next(iter(read_signatures(packet)), None)
            if facts is None:
                complaints.append("Verifying signature: Malformed packet: unknown version")
                continue
            key = keys.get(facts.issuer) or _by_id(keys, facts.issuer)
            objection = _objection(facts, key, now)
            if objection:
                complaints.append(objection)
                continue
            try:
                found = self._library.verify(
                    data,
                    store=lambda _: certificates,
                    signature=self._library.Sig.from_bytes(packet),
                )
            except (RuntimeError, ValueError) as error:
                complaints.append(self._reason(str(error), facts, key, certificates, now))
                continue
            signers += [str(valid.certificate).upper() for valid in found.valid_sigs]
        return list(dict.fromkeys(signers)), complaints

    def _reason(
        self,
        message: str,
        facts: Signature,
        key: Key | None,
        certificates: Sequence[Any],
        now: float,
    ) -> str:
        """Return why a signature is not good, in the words that sqv has for it."""
        assert key is not None
        for certificate in certificates:
            if str(certificate.fingerprint).upper() != key.primary:
                continue
            try:
                if certificate.is_revoked:
                    return f"Signing key on {key.primary} is bad: certificate is revoked"
                certificate.expiration  # noqa: B018 - asks the policy
            except RuntimeError as error:
                cause = str(error).partition("Stack backtrace")[0].split()
                text = " ".join(cause).replace("1: ", "because: ").replace("0: ", "because: ")
                return f"Signing key on {key.primary} is not bound: because: {text}"
        if key.expires is not None and facts.created > key.expires:
            return f"Signing key on {key.print} is bad: Expired on {_stamp(key.expires)}"
        if facts.created > now:
            return f"Verifying signature: Not live until {_stamp(facts.created)}"
        if facts.expires_after and facts.created + facts.expires_after < now:
            return f"Verifying signature: Expired on {_stamp(facts.created + facts.expires_after)}"
        if facts.created < max(key.created, key.bound):
            return f"Signing key on {key.print} is not bound: No binding signature"
        if "no valid signatures" in message:
            return "Verifying signature: Message has been manipulated"
        return f"Verifying signature: {message.partition('Stack backtrace')[0].strip()}"


def _by_id(keys: dict[str, Key], issuer: str) -> Key | None:
    return next((key for key in keys.values() if issuer and key.print.endswith(issuer)), None)


def _objection(facts: Signature, key: Key | None, now: float) -> str:
    """Return what apt's policy has against a signature, before anything is computed."""
    if key is None:
        return f"Missing key {facts.issuer}, which is needed to verify signature."
    today = time.strftime("%Y-%m-%d", time.gmtime(now))
    for what in (facts.digest, f"version {facts.version}"):
        if what in CUT_OFFS and today >= CUT_OFFS[what]:
            return (
                f"Verifying signature: because: {what} is not considered secure "
                f"since {CUT_OFFS[what]}"
            )
    algorithm = f"{key.algorithm}{key.bits}" if key.bits else key.algorithm
    if algorithm in CUT_OFFS and today >= CUT_OFFS[algorithm]:
        return (
            f"Signing key on {key.primary} is not bound: because: {algorithm} is not "
            f"considered secure since {CUT_OFFS[algorithm]}"
        )
    return ""


def _stamp(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
