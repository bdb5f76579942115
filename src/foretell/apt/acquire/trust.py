"""Is this Release file signed by somebody whom the source trusts, and if not, what mends it?

The signature itself is verified by a `Verifier`: the ``sqv`` program where there is one, as apt
does it and with apt's policy, else pysequoia.  Here is what surrounds it: which keys count, what
to make of the verifier's words, and the error that names key, algorithm and date.
Sources: apt-secure(8), sources.list(5), experiments with apt 3.0 (docs/concepts/trust.md).
"""

from __future__ import annotations

import re
import time

from foretell.apt.acquire.keyrings import find_key, signers_of
from foretell.apt.syntax.openpgp import read_keys, read_signatures, split_message
from foretell.errors import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

    from foretell.apt.acquire.keyrings import Trust
    from foretell.apt.syntax.configuration import Configuration
    from foretell.apt.syntax.openpgp import Key, Signature

    class Verifier(Protocol):
        """What verifies a detached signature."""

        name: str

        def verify(
            self, data: bytes, signature: bytes, trust: Trust, *, now: float
        ) -> tuple[list[str], list[str]]:
            """Return primary fingerprints of good signers (upper case), and complaints.

            A complaint is in the words of sqv: what is wrong with one signature.
            """
            ...


__all__ = ["YEAR_S", "Verified", "split_detached", "verify_release"]

YEAR_S = 365 * 86400
_DETACHED = re.compile(
    rb"(?:-----BEGIN PGP SIGNATURE-----\r?\n(?:[^-\n].*\n|\n)*"
    rb"-----END PGP SIGNATURE-----[ \t\r]*\n?)+"
)
_MISSING = re.compile(r"Missing key ([0-9A-Fa-f]+)")
_KEY = re.compile(r"Signing key on ([0-9A-Fa-f]+) is (not bound|bad)")
_SECURE = re.compile(r": ([^:]+?) is not considered secure since (\d{4}-\d\d-\d\d)")
_EXPIRED = re.compile(r"Expired on (\S+)")
_NOT_LIVE = re.compile(r"Not live until (\S+)")
_OWNER = "only the archive's owner can mend that"
_LESS_TELLING = {"unknown-key": 1, "bad-signature": 2}


class Verified:
    """A Release file's text, who signed it, and what will be wrong with that in a year."""

    __slots__ = ("signers", "text", "warnings")

    def __init__(self, text: bytes, signers: list[str], warnings: list[str]) -> None:
        self.text = text
        self.signers = signers
        self.warnings = warnings


def split_detached(data: bytes, path: str) -> bytes:
    """Return an armoured detached signature; raises `InputError` for anything else."""
    if not _DETACHED.fullmatch(data):
        what = "in binary form" if data[:1] >= b"\x80" else "no signature"
        raise InputError(
            "bad-signature-file",
            f"detached signature is {what}",
            path=path,
            rule="Release.gpg is one armoured signature (apt-secure(8))",
            hint="does the network want a login first? Else the archive's owner has to mend it",
        )
    return data


def verify_release(
    data: bytes,
    signature: bytes | None,
    *,
    path: str,
    signed_by: str,
    configuration: Configuration,
    verifier: Verifier,
    now: float,
) -> Verified:
    """Return the verified text of an InRelease file, or of Release with its ``signature``.

    ``path`` is for messages.  Raises `InputError` when it is not to be trusted.
    """
    if signature is None:
        text, signature = split_message(data, path)
    else:
        text, signature = data, split_detached(signature, path)
    trust = signers_of(signed_by, configuration)
    case = _Case(path, signature, signed_by, trust, configuration)
    if trust.is_empty:
        raise case.no_keys()
    for _ in trust.rings():  # a broken one is named before anything is verified
        pass
    signers, old = verifier.verify(text, signature, trust, now=now)
    if not signers:
        raise case.refuse(old)
    allowed = [it for it in signers if not trust.fingerprints or it in trust.fingerprints]
    if not allowed:
        raise case.wrong_signer(signers)
    later, objections = verifier.verify(text, signature, trust, now=now + YEAR_S)
    if any(it in later for it in allowed):
        return Verified(text, allowed, [])
    reason = _end([it for it in objections if it not in old], allowed) or "the policy changes"
    return Verified(text, allowed, [f"signature will be rejected within a year: {reason}"])


class _Case:
    """What is known about one failed verification."""

    def __init__(
        self,
        path: str,
        signature: bytes,
        signed_by: str,
        trust: Trust,
        configuration: Configuration,
    ) -> None:
        self.path = path
        self.files = [it for it in signed_by.replace(",", " ").split() if it.startswith("/")]
        self.trust = trust
        self.root = configuration.root
        self.signatures: list[Signature] = read_signatures(signature)
        self._keys: dict[str, Key] | None = None

    def keys(self) -> dict[str, Key]:
        """The keys that count, by fingerprint."""
        if self._keys is None:
            self._keys = {
                key.print: key for _, data in self.trust.rings() for key in read_keys(data)
            }
        return self._keys

    def title(self, fingerprint: str) -> str:
        """Fingerprint with its owner, if the keyrings tell."""
        key = self.keys().get(fingerprint.upper())
        return key.title if key is not None else fingerprint.upper()

    def place(self) -> str:
        """Say where the trusted keys come from."""
        if self.trust.embedded:
            return "the key in the source's Signed-By"
        return ", ".join(self.trust.paths)

    def error(self, code: str, message: str, hint: str) -> InputError:
        return InputError(
            code,
            message,
            path=self.path,
            rule="a trusted key signs the Release file (apt-secure(8))",
            hint=hint,
        )

    def no_keys(self) -> InputError:
        """There is no keyring at all."""
        issuer = self.signatures[0].issuer if self.signatures else ""
        message = "no key to check the signature with: trusted.gpg.d holds none"
        if self.trust.ignored:
            message += f" ({', '.join(self.trust.ignored)}: not of the kind that its name says)"
        return self.error("no-trusted-keys", message, self.where_to_get(issuer))

    def where_to_get(self, issuer: str) -> str:
        """Say how the source comes to trust the key ``issuer``."""
        found = find_key(issuer, self.root) if issuer else None
        if found is not None:
            path, key = found
            return f'{path} has {key.title}: if you trust it, write "Signed-By: {path}"'
        return (
            "get the key from the archive's owner, put it into /etc/apt/keyrings/NAME.asc "
            'and write "Signed-By: /etc/apt/keyrings/NAME.asc"'
        )

    def wrong_signer(self, signers: list[str]) -> InputError:
        """The signature is good, but of a key that Signed-By does not name."""
        who = ", ".join(map(self.title, signers))
        wanted = ", ".join(self.trust.fingerprints)
        own = {key.print for key in self.keys().values() if key.primary in signers}
        line = f'"Signed-By: {", ".join([*self.files, signers[0]])}"'
        if own.isdisjoint(it.rstrip("!") for it in self.trust.fingerprints):
            hint = f"if that key is meant, write {line}"
        else:
            hint = f'write the fingerprint of the primary key, without "!": {line}'
        return self.error("wrong-signer", f"signed by {who}, but Signed-By wants {wanted}", hint)

    def refuse(self, complaints: list[str]) -> InputError:
        """Turn the verifier's words into one error: the most telling signature's."""
        found = [self.explain(complaint) for complaint in complaints]
        if found:
            return min(found, key=lambda error: _LESS_TELLING.get(error.code, 0))
        return self.error("bad-signature", "signature cannot be read", "try again later")

    def explain(self, complaint: str) -> InputError:
        """Return the error for what was said about one signature."""
        if match := _MISSING.search(complaint):
            return self.unknown(match[1].upper())
        renew = f"get the renewed key from the archive's owner and put it into {self.place()}"
        if match := _KEY.search(complaint):
            key = match[1].upper()
            if secure := _SECURE.search(complaint):
                return self.weak_key(key, secure[1], secure[2])
            if "revoked" in complaint:
                return self.error("revoked-key", f"key {self.title(key)} is revoked", renew)
            if expired := _EXPIRED.search(complaint):
                message = f"key {self.title(key)} expired on {_day(expired[1])}"
                return self.error("expired-key", message, renew)
            return self.unbound(key)
        if secure := _SECURE.search(complaint):
            digest = secure[1].upper()
            whose = self.whose(lambda it: digest in {it.digest.upper(), f"VERSION {it.version}"})
            message = f"signature{whose} uses {secure[1]}, which is not secure since {secure[2]}"
            return self.error("weak-signature", message, _OWNER)
        if expired := _EXPIRED.search(complaint):
            day = _day(expired[1])
            whose = self.whose(lambda it: day == _day(_stamp(it.created + it.expires_after)))
            return self.error("expired-signature", f"signature{whose} expired on {day}", _OWNER)
        if live := _NOT_LIVE.search(complaint):
            # sqv tells a time within its tolerance of the clock
            last = max((it.created for it in self.signatures if self.key(it)), default=0)
            whose = self.whose(lambda it: it.created == last)
            return self.error(
                "future-signature",
                f"signature{whose} is from the future: {_stamp(last) if last else live[1]}",
                "is this machine's clock right?",
            )
        if "manipulated" in complaint:
            return self.error(
                "tampered",
                "text is not what was signed: it was changed on its way",
                "try again later or from another mirror; do not trust this copy",
            )
        why = _line(complaint.removeprefix("Verifying signature:"))
        return self.error("bad-signature", f"signature is not good: {why}", _OWNER)

    def key(self, signature: Signature) -> Key | None:
        """Return the key that a signature says it is of, where it counts."""
        keys = self.keys()
        issuer = signature.issuer
        by_id = (key for key in keys.values() if issuer and key.print.endswith(issuer))
        return keys.get(issuer) or next(by_id, None)

    def whose(self, is_meant: Callable[[Signature], bool]) -> str:
        """Say of whose key the signature is that is meant."""
        found = (self.key(it) for it in self.signatures if is_meant(it))
        return next((f" of key {key.title}" for key in found if key is not None), "")

    def unbound(self, primary: str) -> InputError:
        """A key that did not count when it signed, or that does not count at all."""
        for signature in self.signatures:
            key = self.key(signature)
            if key is None or primary not in {key.primary, key.print}:
                continue
            start, signed = max(key.created, key.bound), signature.created
            if signed < start:
                message = f"is valid from {_stamp(start)} on, and signed at {_stamp(signed)}"
                return self.error("unbound-key", f"key {key.title} {message}", _OWNER)
        key = self.keys().get(primary)
        algorithm = f" ({key.algorithm})" if key is not None else ""
        message = f"nothing binds key {self.title(primary)}{algorithm} that can be verified here"
        return self.error("unbound-key", message, _OWNER)

    def unknown(self, issuer: str) -> InputError:
        """The key that signed is in none of the keyrings."""
        return self.error(
            "unknown-key",
            f"signed by key {issuer}, which is not in {self.place()}",
            self.where_to_get(issuer),
        )

    def weak_key(self, key: str, algorithm: str, since: str) -> InputError:
        """A key that the policy does not accept any more."""
        part = "self-signature uses" if "SHA" in algorithm or "MD5" in algorithm else "is"
        return self.error(
            "weak-key",
            f"key {self.title(key)} {part} {algorithm}, which is not secure since {since}",
            "ask the archive's owner for a key that is signed with SHA-256 or newer, and put it "
            f"into {self.place()}; foretell and apt refuse this one",
        )


def _end(objections: list[str], signers: list[str]) -> str:
    """Return why the last of the signers will not count any more."""
    found: list[tuple[str, str]] = []
    for objection in objections:
        if secure := _SECURE.search(objection):
            key = _KEY.search(objection)
            owner = f" (key {key[1].upper()})" if key else ""
            if key is None or key[1].upper() in signers:
                found.append((secure[2], f"{secure[1]} is not accepted from {secure[2]} on{owner}"))
    return max(found)[1] if found else _line(objections[0]) if objections else ""


def _line(text: str) -> str:
    return " ".join(text.split())[:300]


def _stamp(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def _day(stamp: str) -> str:
    """Return the day of a time as sqv writes it."""
    return stamp.partition("T")[0]
