"""Is the same said of a signature when only the keys and files that are named are left?

A case is a Release file with one to three signatures, the keyrings of a system and what a source
says about them.  What is named is read from the text of the refusal: fingerprints, files, dates.
"""

from __future__ import annotations

import atexit
import calendar
import os
import re
import shutil
import tempfile
import time
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import pysequoia

from foretell.apt.acquire.trust import verify_release
from foretell.apt.acquire.verify_sequoia import CUT_OFFS, PySequoia
from foretell.apt.sources.signers import find_signer
from foretell.apt.sources.sources import Source, list_file_name
from foretell.apt.syntax.configuration import Configuration, load
from foretell.cli.apt_sqv import Sqv
from foretell.cli.verify_list import list_verifier
from foretell.errors import InputError
from foretell.oracle.sample import Draws
from tests.apt.archive_lab import armoured
from tests.apt.sufficiency.key_pool import SIGNATURES, TEXT, pool
from tests.oracle.real_apt import SQV_POLICY, oracle_or_none, write_sqv

if TYPE_CHECKING:
    from collections.abc import Iterator

    from foretell.apt.acquire.trust import Verifier

    Rings = dict[str, tuple[str, ...]]  # file -> names of the certificates in it

COUNT = 20  # cases of one number
DAY = 86400
PARTS = "/etc/apt/trusted.gpg.d"
SHELVES = ("/etc/apt/keyrings", "/usr/share/keyrings")
GARBAGE = ("garbage",)
UNREADABLE = "unreadable"
BEGIN = b"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n"
SOURCE = Source("deb", "http://a.example.org/", "s", ["main"], {}, "sources.list", 1)
DAYS = ("2029-06-01", "2030-06-01")  # RSA of 2048 bits ends between them
EMBEDDED = "embedded "
FINGERPRINT = "fingerprint "  # of the key of this name, and how it is written
_PRINT = re.compile(r"\b[0-9A-F]{40}\b")
_LATER = re.compile(r"(\S+) is not accepted from (\d{4}-\d\d-\d\d) on(?: \(key ([0-9A-F]{40})\))?")
_WEAK = re.compile(r"(?:is|uses) (\S+), which is not secure since (\d{4}-\d\d-\d\d)")


class Case(NamedTuple):
    """A signed file, and a system that may trust its signers."""

    signatures: tuple[str, ...]
    rings: Rings
    signed_by: tuple[str, ...]  # files, or one of the two words above
    mended: frozenset[str] = frozenset()  # certificates that are there in their mended form
    tampered: bool = False
    detached: bool = False
    later: float = 0  # so many seconds from now

    def owners(self) -> list[str]:
        """Return the names of the keys that signed."""
        return [SIGNATURES[name][0] for name in self.signatures if name != UNREADABLE]


class Verdict(NamedTuple):
    """What is said: nothing but words."""

    code: str  # "" for a file that is trusted
    message: str
    hint: str
    place: str
    signers: tuple[str, ...]
    warnings: tuple[str, ...]

    def is_said_again(self, other: Verdict) -> bool:
        """Say whether another case has the same verdict; what helps may be less there."""
        return self._replace(hint="") == other._replace(hint="")


def cases(seed: int) -> Iterator[tuple[str, str]]:
    """Yield what is wrong about the verdict on each of some signed files."""
    return _cases(seed, PySequoia())


def sqv_cases(seed: int) -> Iterator[tuple[str, str]]:
    """Yield the same where the sqv program verifies, as apt has it do."""
    return _cases(seed, _sqv())


def signer_cases(seed: int) -> Iterator[tuple[str, str]]:
    """Yield what is wrong about the keyring that is named for some downloaded files."""
    draws = Draws(f"signer/{seed}")
    for _ in range(COUNT):
        case = _draw(draws)._replace(later=0, signed_by=())
        found, reason = _signer(case)
        yield f"{case} -> {found or reason}", _signer_fails(case, found)


def _signer(case: Case) -> tuple[str, str]:
    """Return the keyring that is named, and why none."""
    root, text, signature = _lay_out(case)
    name = list_file_name(SOURCE.uri, SOURCE.suite, "", "")
    folder = os.path.join(root, "var/lib/apt/lists")
    os.makedirs(folder)
    files = {name: BEGIN + text + b"\n" + signature}
    if case.detached:
        name = name.removesuffix("InRelease") + "Release"
        files = {name: text, f"{name}.gpg": signature}
    for name, data in files.items():
        with open(os.path.join(folder, name), "wb") as file:
            file.write(data)
    return find_signer(SOURCE, load(root), list_verifier(root, {"FORETELL_SQV": "none"}))


def _signer_fails(case: Case, found: str) -> str:
    verifier = PySequoia()
    new = "/etc/apt/keyrings/new.gpg"
    every = {new: tuple(sorted(pool().certificates))}
    if found:
        if _signer(case._replace(rings={found: case.rings[found]}))[0] != found:
            return "not found alone"
        if (again := ask(case._replace(signed_by=(found,)), verifier)).code:
            return f"it does not help: {again}"
        rest = {path: ring for path, ring in case.rings.items() if path != found}
        return "found without it" if _signer(case._replace(rings=rest))[0] == found else ""
    for path in case.rings:
        is_keyring = path.endswith((".gpg", ".asc"))
        if is_keyring and not ask(case._replace(signed_by=(path,)), verifier).code:
            return f"{path} verifies it"
    more = case._replace(rings=case.rings | every, signed_by=(new,))
    is_good = not ask(more, verifier).code
    return "" if is_good == (_signer(more)[0] == new) else f"{new} verifies it"


@cache
def _sqv() -> Verifier:
    oracle = oracle_or_none()
    assert oracle is not None
    program = os.path.join(tempfile.mkdtemp(prefix="trust"), "sqv")
    atexit.register(shutil.rmtree, os.path.dirname(program), ignore_errors=True)
    write_sqv(oracle, program)
    return Sqv(program, os.path.join(oracle.tool, SQV_POLICY))


def _cases(seed: int, verifier: Verifier) -> Iterator[tuple[str, str]]:
    draws = Draws(f"trust/{seed}")
    for _ in range(COUNT):
        bench = _Bench(verifier, _draw(draws))
        yield f"{bench.case} -> {bench.verdict}", bench.complaint()


# -- cases -------------------------------------------------------------------------------------


def _draw(draws: Draws) -> Case:
    keys = pool()
    later = max(0.0, _time(draws.one(DAYS)) - time.time()) if draws.below(2) else 0.0
    more = ["rsa2048"] * (later > 0 and draws.below(2))
    drawn = draws.some([*SIGNATURES, UNREADABLE], draws.between(1, 3))
    if later:  # another day is one of the policy: what verifies has the clock of the system
        drawn = [name for name in drawn if name != "good-future"]
    signatures = tuple(dict.fromkeys([*drawn, *more])) or (UNREADABLE,)
    names = sorted(keys.certificates)
    owners = [SIGNATURES[it][0] for it in signatures if it != UNREADABLE] or names

    def ring() -> tuple[str, ...]:
        count = draws.between(1, 2)
        found = [draws.one(owners if draws.below(5) < 3 else names) for _ in range(count)]
        return tuple(dict.fromkeys(found)) if draws.below(25) else GARBAGE

    rings: Rings = {}
    for number in range(draws.between(0, 3)):
        kind = draws.one((".gpg", ".gpg", ".asc", ".odd"))
        rings[f"{PARTS}/part{number}{kind}"] = ring()
    for number in range(draws.between(0, 3)):
        rings[f"{draws.one(SHELVES)}/shelf{number}{draws.one(('.gpg', '.asc'))}"] = ring()
    shelved = [path for path in rings if not path.startswith(PARTS)]
    signed_by: tuple[str, ...] = ()
    way = draws.below(10)
    if way < 4 and shelved:
        signed_by = tuple(draws.some(shelved, draws.between(1, 2)))
        signed_by += ("/etc/apt/keyrings/missing.gpg",) * (draws.below(12) == 0)
    elif way == 4:
        signed_by = (EMBEDDED + draws.one([*owners, *owners, *names]),)
    if way > 7:
        for _ in range(draws.between(1, 2)):
            form = draws.one(("0", "0", "lower", "0!", "-1", "-1!"))
            signed_by += (FINGERPRINT + draws.one([*owners, *owners, *names]) + f" {form}",)
        if shelved and draws.below(2):
            signed_by += (draws.one(shelved),)
    flags = (draws.below(8) == 0, draws.below(2) == 0)
    return Case(signatures, rings, signed_by, frozenset(), *flags, later)


def _time(day: str) -> float:
    return calendar.timegm(time.strptime(day, "%Y-%m-%d"))


@cache
def _root() -> str:
    folder = tempfile.mkdtemp(prefix="trust")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _lay_out(case: Case) -> tuple[str, bytes, bytes]:
    """Lay out a root; return it, the text of the Release file and its signature."""
    root = _root()
    for entry in os.scandir(root):
        shutil.rmtree(entry.path)
    for path, names in case.rings.items():
        place = root + path
        os.makedirs(os.path.dirname(place), exist_ok=True)
        with open(place, "wb") as file:
            file.write(_ring(case, path, names))
    text = TEXT.replace(b"Lab", b"Lob") if case.tampered else TEXT
    return root, text, armoured(b"".join(pool().signatures[name] for name in case.signatures))


def ask(case: Case, verifier: Verifier) -> Verdict:
    """Return what is said about a case, in a root that is laid out anew."""
    root, text, signature = _lay_out(case)
    configuration = Configuration(root)
    configuration.set("Dir", "/")
    configuration.set("Dir::Etc", "etc/apt")
    try:
        found = verify_release(
            text if case.detached else BEGIN + text + b"\n" + signature,
            signature if case.detached else None,
            path="Release",
            signed_by=_signed_by(case),
            configuration=configuration,
            verifier=verifier,
            now=time.time() + case.later,
        )
    except InputError as error:
        words = (error.message, error.hint or "", error.path or "")
        message, hint, place = (text.replace(root, "") for text in words)
        return Verdict(error.code, message, hint, place, (), ())
    assert found.text == text
    return Verdict("", "", "", "", tuple(sorted(found.signers)), tuple(found.warnings))


def _ring(case: Case, path: str, names: tuple[str, ...]) -> bytes:
    if names == GARBAGE:
        return b"<html>log in first</html>\n"
    data = pool().ring(names, mended=case.mended.intersection(names))
    return armoured(data, pysequoia.ArmorKind.PublicKey) if path.endswith(".asc") else data


def _signed_by(case: Case) -> str:
    """Return the value of Signed-By."""
    found = []
    for word in case.signed_by:
        if word.startswith(EMBEDDED):
            name = word.removeprefix(EMBEDDED)
            data = pool().ring([name], mended=case.mended & {name})
            text = armoured(data, pysequoia.ArmorKind.PublicKey).decode()
            return "".join(f"\n {line or '.'}" for line in text.rstrip().split("\n"))
        if word.startswith(FINGERPRINT):
            _, name, form = word.split(" ")
            known = pool().prints[name]
            text = known[int(form.rstrip("!"))] if form != "lower" else known[0].lower()
            found.append(text + "!" * form.endswith("!"))
        else:
            found.append(word)
    return ", ".join(found)


# -- what is left ------------------------------------------------------------------------------


def _of(case: Case, names: set[str]) -> Case:
    """Return a case with the signatures and certificates of some keys alone."""
    signed = (it for it in case.signatures if it != UNREADABLE and SIGNATURES[it][0] in names)
    return _known(case, names)._replace(signatures=tuple(signed))


def _known(case: Case, names: set[str]) -> Case:
    """Return a case with no certificates but some; files without any go, but for the last."""
    kept = {
        path: tuple(it for it in ring if it in names)
        for path, ring in case.rings.items()
        if names.intersection(ring)
    }
    words = tuple(it for it in case.signed_by if it in kept or not it.startswith("/"))
    words = tuple(
        it for it in words if it.removeprefix(EMBEDDED) in names or not it.startswith(EMBEDDED)
    )
    return case._replace(rings=kept, signed_by=words or case.signed_by)


class _Bench:
    """One case, and what is wrong about its verdict."""

    def __init__(self, verifier: Verifier, case: Case) -> None:
        self.verifier = verifier
        self.case = case
        self.verdict = self.ask(case)

    def ask(self, case: Case) -> Verdict:
        return ask(case, self.verifier)

    def complaint(self) -> str:
        """Return what is wrong, or nothing."""
        code = self.verdict.code
        checks = {
            "": self._trusted,
            "unknown-key": self._unknown,
            "no-trusted-keys": self._no_keys,
            "wrong-signer": self._wrong_signer,
            "no-keyring": self._keyring,
            "bad-keyring": self._keyring,
            "tampered": self._tampered,
            "bad-signature": self._unreadable,
        }
        return "; ".join(filter(None, checks.get(code, self._bad_key)()))

    def _again(self, what: str, case: Case) -> str:
        """Return what is wrong when a smaller case does not have the same verdict."""
        again = self.ask(case)
        return "" if self.verdict.is_said_again(again) else f"with {what} alone: {again}"

    def _otherwise(self, what: str, case: Case) -> str:
        """Return what is wrong when another case has the same verdict."""
        again = self.ask(case)
        same = (self.verdict.code, self.verdict.message) == (again.code, again.message)
        return f"the same with {what}" if same else ""

    def _owners(self, text: str) -> set[str]:
        return {pool().owner(it) for it in _PRINT.findall(text)}

    # -- one kind after another

    def _trusted(self) -> Iterator[str]:
        names = self._owners(" ".join(self.verdict.signers))
        yield self._again("the signers", _of(self.case, names))
        for name in names:
            if (again := self.ask(_of(self.case, {name}))).code:
                yield f"with {name} alone: {again}"
        rest = set(self.case.owners()) - names
        if rest and not self.ask(_of(self.case, rest)).code:
            yield f"{rest} sign as well"
        others = set(pool().certificates) - names
        left = _known(self.case, others)
        if self.case.signed_by and self.case.signed_by[0].startswith(EMBEDDED):
            left = left._replace(signed_by=(EMBEDDED + min(others),))
        if not self.ask(left).code:
            yield "trusted without their certificates"
        for warning in self.verdict.warnings:
            yield from self._warning(warning)

    def _warning(self, text: str) -> Iterator[str]:
        found = _LATER.search(text)
        if found is None:
            yield f"{text!r} names neither algorithm nor date"
            return
        day = _time(found[2]) - time.time()
        if not self.case.later < day <= self.case.later + 365 * DAY:
            yield f"{text!r} is not within the year"
        if self.ask(self.case._replace(later=day - DAY)).code:
            yield f"refused before {found[2]}"
        if not self.ask(self.case._replace(later=day + DAY)).code:
            yield f"accepted after {found[2]}"
        if found[3]:
            left = self.ask(_of(self.case, self._owners(found[3])))
            if text not in left.warnings:
                yield f"with {found[3]} alone: {left}"

    def _unknown(self) -> Iterator[str]:
        found = re.fullmatch(
            r"signed by key ([0-9A-F]+), which is not in (.*)", self.verdict.message
        )
        assert found is not None
        name = pool().owner(found[1])
        places = [it for it in found[2].split(", ") if it.startswith("/")]

        def held(key: str) -> Case:
            """Return a case with that key alone wherever one counts."""
            words = (EMBEDDED + key if it.startswith(EMBEDDED) else it for it in left.signed_by)
            return left._replace(rings=dict.fromkeys(places, (key,)), signed_by=tuple(words))

        left = self.case._replace(signatures=_of(self.case, {name}).signatures)
        yield self._again("these keyrings", held("nist" if name != "nist" else "good"))
        yield self._otherwise("the key there", held(name))
        yield self._hint(name)

    def _hint(self, name: str) -> str:
        """Return what is wrong about how a key that is not known comes to be known."""
        has = {
            path
            for path, ring in self.case.rings.items()
            if name in ring and path[-4:] in {".gpg", ".asc"}
        }
        found = re.search(r'^(\S+) has ([0-9A-F]{40}).*"Signed-By: (\S+)"$', self.verdict.hint)
        if found is None:
            return f"{has} have the key" if has else ""
        if found[1] != found[3] or found[1] not in has or pool().owner(found[2]) != name:
            return f"{self.verdict.hint!r} is not so"
        return self._otherwise("the hint", self.case._replace(signed_by=(found[1],)))

    def _no_keys(self) -> Iterator[str]:
        ignored = re.findall(r"/[^\s,:]+(?=[,:])", self.verdict.message)
        first = self.case.signatures[:1]
        rings = {path: self.case.rings[path] for path in ignored}
        yield self._again("these files", self.case._replace(rings=rings, signatures=first))
        rings = {**self.case.rings, f"{PARTS}/new.gpg": ("nist",)}
        yield self._otherwise("a keyring", self.case._replace(rings=rings))
        if first != (UNREADABLE,):
            yield self._hint(SIGNATURES[first[0]][0])

    def _wrong_signer(self) -> Iterator[str]:
        names = self._owners(self.verdict.message.partition("but Signed-By")[0])
        yield self._again("the signers", _of(self.case, names))
        words = re.findall(
            r"/\S+\b|\b[0-9A-F]{40}\b", self.verdict.hint.partition("Signed-By: ")[2]
        )
        signed_by = tuple(
            it if it.startswith("/") else f"{FINGERPRINT}{pool().owner(it)} 0" for it in words
        )
        again = self.ask(self.case._replace(signed_by=signed_by))
        yield f"with the hint: {again}" if again.code else ""

    def _keyring(self) -> Iterator[str]:
        path = self.verdict.place
        rings = {path: self.case.rings[path]} if path in self.case.rings else {}
        yield self._again("this file", self.case._replace(rings=rings, signed_by=(path,)))
        rings = {**self.case.rings, path: ("nist",)}
        again = self.ask(self.case._replace(rings=rings))
        yield f"the same with a keyring there: {again}" if again.place == path else ""

    def _tampered(self) -> Iterator[str]:
        yield self._otherwise("the text that was signed", self.case._replace(tampered=False))

    def _unreadable(self) -> Iterator[str]:
        yield self._again("this one", self.case._replace(signatures=(UNREADABLE,)))
        rest = tuple(it for it in self.case.signatures if it != UNREADABLE)
        yield self._otherwise("the others", self.case._replace(signatures=rest)) if rest else ""

    def _bad_key(self) -> Iterator[str]:
        """Check what is said of one key, or of one of its signatures."""
        names = self._owners(self.verdict.message)
        if len(names) != 1:
            yield "it names no key"
            return
        (name,) = names
        yield self._again("the key", _of(self.case, names))
        rest = tuple(
            it for it in self.case.signatures if it == UNREADABLE or SIGNATURES[it][0] != name
        )
        yield (
            self._otherwise("the other signatures", self.case._replace(signatures=rest))
            if rest
            else ""
        )
        code = self.verdict.code
        if name in pool().mended and not code.endswith("signature"):
            places = [it for it in re.split(r"[, ]+", self.verdict.hint) if it.startswith("/")]
            rings = {**self.case.rings, **dict.fromkeys(places, (name,))}
            renewed = self.case._replace(rings=rings, mended=frozenset(names))
            yield self._otherwise("the renewed key", renewed)
        weak = _WEAK.search(self.verdict.message)
        if code.startswith("weak-") and weak is None:
            yield "it names no algorithm or no date"
        if self.verifier.name != "pysequoia" or weak is None:  # which knows the past of its policy
            return
        if CUT_OFFS.get(weak[1]) == weak[2]:
            day = _time(weak[2]) - time.time()
            before = self.case._replace(later=day - DAY)
            yield self._otherwise(f"another day than {weak[2]}", before)
