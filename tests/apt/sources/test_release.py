"""Are the facts of a Release file read, signed or not?"""

from __future__ import annotations

import pytest

from foretell.apt.sources.release import parse_release, read_release, unwrap
from foretell.errors import InputError

DIGEST = "AB" * 32
PLAIN = f"""Origin: Debian
Label: Debian
Suite: stable
Version: 13.1
Codename: trixie
Date: Sat, 06 Sep 2025 00:00:00 UTC
Valid-Until: Sat, 13 Sep 2025 00:00:00 UTC
NotAutomatic: yes
ButAutomaticUpgrades: yes
Acquire-By-Hash: yes
Architectures: all amd64
Components: main contrib
SHA256:
 {DIGEST} 12 main/binary-amd64/Packages
 {DIGEST} 3 contrib/binary-amd64/Packages.xz
""".encode()
SIGNED = (
    b"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n"
    + PLAIN
    + b"- --dashed: x\n-----BEGIN PGP SIGNATURE-----\n\nx\n-----END PGP SIGNATURE-----\n"
)


def test_fields_of_a_release():
    release = parse_release(PLAIN, "Release")
    assert (release.origin, release.label, release.suite) == ("Debian", "Debian", "stable")
    assert (release.version, release.codename) == ("13.1", "trixie")
    assert release.date.startswith("Sat, 06")
    assert release.valid_until.startswith("Sat, 13")
    assert release.not_automatic
    assert release.but_automatic_upgrades
    assert release.acquire_by_hash
    assert release.architectures == ("all", "amd64")
    assert release.components == ("main", "contrib")
    assert not release.signed


def test_hash_table():
    table = parse_release(PLAIN, "Release").hashes("sha256")
    assert table == {
        "main/binary-amd64/Packages": (12, DIGEST.lower()),
        "contrib/binary-amd64/Packages.xz": (3, DIGEST.lower()),
    }
    assert parse_release(PLAIN, "Release").hashes("sha512") == {}


def test_clear_signed_release_is_unwrapped():
    release = parse_release(SIGNED.replace(b"- --dashed: x\n", b""), "InRelease")
    assert release.signed
    assert release.codename == "trixie"


def test_unwrap_keeps_line_numbers_and_undoes_dash_escapes():
    text, signed = unwrap(SIGNED, "InRelease")
    assert signed
    assert text == b"\n\n\n" + PLAIN + b"--dashed: x\n"


def test_unwrap_looks_for_the_whole_line_of_the_signature():
    text, _ = unwrap(SIGNED.replace(b"- --dashed: x", b"A:\n-----BEGIN PGP SIGNATURE-----x"), "x")
    assert text.endswith(b"\nA:\n-----BEGIN PGP SIGNATURE-----x\n")


def test_archive_stands_in_for_suite():
    assert parse_release(b"Archive: testing\n", "Release").suite == "testing"


def test_absent_fields_are_empty():
    release = parse_release(b"Origin: x\n", "Release")
    assert (release.suite, release.codename, release.components) == ("", "", ())
    assert not release.not_automatic


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (SIGNED[:60], 4),
        (b"A: 1\n\nB: 2\n", 3),
        (b"", 1),
        (SIGNED.replace(b"Suite: stable", b"junk"), 6),
    ],
)
def test_error_names_the_line(data, line):
    with pytest.raises(InputError) as caught:
        parse_release(data, "InRelease")
    assert (caught.value.path, caught.value.line) == ("InRelease", line)


@pytest.mark.parametrize("row", [b"ab 1 x", DIGEST.encode() + b" x y", DIGEST.encode() + b" 1"])
def test_bad_hash_table_is_an_input_error(row):
    release = parse_release(b"SHA256:\n " + row + b"\n", "Release")
    with pytest.raises(InputError, match="sha256 table"):
        release.hashes("sha256")


def test_read_release(tmp_path):
    path = tmp_path / "Release"
    path.write_bytes(PLAIN)
    assert read_release(str(path)).suite == "stable"
