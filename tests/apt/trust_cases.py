"""Archives that are signed well, badly or not at all: what foretell and apt have to agree on.

`CASES` maps a name to a function that prepares a `Trial`: an archive, its source's options, keys.
A case of two steps returns a function, which changes the archive after a first update.
"""

# mypy: disable-error-code="func-returns-value,redundant-expr"
from __future__ import annotations

import os
import time

from tests.apt.archive_lab import Archive, Keys, armoured, packages_text, release_date

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Step = Callable[[], None]
    Prepare = Callable[["Trial"], Step | None]

__all__ = ["CASES", "UNREADABLE", "KeyChest", "Trial"]

DAY = 86400.0
UNREADABLE = b"\xc2\x14\x09" + bytes(19)  # a signature of a version that nobody knows
CASES: dict[str, Prepare] = {}


class KeyChest:
    """The keys that the cases sign with, made once."""

    def __init__(self) -> None:
        keys = self.keys = Keys()
        now = self.now = time.time()
        self.good = keys.make("good")
        self.other = keys.make("other")
        self.past = keys.make("past", when=now - 400 * DAY, expires="30d")
        self.late = keys.make("late", when=now - 400 * DAY)
        self.sha1 = keys.make("shaone", options=("--cert-digest-algo", "SHA1"))
        self.rsa1024 = keys.make("short", algorithm="rsa1024")
        self.rsa2048 = keys.make("rsa", algorithm="rsa2048")
        self.dsa = keys.make("dsa", algorithm="dsa2048")
        self.nist = keys.make("nist", algorithm="nistp256")
        self.brainpool = keys.make("brainpool", algorithm="brainpoolP256r1")
        self.parent = keys.make("parent")
        self.child = keys.add_subkey(self.parent)
        self.stale = keys.make("stale", when=now - 400 * DAY)
        self.stale_child = keys.add_subkey(self.stale, when=now - 400 * DAY, expires="30d")

    def close(self) -> None:
        self.keys.close()


class Trial:
    """One archive below ``folder`` and how a root's source refers to it."""

    def __init__(self, chest: KeyChest, folder: str, root: str, name: str) -> None:
        self.chest = chest
        self.keys = chest.keys
        self.archive = Archive(os.path.join(folder, name))
        self.root = root
        self.name = name
        self.suite = "stable"
        self.components = "main"
        self.signer = "good"
        self.fields: dict[str, str] = {}
        self.settings: list[str] = []
        self.trusted("good")
        self.fields["Signed-By"] = self.key_file("good.gpg", chest.good)

    def path(self, name: str) -> str:
        path = os.path.join(self.root, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        return path

    def put(self, name: str, data: bytes) -> str:
        """Write a file of the root; return its path as the root sees it."""
        with open(self.path(name), "wb") as file:
            file.write(data)
        return "/" + name

    def key_file(self, name: str, *fingerprints: str, armor: bool = False) -> str:
        return self.put(f"srv/keys/{name}", self.keys.export(*fingerprints, armor=armor))

    def trusted(self, *names: str, extension: str = ".gpg", armor: bool = False) -> None:
        """Make these the only keys in trusted.gpg.d."""
        folder = self.path("etc/apt/trusted.gpg.d/x")[:-2]
        for entry in os.scandir(folder):
            os.remove(entry.path)
        for name in names:
            data = self.keys.export(getattr(self.chest, name), armor=armor)
            self.put(f"etc/apt/trusted.gpg.d/{name}{extension}", data)

    def sign(self, *names: str, **options: object) -> None:
        signers = [getattr(self.chest, name, name) for name in names]
        self.archive.publish(self.keys, *signers, **options)  # type: ignore[arg-type]

    def sign_text(self, data: bytes, *names: str) -> None:
        """Put a signed file of any content in place of InRelease."""
        self.archive.write("InRelease", self.keys.clear_sign(data, *names))

    def read(self, name: str) -> bytes:
        with open(os.path.join(self.archive.dists, name), "rb") as file:
            return file.read()

    def change(self, name: str, old: bytes, new: bytes) -> None:
        data = self.read(name)
        assert old in data
        self.archive.write(name, data.replace(old, new, 1))

    def field(self, name: str, value: str | None) -> None:
        self.archive.fields[name] = value

    def date(self, field: str, delta: float) -> None:
        self.field(field, release_date(time.time() + delta))

    def stanza(self, uri: str) -> str:
        text = f"Types: deb\nURIs: {uri}/{self.name}\nSuites: {self.suite}\n"
        if self.components:
            text += f"Components: {self.components}\n"
        return text + "".join(f"{name}: {value}\n" for name, value in self.fields.items())


def case(prepare: Prepare) -> Prepare:
    """Add a case under its function's name."""
    CASES[prepare.__name__.strip("_").replace("_", "-")] = prepare
    return prepare


def _simple(name: str, *signers: str, signed_by: str | None = None, **options: object) -> None:
    """Add a case of one signature, with the signers' keys in Signed-By."""

    def prepare(trial: Trial) -> None:
        known = [getattr(trial.chest, it) for it in (signed_by or " ".join(signers)).split()]
        trial.fields["Signed-By"] = trial.key_file(f"{name}.gpg", *known)
        given = dict(options)
        if "ago" in given:
            given["when"] = time.time() - float(given.pop("ago"))  # type: ignore[arg-type]
        trial.sign(*signers, **given)

    CASES[name] = prepare


_simple("clear-signed", "good")
_simple("detached", "good", detached=True)
_simple("two-signers-one-known", "good", "other", signed_by="other")
_simple("two-signers-both-known", "good", "other")
_simple("detached-two-signers-one-known", "good", "other", signed_by="other", detached=True)
_simple("wrong-key", "other", signed_by="good")
_simple("detached-wrong-key", "other", signed_by="good", detached=True)
_simple("expired-key-signed-before", "past", ago=390 * DAY)
_simple("sha1-self-signature", "sha1")
_simple("sha1-self-signature-beside-a-good-one", "sha1", "good")
_simple("sha1-digest", "good", options=("--digest-algo", "SHA1"))
_simple("sha224-digest", "rsa2048", options=("--digest-algo", "SHA224"))
_simple("sha512-digest", "good", options=("--digest-algo", "SHA512"))
_simple("ripemd-digest", "rsa2048", options=("--digest-algo", "RIPEMD160"))
_simple("rsa-1024", "rsa1024")
_simple("rsa-2048", "rsa2048")
_simple("dsa-2048", "dsa")
_simple("nist-p256", "nist")
_simple("brainpool", "brainpool")
_simple("subkey", "parent")
_simple("expired-signature", "late", options=("--default-sig-expire", "1d"), ago=3 * DAY)
_simple("signature-from-the-future", "good", ago=-2 * DAY)
_simple("old-signature-of-a-young-key", "good", ago=30 * DAY, options=("--ignore-time-conflict",))


@case
def _key_expired_before_signing(trial: Trial) -> None:
    keys, born = trial.keys, time.time() - 400 * DAY
    mayfly = keys.make(f"mayfly{time.monotonic_ns()}", when=born)
    trial.sign(mayfly)
    keys.gpg("--quick-set-expire", mayfly, "30d", when=born + DAY)
    trial.fields["Signed-By"] = trial.key_file("expired.gpg", mayfly)


@case
def _subkey_expired(trial: Trial) -> None:
    trial.fields["Signed-By"] = trial.key_file("stale.gpg", trial.chest.stale)
    trial.sign(f"{trial.chest.stale_child}!", when=time.time() - 390 * DAY)


@case
def _revoked_key(trial: Trial) -> None:
    revoked = trial.keys.make(f"revoked{time.monotonic_ns()}")
    trial.sign(revoked)
    trial.keys.revoke(revoked)
    trial.fields["Signed-By"] = trial.key_file("revoked.gpg", revoked)


@case
def _unsigned(trial: Trial) -> None:
    trial.archive.publish()


@case
def _unsigned_but_trusted(trial: Trial) -> None:
    trial.fields["Trusted"] = "yes"
    trial.archive.publish()


@case
def _unsigned_but_allowed(trial: Trial) -> None:
    trial.fields["Allow-Insecure"] = "yes"
    trial.archive.publish()


@case
def _unsigned_but_allowed_by_settings(trial: Trial) -> None:
    trial.settings.append("Acquire::AllowInsecureRepositories=true")
    trial.archive.publish()


@case
def _unsigned_but_allowed_without_signed_by(trial: Trial) -> None:
    trial.fields = {"Allow-Insecure": "yes"}
    trial.archive.publish()


@case
def _unsigned_without_signed_by(trial: Trial) -> None:
    trial.fields = {}
    trial.archive.publish()


@case
def _wrong_key_but_trusted(trial: Trial) -> None:
    trial.fields["Trusted"] = "yes"
    trial.sign("other")


@case
def _wrong_key_but_allowed(trial: Trial) -> None:
    trial.fields["Allow-Insecure"] = "yes"
    trial.sign("other")


@case
def _good_key_but_distrusted(trial: Trial) -> None:
    trial.fields["Trusted"] = "no"
    trial.sign("good")


@case
def _sha1_self_signature_but_trusted(trial: Trial) -> None:
    trial.fields |= {"Trusted": "yes", "Signed-By": trial.key_file("sha1.gpg", trial.chest.sha1)}
    trial.sign("sha1")


@case
def _tampered_text(trial: Trial) -> None:
    trial.sign("good")
    trial.change("InRelease", b"Label: Lab", b"Label: Lob")


@case
def _tampered_text_but_trusted(trial: Trial) -> None:
    trial.fields["Trusted"] = "yes"
    trial.sign("good")
    trial.change("InRelease", b"Label: Lab", b"Label: Lob")


@case
def _tampered_text_but_allowed(trial: Trial) -> None:
    trial.fields["Allow-Insecure"] = "yes"
    trial.sign("good")
    trial.change("InRelease", b"Label: Lab", b"Label: Lob")


@case
def _tampered_detached(trial: Trial) -> None:
    trial.sign("good", detached=True)
    trial.change("Release", b"Label: Lab", b"Label: Lob")


@case
def _tampered_signature(trial: Trial) -> None:
    trial.sign("good")
    body = trial.read("InRelease").rpartition(b"-----BEGIN PGP SIGNATURE-----\n\n")[2]
    at = body.split(b"\n")[1]
    flipped = (b"B" if at[20:21] != b"B" else b"C").join((at[:20], at[21:]))
    trial.change("InRelease", at, flipped)


@case
def _tampered_inrelease_with_good_release(trial: Trial) -> None:
    trial.sign("good", detached=True)
    trial.sign_text(trial.archive.release(), "good@example.org")
    trial.change("InRelease", b"Label: Lab", b"Label: Lob")


@case
def _unknown_inrelease_with_good_release(trial: Trial) -> None:
    trial.sign("good", detached=True)
    trial.sign_text(trial.archive.release(), "other@example.org")


@case
def _binary_detached_signature(trial: Trial) -> None:
    trial.archive.publish()
    data = trial.keys.detach(trial.archive.release(), trial.chest.good, options=())
    trial.archive.write("Release.gpg", data)


@case
def _empty_detached_signature(trial: Trial) -> None:
    trial.archive.publish()
    trial.archive.write("Release.gpg", b"")


@case
def _garbage_detached_signature(trial: Trial) -> None:
    trial.archive.publish()
    trial.archive.write("Release.gpg", b"<html>not here</html>\n")


@case
def _detached_signature_with_text_before(trial: Trial) -> None:
    trial.sign("good", detached=True)
    trial.archive.write("Release.gpg", b"hello\n" + trial.read("Release.gpg"))


@case
def _detached_signature_with_text_after(trial: Trial) -> None:
    trial.sign("good", detached=True)
    trial.archive.write("Release.gpg", trial.read("Release.gpg") + b"hello\n")


@case
def _two_detached_blocks(trial: Trial) -> None:
    trial.sign("other", detached=True)
    first = trial.read("Release.gpg")
    trial.sign("good", detached=True)
    trial.archive.write("Release.gpg", first + trial.read("Release.gpg"))


@case
def _two_detached_blocks_the_first_is_good(trial: Trial) -> None:
    trial.sign("other", detached=True)
    second = trial.read("Release.gpg")
    trial.sign("good", detached=True)
    trial.archive.write("Release.gpg", trial.read("Release.gpg") + second)


@case
def _good_beside_an_unreadable_signature(trial: Trial) -> None:
    trial.archive.publish()
    good = trial.keys.detach(trial.archive.release(), trial.chest.good, options=())
    trial.archive.write("Release.gpg", armoured(UNREADABLE + good))


@case
def _weak_between_an_unreadable_and_an_expired_signature(trial: Trial) -> None:
    """Each has to be judged by what it says itself."""
    keys, chest = trial.keys, trial.chest
    trial.fields["Signed-By"] = trial.key_file("weak.gpg", chest.rsa2048, chest.late)
    trial.archive.publish()
    text, before = trial.archive.release(), time.time() - 3 * DAY
    weak = keys.detach(text, chest.rsa2048, options=("--digest-algo", "SHA224"))
    late = keys.detach(text, chest.late, when=before, options=("--default-sig-expire", "1d"))
    trial.archive.write("Release.gpg", armoured(UNREADABLE + weak + late))


@case
def _signed_before_the_subkey_was_bound(trial: Trial) -> None:
    keys, born = trial.keys, time.time() - 400 * DAY
    owner = keys.make(f"bound{time.monotonic_ns()}", when=born)
    child = keys.add_subkey(owner, when=born, expires="30d")
    trial.sign(f"{child}!", when=born + DAY)
    keys.gpg("--quick-set-expire", owner, "0", child)
    trial.fields["Signed-By"] = trial.key_file("bound.gpg", owner)


@case
def _text_before_the_message(trial: Trial) -> None:
    trial.sign("good")
    trial.archive.write("InRelease", b"Origin: Evil\n" + trial.read("InRelease"))


@case
def _empty_line_before_the_message(trial: Trial) -> None:
    trial.sign("good")
    trial.archive.write("InRelease", b"\n" + trial.read("InRelease"))


@case
def _text_after_the_message(trial: Trial) -> None:
    trial.sign("good")
    trial.archive.write("InRelease", trial.read("InRelease") + b"Origin: Evil\n")


@case
def _empty_line_after_the_message(trial: Trial) -> None:
    trial.sign("good")
    trial.archive.write("InRelease", trial.read("InRelease") + b"\n")


@case
def _two_messages(trial: Trial) -> None:
    trial.sign("good")
    trial.archive.write("InRelease", trial.read("InRelease") * 2)


@case
def _two_signature_blocks(trial: Trial) -> None:
    trial.sign("good")
    data = trial.read("InRelease")
    block = data[data.rindex(b"-----BEGIN PGP SIGNATURE") :]
    trial.archive.write("InRelease", data + block)


@case
def _unknown_armour_header(trial: Trial) -> None:
    trial.sign("good")
    trial.change("InRelease", b"Hash: ", b"Comment: ")


@case
def _no_armour_header(trial: Trial) -> None:
    trial.sign("good")
    data = trial.read("InRelease")
    head = data[data.index(b"Hash: ") : data.index(b"\n\n") + 1]
    trial.archive.write("InRelease", data.replace(head, b"", 1))


@case
def _message_cut_short(trial: Trial) -> None:
    trial.sign("good")
    trial.archive.write("InRelease", trial.read("InRelease")[:-60])


@case
def _message_without_signature(trial: Trial) -> None:
    trial.sign("good")
    data = trial.read("InRelease")
    trial.archive.write("InRelease", data[: data.rindex(b"-----BEGIN PGP SIGNATURE")])


@case
def _plain_inrelease(trial: Trial) -> None:
    trial.archive.publish()
    trial.archive.write("InRelease", trial.archive.release())
    trial.archive.remove("Release")


@case
def _plain_inrelease_but_trusted(trial: Trial) -> None:
    trial.fields["Trusted"] = "yes"
    trial.archive.publish()
    trial.archive.write("InRelease", trial.archive.release())
    trial.archive.remove("Release")


@case
def _html_inrelease(trial: Trial) -> None:
    trial.archive.publish()
    trial.archive.write("InRelease", b"<html><body>log in first</body></html>\n")
    trial.archive.remove("Release")


@case
def _empty_inrelease(trial: Trial) -> None:
    trial.archive.publish()
    trial.archive.write("InRelease", b"")
    trial.archive.remove("Release")


@case
def _crlf_message(trial: Trial) -> None:
    trial.sign("good")
    trial.archive.write("InRelease", trial.read("InRelease").replace(b"\n", b"\r\n"))


@case
def _blanks_at_the_end_of_lines(trial: Trial) -> None:
    trial.archive.publish()
    trial.sign_text(
        trial.archive.release().replace(b"Label: Lab", b"Label: Lab   "), "good@example.org"
    )
    trial.archive.remove("Release")


@case
def _no_release_at_all(trial: Trial) -> None:
    trial.archive.publish()
    trial.archive.remove("Release")


@case
def _no_release_but_trusted(trial: Trial) -> None:
    trial.fields["Trusted"] = "yes"
    trial.archive.publish()
    trial.archive.remove("Release")


@case
def _no_release_but_allowed(trial: Trial) -> None:
    trial.fields["Allow-Insecure"] = "yes"
    trial.archive.publish()
    trial.archive.remove("Release")


# -- where keys are looked for -------------------------------------------------------------------


def _ring(name: str, make: Callable[[Trial], str | None], signer: str = "good") -> None:
    """Add a case that is about Signed-By; None leaves it out."""

    def prepare(trial: Trial) -> None:
        value = make(trial)
        if value is None:
            del trial.fields["Signed-By"]
        else:
            trial.fields["Signed-By"] = value
        trial.sign(signer)

    CASES[name] = prepare


def _embedded(trial: Trial, name: str) -> str:
    text = trial.keys.export(getattr(trial.chest, name), armor=True).decode()
    return "".join(f"\n {line or '.'}" for line in text.rstrip().split("\n"))


def _only(trial: Trial, *names: str, **options: object) -> None:
    trial.trusted(*names, **options)  # type: ignore[arg-type]


_ring("key-in-trusted-parts", lambda trial: _only(trial, "good"))
_ring(
    "armoured-key-in-trusted-parts",
    lambda trial: _only(trial, "good", extension=".asc", armor=True),
)
_ring("no-key-in-trusted-parts", _only)
_ring("wrong-key-in-trusted-parts", lambda trial: _only(trial, "other"))
_ring("odd-name-in-trusted-parts", lambda trial: _only(trial, "good", extension=".key"))
_ring("blank-in-name-in-trusted-parts", lambda trial: _only(trial, "good", extension=" x.gpg"))
_ring("armoured-key-called-gpg", lambda trial: _only(trial, "good", extension=".gpg", armor=True))
_ring("binary-key-called-asc", lambda trial: _only(trial, "good", extension=".asc"))
_ring("two-keys-in-trusted-parts", lambda trial: _only(trial, "other", "good"))
_ring("armoured-signed-by", lambda trial: trial.key_file("good.asc", trial.chest.good, armor=True))
_ring(
    "armoured-signed-by-called-gpg",
    lambda trial: trial.key_file("armoured.gpg", trial.chest.good, armor=True),
)
_ring("binary-signed-by-called-asc", lambda trial: trial.key_file("bin.asc", trial.chest.good))
_ring("signed-by-missing-file", lambda _: "/srv/keys/nowhere.gpg")
_ring("signed-by-empty-file", lambda trial: trial.put("srv/keys/empty.gpg", b""))
_ring("signed-by-html-file", lambda trial: trial.put("srv/keys/html.gpg", b"<html></html>\n"))
_ring(
    "signed-by-two-files",
    lambda trial: (
        f"{trial.key_file('other.gpg', trial.chest.other)}, "
        f"{trial.key_file('good.gpg', trial.chest.good)}"
    ),
)
_ring(
    "signed-by-one-file-of-two-missing",
    lambda trial: f"/srv/keys/nowhere.gpg, {trial.key_file('good.gpg', trial.chest.good)}",
)
_ring(
    "signed-by-two-wrong-files",
    lambda trial: (
        f"{trial.key_file('other.gpg', trial.chest.other)}, "
        f"{trial.key_file('past.gpg', trial.chest.past)}"
    ),
)
_ring("signed-by-fingerprint", lambda trial: _only(trial, "good") or trial.chest.good)
_ring("signed-by-lower-case-fingerprint", lambda trial: trial.chest.good.lower())
_ring("signed-by-key-id", lambda trial: trial.chest.good[-16:])
_ring("signed-by-fingerprint-without-key", lambda trial: _only(trial) or trial.chest.good)
_ring(
    "signed-by-wrong-fingerprint",
    lambda trial: _only(trial, "good", "other") or trial.chest.other,
)
_ring(
    "signed-by-two-fingerprints",
    lambda trial: f"{trial.chest.other}, {trial.chest.good}",
)
_ring(
    "signed-by-fingerprint-and-file",
    lambda trial: f"{trial.chest.good}, {trial.key_file('good.gpg', trial.chest.good)}",
)
_ring(
    "signed-by-wrong-fingerprint-and-file",
    lambda trial: f"{trial.chest.other}, {trial.key_file('good.gpg', trial.chest.good)}",
)
_ring("signed-by-embedded-key", lambda trial: _only(trial) or _embedded(trial, "good"))
_ring("signed-by-wrong-embedded-key", lambda trial: _embedded(trial, "other"))
_ring(
    "primary-fingerprint-of-subkey",
    lambda trial: _only(trial, "parent") or trial.chest.parent,
    "parent",
)
_ring(
    "exact-primary-fingerprint-of-subkey",
    lambda trial: _only(trial, "parent") or f"{trial.chest.parent}!",
    "parent",
)
_ring("subkey-fingerprint", lambda trial: _only(trial, "parent") or trial.chest.child, "parent")
_ring(
    "exact-subkey-fingerprint",
    lambda trial: _only(trial, "parent") or f"{trial.chest.child}!",
    "parent",
)
_ring("exact-fingerprint", lambda trial: f"{trial.chest.good}!")


# -- what the Release file says ------------------------------------------------------------------


def _release(name: str, change: Callable[[Trial], object]) -> None:
    """Add a case of one well signed Release file."""

    def prepare(trial: Trial) -> None:
        change(trial)
        trial.sign("good")

    CASES[name] = prepare


def _with(trial: Trial, *settings: str, **fields: str) -> None:
    trial.settings += settings
    trial.fields |= {name.replace("_", "-"): value for name, value in fields.items()}


_release("date-in-the-future", lambda trial: trial.date("Date", 3600))
_release("date-a-little-in-the-future", lambda trial: trial.date("Date", 5))
_release(
    "date-in-the-future-unchecked",
    lambda trial: (trial.date("Date", 3600), _with(trial, Check_Date="no")),
)
_release(
    "date-in-the-future-allowed",
    lambda trial: (trial.date("Date", 3600), _with(trial, "Acquire::Max-FutureTime=7200")),
)
_release(
    "date-max-future-of-the-source",
    lambda trial: (trial.date("Date", 3600), _with(trial, Date_Max_Future="7200")),
)
_release("no-date", lambda trial: trial.field("Date", None))
_release("date-that-is-none", lambda trial: trial.field("Date", "yesterday"))
_release(
    "date-with-offset",
    lambda trial: trial.field(
        "Date", time.strftime("%a, %d %b %Y %H:%M:%S +0000", time.gmtime(time.time() - 60))
    ),
)
_release(
    "date-with-other-offset",
    lambda trial: trial.field(
        "Date", time.strftime("%a, %d %b %Y %H:%M:%S +0200", time.gmtime(time.time() - 60))
    ),
)
_release("expired", lambda trial: trial.date("Valid-Until", -60))
_release("not-expired", lambda trial: trial.date("Valid-Until", 3600))
_release("valid-until-that-is-none", lambda trial: trial.field("Valid-Until", "never"))
_release(
    "expired-unchecked",
    lambda trial: (trial.date("Valid-Until", -60), _with(trial, Check_Valid_Until="no")),
)
_release(
    "expired-unchecked-by-settings",
    lambda trial: (
        trial.date("Valid-Until", -60),
        _with(trial, "Acquire::Check-Valid-Until=false"),
    ),
)
_release(
    "expired-with-check-date-off",
    lambda trial: (trial.date("Valid-Until", -60), _with(trial, Check_Date="no")),
)
_release(
    "expired-with-minimum",
    lambda trial: (trial.date("Valid-Until", -60), _with(trial, Valid_Until_Min="86400")),
)
_release(
    "expired-with-minimum-by-settings",
    lambda trial: (
        trial.date("Valid-Until", -60),
        _with(trial, "Acquire::Min-ValidTime=86400"),
    ),
)
_release(
    "expired-with-short-minimum",
    lambda trial: (trial.date("Valid-Until", -60), _with(trial, Valid_Until_Min="60")),
)
_release("maximum-exceeded", lambda trial: _with(trial, Valid_Until_Max="600"))
_release("maximum-kept", lambda trial: _with(trial, Valid_Until_Max="86400"))
_release("maximum-exceeded-by-settings", lambda trial: _with(trial, "Acquire::Max-ValidTime=600"))
_release("maximum-of-the-label", lambda trial: _with(trial, "Acquire::Max-ValidTime::Lab=600"))
_release(
    "maximum-of-another-label", lambda trial: _with(trial, "Acquire::Max-ValidTime::Other=600")
)
_release(
    "maximum-before-valid-until",
    lambda trial: (trial.date("Valid-Until", 86400), _with(trial, Valid_Until_Max="600")),
)
_release(
    "maximum-without-date",
    lambda trial: (trial.field("Date", None), _with(trial, Valid_Until_Max="600")),
)


def _tables(trial: Trial, *names: str) -> None:
    trial.archive.tables = names


_release("md5-only", lambda trial: _tables(trial, "MD5Sum"))
_release("sha1-only", lambda trial: _tables(trial, "SHA1"))
_release(
    "md5-only-allowed", lambda trial: (_tables(trial, "MD5Sum"), _with(trial, Allow_Weak="yes"))
)
_release("sha512-only", lambda trial: _tables(trial, "SHA512"))
_release("all-tables", lambda trial: _tables(trial, "MD5Sum", "SHA1", "SHA256", "SHA512"))
_release("no-tables", _tables)
_release("by-hash", lambda trial: setattr(trial.archive, "by_hash", True))
_release("other-names", lambda trial: (trial.field("Suite", "x"), trial.field("Codename", "y")))
_release("no-names", lambda trial: (trial.field("Suite", None), trial.field("Codename", None)))
_release("no-origin", lambda trial: (trial.field("Origin", None), trial.field("Label", None)))
_release("other-architecture", lambda trial: trial.field("Architectures", "arm64"))
_release("no-architectures", lambda trial: trial.field("Architectures", None))
_release("missing-component", lambda trial: setattr(trial, "components", "main extra"))
_release("only-missing-component", lambda trial: setattr(trial, "components", "extra"))
_release("plain-only", lambda trial: setattr(trial.archive, "extensions", ("",)))
_release("gz-only", lambda trial: setattr(trial.archive, "extensions", (".gz",)))
_release("zst-only", lambda trial: setattr(trial.archive, "extensions", (".zst",)))
_release("bz2-only", lambda trial: setattr(trial.archive, "extensions", (".bz2",)))
_release(
    "empty-packages", lambda trial: trial.archive.files.update({"main/binary-amd64/Packages": b""})
)


def _index(name: str, change: Callable[[Trial], object]) -> None:
    """Add a case in which the mirror changes after the Release file was signed."""

    def prepare(trial: Trial) -> None:
        trial.sign("good")
        change(trial)

    CASES[name] = prepare


XZ = "main/binary-amd64/Packages.xz"
PLAIN = "main/binary-amd64/Packages"
_index("index-changed", lambda trial: trial.archive.write(XZ, trial.read(XZ)[:-8] + b"Y" * 8))
_index("index-longer", lambda trial: trial.archive.write(XZ, trial.read(XZ) + b"x"))
_index("index-shorter", lambda trial: trial.archive.write(XZ, trial.read(XZ)[:-1]))
_index("index-missing", lambda trial: trial.archive.remove(XZ))
_index(
    "both-indexes-missing", lambda trial: (trial.archive.remove(XZ), trial.archive.remove(PLAIN))
)


def _again(name: str, change: Callable[[Trial], object]) -> None:
    """Add a case of a second update, after ``change``."""

    def prepare(trial: Trial) -> Step:
        trial.date("Date", -7200)
        trial.sign("good")

        def step() -> None:
            trial.date("Date", -60)
            trial.archive.modified += 600
            trial.archive.files[PLAIN] = packages_text("hello", version="2")
            change(trial)
            trial.sign(trial.signer)

        return step

    CASES[name] = prepare


_again("newer", lambda _: None)
_again("codename-changed", lambda trial: trial.field("Codename", "next"))
_again("suite-changed", lambda trial: trial.field("Suite", "oldstable"))
_again("origin-changed", lambda trial: trial.field("Origin", "Other"))
_again("label-changed", lambda trial: trial.field("Label", "Other"))
_again("version-changed", lambda trial: trial.field("Version", "2.0"))
_again("not-automatic-changed", lambda trial: trial.field("NotAutomatic", "yes"))
_again("automatic-upgrades-changed", lambda trial: trial.field("ButAutomaticUpgrades", "yes"))
_again("origin-gone", lambda trial: trial.field("Origin", None))
_again(
    "codename-changed-and-allowed",
    lambda trial: (
        trial.field("Codename", "next"),
        _with(trial, "Acquire::AllowReleaseInfoChange=true"),
    ),
)
_again(
    "codename-changed-and-allowed-by-name",
    lambda trial: (
        trial.field("Codename", "next"),
        _with(trial, "Acquire::AllowReleaseInfoChange::Codename=true"),
    ),
)
_again(
    "codename-changed-and-allowed-by-source",
    lambda trial: (trial.field("Codename", "next"), _with(trial, Allow_ReleaseInfo_Change="yes")),
)
_again("newer-and-by-another-key", lambda trial: setattr(trial, "signer", "other"))
_again("older", lambda trial: trial.date("Date", -7 * DAY))
_again("date-gone", lambda trial: trial.field("Date", None))
