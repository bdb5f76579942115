"""Does any parser break on broken input?"""

from __future__ import annotations

import base64
import bz2
import gzip
import hashlib
import lzma
import os
import tempfile

import lz4.frame
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from foretell.apt.acquire.fetch_settings import parse_logins
from foretell.apt.answers.plan_file import parse_plan
from foretell.apt.answers.trial import as_lines, parse_trial
from foretell.apt.selection.patterns import parse_pattern
from foretell.apt.sources.release import parse_release
from foretell.apt.sources.sources import (
    index_files,
    list_file_name,
    parse_deb822,
    parse_one_line,
    site,
)
from foretell.apt.syntax.compression import open_chunks
from foretell.apt.syntax.configuration import Configuration, parse_configuration
from foretell.apt.syntax.deb822 import parse_document, read_paragraphs
from foretell.apt.syntax.extended_states import parse as parse_extended_states
from foretell.apt.syntax.openpgp import dearmour, read_keys, read_signatures, split_message
from foretell.apt.system.policy import STATUS_FILE, Policy
from foretell.apt.system.preferences import compile_pattern, parse_preferences
from foretell.errors import InputError
from tests.fuzz.harness import ParserBrokeError, check_parser, mutate

CONFIGURATION = b"""// comment
APT { Get { Assume-Yes "true"; }; Architectures { "amd64"; "i386"; }; };
#clear APT::Get;
/* more */ Dir::Etc::parts "apt.conf.d"; # end
A:: "x"; B "a" "b";
"""
ONE_LINE = b"""# c
deb [arch=amd64,i386 signed-by=/k.gpg] http://a.example.org/debian trixie main contrib
deb-src file:/srv/$(ARCH) ./
"""
SOURCES = b"""# c
Types: deb deb-src
URIs: http://a.example.org/debian
Suites: trixie
 trixie-updates
Components: main
Architectures-Add: i386
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 x
"""
PREFERENCES = b"""Explanation: x
Package: a* src:/b[[:alpha:]]+/ c:any
Pin: release a=stable, v=13*
Pin-Priority: 990

Package: *
Pin: origin "a.example.org"
Pin-Priority: never
"""
RELEASE = b"""-----BEGIN PGP SIGNED MESSAGE-----
Hash: SHA256

Origin: Debian
Suite: stable
SHA256:
 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 0 main/Packages
-----BEGIN PGP SIGNATURE-----

x
-----END PGP SIGNATURE-----
"""
STATES = b"Package: a\nArchitecture: amd64\nAuto-Installed: 1\n\nPackage: b\nAuto-Installed: 0\n"
# A key, its owner and a self-signature as they are framed; nothing of it verifies.
OID = bytes.fromhex("2b06010401da470f01")
KEY = b"\x04\0\0\0\1\x16" + bytes((len(OID),)) + OID + b"\1\7" + b"\x40" + b"k" * 32
PRINT = hashlib.sha1(b"\x99" + len(KEY).to_bytes(2, "big") + KEY).digest()
HASHED = b"\5\2\0\0\0\2" + b"\5\x09\0\0\0\x10" + b"\x16\x21\4" + PRINT
SIGNATURE = (
    b"\4\x13\x16\x08" + len(HASHED).to_bytes(2, "big") + HASHED + b"\0\0" + b"ab" + b"\0\1\1"
)
RING = b"".join(
    bytes((0xC0 | tag, len(body))) + body
    for tag, body in ((6, KEY), (13, b"Somebody"), (2, SIGNATURE))
)
PLAN = b"""{"schema": "foretell.apt.plan/1", "verdict": "ok", "changes": [{"package": "a",
"architecture": "amd64", "action": "install", "version": "1", "from": null, "automatic": true}],
"sizes": {"download": 5, "disk": -6}}"""
PATTERN = (
    b'~i !(~M|~DBreaks:~nx) | ?narrow(?version("^1 "), ?not(~slibs,)) ?reverse-depends(?true )'
)
LOGINS = b"# c\nmachine a.example.org/x login me password secret\nmachine http://b.example.org\n"


def _trial(data):
    parse_trial([("--try", as_lines(data.decode("utf-8", "surrogateescape")).encode(
        "utf-8", "surrogateescape"))], "/etc/apt/preferences.d/x")  # fmt: skip


def _openpgp(data):
    read_keys(data)
    read_signatures(data)


def _keys(data):
    armoured = b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n" + base64.encodebytes(data)
    found = read_keys(armoured + b"-----END PGP PUBLIC KEY BLOCK-----\n")
    assert [key.print for key in found] == [key.print for key in read_keys(data)]


def _logins(data):
    for login in parse_logins(data.decode("utf-8", "surrogateescape")):
        login.fits("https", "a.example.org", "/x")


def _configuration(data):
    configuration = Configuration("/nonexistent")
    parse_configuration(data, "apt.conf", configuration)
    configuration.dump()
    configuration.find_path("Dir::Etc::parts")
    configuration.architectures()


def _preferences(data):
    pins = parse_preferences(data, "preferences").pins
    policy = Policy((STATUS_FILE,), pins, native="amd64")
    for pin in pins:
        for word in pin.packages:
            word.matches("alpha", "amd64", "amd64")
    return policy.file_priorities


def _sources(parse):
    def check(data):
        for source in parse(data, "sources", architecture="amd64"):
            list_file_name(source.uri, source.suite, "main", "amd64")
            site(source.uri)
            index_files(source, "/nonexistent", ["amd64"])

    return check


def _release(data):
    release = parse_release(data, "Release")
    release.hashes("sha256")


def _document(data):
    assert parse_document(data, "document").to_bytes() == data


PARSERS = {
    "configuration": (_configuration, CONFIGURATION),
    "one-line": (_sources(parse_one_line), ONE_LINE),
    "deb822-sources": (_sources(parse_deb822), SOURCES),
    "preferences": (_preferences, PREFERENCES),
    "release": (_release, RELEASE),
    "clear-signed": (lambda data: split_message(data, "InRelease"), RELEASE),
    "openpgp": (_openpgp, RING),
    "armour": (dearmour, RELEASE),
    "armoured-keys": (_keys, RING),
    "logins": (_logins, LOGINS),
    "extended-states": (lambda data: parse_extended_states(data, "states"), STATES),
    "paragraphs": (lambda data: list(read_paragraphs(data, "status", comments=True)), STATES),
    "document": (_document, SOURCES),
    "plan": (lambda data: parse_plan(data, "plan.json"), PLAN),
    "trial": (_trial, PREFERENCES),
    "pattern": (lambda data: parse_pattern(data.decode("utf-8", "surrogateescape")), PATTERN),
}


@pytest.mark.parametrize("name", PARSERS)
def test_parser_accepts_the_good_file_that_is_mutated(name):
    parse, good = PARSERS[name]
    assert check_parser(parse, good)


@pytest.mark.parametrize("name", PARSERS)
@given(data=st.data())
def test_parser_survives_mutated_files(name, data):
    parse, good = PARSERS[name]
    check_parser(parse, data.draw(mutate(good)))


@pytest.mark.parametrize("name", PARSERS)
@given(data=st.binary(max_size=200))
def test_parser_survives_any_bytes(name, data):
    check_parser(PARSERS[name][0], data)


@given(st.text(max_size=30), st.text(max_size=12))
def test_patterns_never_raise(pattern, text):
    compile_pattern(pattern)(text)
    compile_pattern(f"/{pattern}/")(text)


TEXT = b"Package: a\nVersion: 1\n\n" * 50
COMPRESSED = {
    "gzip": gzip.compress(TEXT),
    "xz": lzma.compress(TEXT),
    "lzma": lzma.compress(TEXT, lzma.FORMAT_ALONE),
    "bzip2": bz2.compress(TEXT),
    "lz4": lz4.frame.compress(TEXT, content_checksum=True),
    "zstd": zstandard.ZstdCompressor(write_checksum=True).compress(TEXT),
}


def _unpack(data):
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        return b"".join(open_chunks(file.name, bytes_max=1 << 20))


@pytest.mark.parametrize("kind", COMPRESSED)
@given(data=st.data())
def test_decompression_survives_mutated_files(kind, data):
    check_parser(_unpack, data.draw(mutate(COMPRESSED[kind])))


@pytest.mark.parametrize("kind", COMPRESSED)
def test_every_truncation_of_a_compressed_file_is_an_input_error(kind):
    whole = COMPRESSED[kind]
    for length in range(8, len(whole)):
        with pytest.raises(InputError):
            _unpack(whole[:length])


def test_canary_the_harness_notices_another_exception():
    def parse(data):
        return {b"good": 1}[data]

    assert check_parser(parse, b"good")
    with pytest.raises(ParserBrokeError, match="KeyError"):
        check_parser(parse, b"bad")


def test_canary_the_harness_notices_an_error_without_a_code():
    def parse(data):
        raise InputError("", "no code")

    with pytest.raises(ParserBrokeError, match="without a code"):
        check_parser(parse, b"")


def test_canary_mutations_reach_a_planted_bug():
    """A parser that breaks on a doubled line must be found by the mutations."""
    seen = []

    @settings(max_examples=300)  # fifty miss it now and then
    @given(data=mutate(b"ab\n"))
    def look(data):
        seen.append(b"\n\n" in data)

    look()
    assert any(seen)


def test_input_error_names_the_file(tmp_path):
    path = os.path.join(tmp_path, "list.gz")
    with open(path, "wb") as file:
        file.write(COMPRESSED["gzip"][:-4])
    with pytest.raises(InputError, match="ends too early") as caught:
        list(open_chunks(path))
    assert caught.value.path == path


def test_ring_that_is_mutated_holds_a_key():
    [key] = read_keys(RING)
    assert (key.print, key.algorithm, key.user) == (PRINT.hex().upper(), "Ed25519", "Somebody")
    assert (key.created, key.expires, key.digests) == (1, 17, ["SHA256"])
