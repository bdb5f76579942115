"""Do the old lists survive every fault of a mirror, and does the error say what it was?"""

from __future__ import annotations

import gzip
import lzma
import os
import shutil
import time

import pytest

from tests.apt.archive_lab import Archive, release_date
from tests.apt.trust_cases import KeyChest
from tests.apt.update_lab import EXTRA, MAIN, UpdateLab, listing, use_environment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.apt.archive_server import Fault, Handler

FAULTS: dict[str, tuple[str, str, Fault]] = {}
MIRRORS: dict[str, tuple[str, Callable[[UpdateLab], object]]] = {}
INRELEASE = "/InRelease"
XZ = f"/{MAIN}.xz"
OTHER = f"/{EXTRA}.xz"


@pytest.fixture(scope="module")
def chest(require) -> Iterator[KeyChest]:
    if shutil.which("gpg") is None:
        require("gpg", "archives are signed with gpg")
    keys = KeyChest()
    yield keys
    keys.close()


@pytest.fixture
def lab(chest, tmp_path, monkeypatch) -> Iterator[UpdateLab]:
    use_environment(monkeypatch, "none")
    made = UpdateLab(chest, str(tmp_path))
    made.publish(filler=20_000)
    assert made.update() == 0
    made.publish(filler=20_000)
    yield made
    made.server.close()


def fault(code: str, end: str) -> Callable[[Fault], Fault]:
    """Register what a server answers for the paths that end in ``end``."""

    def register(answer: Fault) -> Fault:
        FAULTS[f"{answer.__name__.strip('_')}{end}"] = (code, end, answer)
        return answer

    return register


def answering(status: int) -> Fault:
    return lambda handler, _: handler.answer(status)


for place in (INRELEASE, XZ):
    for status in (400, 401, 403, 429, 500, 502, 503, 504):
        refused = "no-access" if status in {401, 403} else "http-error"
        FAULTS[f"{status}{place}"] = (refused, place, answering(status))

    @fault("http-error", place)
    def _retry_after(handler: Handler, _: bytes) -> None:
        handler.answer(503, b"", **{"Retry-After": "1"})

    @fault("redirect-loop", place)
    def _redirects_to_itself(handler: Handler, _: bytes) -> None:
        handler.answer(302, Location=handler.path)

    @fault("bad-redirect", place)
    def _redirects_to_a_file(handler: Handler, _: bytes) -> None:
        handler.answer(302, Location="file:///etc/passwd")

    @fault("broken-connection", place)
    def _closes_at_once(handler: Handler, _: bytes) -> None:
        handler.close_connection = True
        handler.connection.close()

    @fault("bad-answer", place)
    def _answers_nonsense(handler: Handler, _: bytes) -> None:
        handler.wfile.write(b"\0\1\2 hello\r\n\r\n")
        handler.close_connection = True

    @fault("timeout", place)
    def _says_nothing(handler: Handler, _: bytes) -> None:
        time.sleep(2.5)
        handler.close_connection = True

    @fault("bad-answer", place)
    def _endless_headers(handler: Handler, data: bytes) -> None:
        handler.send_response(200)
        for number in range(2000):
            handler.send_header(f"X-{number}", "x" * 60)
        handler.end_headers()
        handler.close_connection = True


@fault("truncated", INRELEASE)
def _cut_short(handler: Handler, data: bytes) -> None:
    handler.break_off(len(data), data[:100])


@fault("broken-connection", INRELEASE)
def _reset(handler: Handler, data: bytes) -> None:
    handler.reset(len(data), data[:100])


@fault("bad-clearsigned", INRELEASE)
def _login_page(handler: Handler, _: bytes) -> None:
    handler.answer(200, b"<html>please log in</html>")


@fault("bad-clearsigned", INRELEASE)
def _empty(handler: Handler, _: bytes) -> None:
    handler.answer(200)


@fault("file-too-long", INRELEASE)
def _announces_a_terabyte(handler: Handler, _: bytes) -> None:
    handler.break_off(1 << 40, b"x" * 100)


@fault("tampered", INRELEASE)
def _one_byte_changed(handler: Handler, data: bytes) -> None:
    handler.answer(200, data.replace(b"Label: Lab", b"Label: Lob"))


@fault("no-release", "Release")
def _no_release_any_more(handler: Handler, _: bytes) -> None:
    handler.answer(404)


for place in (XZ, OTHER):

    @fault("wrong-hash", place)
    def _bit_flipped(handler: Handler, data: bytes) -> None:
        handler.answer(200, data[:-1] + bytes((data[-1] ^ 1,)))

    @fault("wrong-size", place)
    def _one_byte_more(handler: Handler, data: bytes) -> None:
        handler.answer(200, data + b"x")

    @fault("wrong-size", place)
    def _one_byte_less(handler: Handler, data: bytes) -> None:
        handler.answer(200, data[:-1])

    @fault("wrong-size", place)
    def _nothing(handler: Handler, _: bytes) -> None:
        handler.answer(200)

    @fault("wrong-size", place)
    def _longer_without_a_length(handler: Handler, data: bytes) -> None:
        handler.send_response(200)
        handler.send_header("Connection", "close")
        handler.end_headers()
        handler.wfile.write(data + b"x" * 100_000)
        handler.close_connection = True

    @fault("truncated", place)
    def _shorter_without_a_length(handler: Handler, data: bytes) -> None:
        handler.send_response(200)
        handler.send_header("Connection", "close")
        handler.end_headers()
        handler.wfile.write(data[:50])
        handler.close_connection = True

    @fault("truncated", place)
    def _ends_at_byte_90(handler: Handler, data: bytes) -> None:
        handler.break_off(len(data), data[:90])

    @fault("broken-connection", place)
    def _reset_at_byte_90(handler: Handler, data: bytes) -> None:
        handler.reset(len(data), data[:90])

    @fault("broken-connection", place)
    def _reset_before_the_first_byte(handler: Handler, data: bytes) -> None:
        handler.reset(len(data), b"")


@fault("timeout", XZ)
def _stops_in_the_middle(handler: Handler, data: bytes) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(data)))
    handler.end_headers()
    handler.wfile.write(data[:50])
    handler.wfile.flush()
    time.sleep(2.5)
    handler.close_connection = True


@fault("timeout", XZ)
def _drips(handler: Handler, data: bytes) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(data)))
    handler.end_headers()
    for at in range(60):
        handler.wfile.write(data[at : at + 1])
        handler.wfile.flush()
        time.sleep(0.3)


@pytest.mark.parametrize("name", FAULTS)
def test_fault_leaves_the_old_lists(name, lab, capsys):
    code, end, answer = FAULTS[name]
    before = listing(lab.root)
    lab.server.faults[end] = answer
    options = ("-o", "Acquire::http::Timeout=1", "-o", "Acquire::Retries=1")
    assert lab.update(*options) == 1
    assert f"error[{code}]: " in capsys.readouterr().err
    assert listing(lab.root) == before
    assert lab.versions() == {"1"}
    lab.server.faults.clear()
    assert lab.update() == 0
    assert lab.versions() == {"2"}
    assert lab.leftovers() == []


# -- mirrors that are wrong in themselves ----------------------------------------------------------


def mirror(code: str) -> Callable[[Callable[[UpdateLab], object]], object]:
    """Register a change of the archive after which an update is refused."""

    def register(change: Callable[[UpdateLab], object]) -> object:
        MIRRORS[change.__name__.strip("_")] = (code, change)
        return change

    return register


@mirror("unknown-key")
def _signed_by_another_key(lab: UpdateLab) -> None:
    lab.publish(signer="other")


@mirror("weak-key")
def _signed_by_a_weak_key(lab: UpdateLab) -> None:
    with open(lab.key, "wb") as file:
        file.write(lab.chest.keys.export(lab.chest.sha1))
    lab.publish(signer="sha1")


@mirror("weak-key")
def _signed_by_a_short_key(lab: UpdateLab) -> None:
    with open(lab.key, "wb") as file:
        file.write(lab.chest.keys.export(lab.chest.rsa1024))
    lab.publish(signer="rsa1024")


@mirror("expired-signature")
def _signature_expired(lab: UpdateLab) -> None:
    with open(lab.key, "wb") as file:
        file.write(lab.chest.keys.export(lab.chest.late))
    ago = time.time() - 3 * 86400
    lab.publish(signer="late", options=("--default-sig-expire", "1d"), when=ago)


@mirror("expired")
def _expired(lab: UpdateLab) -> None:
    lab.archive.fields["Valid-Until"] = release_date(time.time() - 10)
    lab.publish()


@mirror("not-yet-valid")
def _from_the_future(lab: UpdateLab) -> None:
    lab.archive.modified = time.time() + 3600
    lab.publish()


@mirror("weak-hashes")
def _only_md5(lab: UpdateLab) -> None:
    lab.archive.tables = ("MD5Sum", "SHA1")
    lab.publish()


@mirror("release-info-changed")
def _another_release(lab: UpdateLab) -> None:
    lab.archive.fields["Codename"] = "next"
    lab.publish()


@mirror("not-signed")
def _not_signed_any_more(lab: UpdateLab) -> None:
    lab.archive.publish()


@mirror("bad-release")
def _two_stanzas(lab: UpdateLab) -> None:
    data = lab.archive.release() + b"\nOrigin: Twice\n"
    lab.archive.write("InRelease", lab.chest.keys.clear_sign(data, lab.chest.good))


@mirror("bad-hash")
def _broken_table(lab: UpdateLab) -> None:
    data = lab.archive.release().replace(b"SHA256:\n ", b"SHA256:\n zz")
    lab.archive.write("InRelease", lab.chest.keys.clear_sign(data, lab.chest.good))


@mirror("not-found")
def _index_missing_in_all_forms(lab: UpdateLab) -> None:
    for extension in lab.archive.extensions:
        lab.archive.remove(MAIN + extension)


@mirror("wrong-hash")
def _in_the_middle_of_a_push(lab: UpdateLab) -> None:
    """The Release file is old already when the index files are new."""
    data = lab.archive.packed()
    lab.archive.modified += 600
    lab.archive.files[EXTRA] += b"\n"
    lab.archive.publish(lab.chest.keys, lab.chest.good)
    for name, content in data.items():
        lab.archive.write(name, content)


@mirror("file-too-long")
def _bomb(lab: UpdateLab) -> None:
    """The compressed file is the signed one, but unpacks to far more than was announced."""
    bomb = lzma.compress(b"Package: x\n" * 20_000_000, preset=0)
    _lie_about_the_plain_file(lab, bomb)


@mirror("wrong-size")
def _unpacks_to_too_little(lab: UpdateLab) -> None:
    _lie_about_the_plain_file(lab, lzma.compress(b"Package: x\n"))


@mirror("bad-compression")
def _damaged_before_it_was_signed(lab: UpdateLab) -> None:
    data = lab.archive.packed()[f"{MAIN}.xz"]
    _lie_about_the_plain_file(lab, data[:40] + b"\0" * (len(data) - 40))


@mirror("truncated-file")
def _truncated_before_it_was_signed(lab: UpdateLab) -> None:
    _lie_about_the_plain_file(lab, lab.archive.packed()[f"{MAIN}.xz"][:-30])


@mirror("wrong-hash")
def _unpacks_to_something_else(lab: UpdateLab) -> None:
    plain = lab.archive.files[MAIN]
    _lie_about_the_plain_file(lab, gzip.compress(plain[:-2] + b"?\n"))


def _lie_about_the_plain_file(lab: UpdateLab, packed: bytes) -> None:
    class Lying(Archive):
        def packed(self) -> dict[str, bytes]:
            return {**super().packed(), f"{MAIN}.xz": packed}

    lab.archive.__class__ = Lying
    lab.archive.publish(lab.chest.keys, lab.chest.good)
    lab.archive.__class__ = Archive


@pytest.mark.parametrize("name", MIRRORS)
def test_bad_mirror_leaves_the_old_lists(name, lab, capsys):
    code, change = MIRRORS[name]
    before = listing(lab.root)
    fields = dict(lab.archive.fields)
    modified = lab.archive.modified
    change(lab)
    assert lab.update() == 1
    assert f"error[{code}]: " in capsys.readouterr().err
    assert listing(lab.root) == before
    lab.archive.fields = fields
    lab.archive.modified = modified + 600
    lab.archive.tables = ("SHA256",)
    with open(lab.key, "wb") as file:
        file.write(lab.chest.keys.export(lab.chest.good))
    lab.publish()
    assert lab.update() == 0
    assert lab.versions() == {str(lab.version)}
    assert lab.leftovers() == []


def test_there_are_enough_faults():
    assert len(FAULTS) + len(MIRRORS) >= 40


def test_replayed_older_release_is_not_taken(lab, capsys):
    with open(os.path.join(lab.archive.dists, "InRelease"), "rb") as file:
        newer = file.read()
    assert lab.update() == 0
    before = listing(lab.root)
    lab.archive.modified -= 7200
    lab.publish()
    lab.archive.modified += 7200 + 60
    with open(os.path.join(lab.archive.dists, "InRelease"), "rb") as file:
        older = file.read()
    assert older != newer
    lab.archive.write("InRelease", older)
    assert lab.update() == 0
    assert "older Release file" in capsys.readouterr().err
    assert listing(lab.root) == before


def test_redirect_to_the_file_is_followed(lab):
    def elsewhere(handler: Handler, data: bytes) -> None:
        handler.answer(302, Location=f"/moved{handler.path}")

    shutil.copytree(lab.server.folder + "/debian", lab.server.folder + "/moved/debian")
    lab.server.faults["debian/dists/stable/" + MAIN + ".xz"] = lambda handler, data: (
        elsewhere(handler, data)
        if not handler.path.startswith("/moved")
        else handler.answer(200, data)
    )
    assert lab.update() == 0
    assert lab.versions() == {"2"}


def test_missing_form_is_replaced_by_the_next(lab):
    lab.server.faults[XZ] = lambda handler, _: handler.answer(404)
    assert lab.update() == 0
    assert lab.versions() == {"2"}


def test_trouble_that_passes_is_not_seen(lab):
    count = []

    def twice(handler: Handler, data: bytes) -> None:
        count.append(1)
        handler.answer(503 if len(count) < 3 else 200, data)

    lab.server.faults[XZ] = twice
    assert lab.update() == 0
    assert len(count) == 3
    assert lab.versions() == {"2"}


def test_unfinished_file_is_gone_on_with(lab):
    lab.server.faults[XZ] = lambda handler, data: handler.break_off(len(data), data[:90])
    assert lab.update("-o", "Acquire::Retries=0") == 1
    lab.server.faults.clear()
    lab.server.requests.clear()
    assert lab.update() == 0
    assert lab.versions() == {"2"}
    asked = [headers for path, headers in lab.server.requests if path.endswith(XZ)]
    assert [headers.get("Range") for headers in asked] == ["bytes=90-"]


def test_unfinished_file_of_other_content_is_fetched_anew(lab):
    lab.server.faults[XZ] = lambda handler, data: handler.break_off(len(data), b"x" * 90)
    assert lab.update("-o", "Acquire::Retries=0") == 1
    lab.server.faults.clear()
    assert lab.update() == 0
    assert lab.versions() == {"2"}
