"""Does a capture give the same answer again, and does it hold no more than it needs?"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretell.apt.answers.predict import predict
from foretell.apt.cases import capture
from foretell.apt.cases.capture import describe, needed_versions, read_capture, write_capture
from foretell.apt.cases.case import format_case, make_world, read_case
from foretell.apt.requests.request import Request
from foretell.apt.requests.settings import decisive_settings
from foretell.cli.apt_unmet import refusal_text
from foretell.errors import InputError, UsageError
from tests.apt.cases.test_case import VALIDATOR
from tests.apt.world_lab import Lab, installed, package
from tests.strategies.universes import NAMES, towns

PACKAGES = (
    package("a", Depends="b | c, d")
    + package("b", Recommends="r | v", Suggests="s")
    + package("c", "2", Conflicts="b")
    + package("c", "1")
    + package("d", Source="src (2)", Replaces="e")
    + package("e", Source="src (3)")
    + package("f", Depends="e:arm64")
    + package("p", Provides="v")
    + package("r", Breaks="d")
    + package("s", "4")
    + package("t", Task="many", Conflicts="a")
    + package("unrelated", Depends="a, b, c")
)
STATUS = installed("c", "1") + installed("h", Status="hold ok installed", Depends="c")


@pytest.fixture
def lab(tmp_path):
    return Lab(tmp_path, PACKAGES, STATUS)


def replay(path):
    world, request, solver_version = read_capture(path)
    return predict(world, request, solver_version=solver_version)


def round_trip(lab, answer):
    """Capture an answer; return what was captured after checking that it replays."""
    path = str(Path(lab.folder) / "capture.json")
    write_capture(answer, path, solver_version="3.0.3")
    again = replay(path)
    assert describe(again) == describe(answer)
    VALIDATOR.validate(json.loads(Path(path).read_bytes()))
    return read_case(path)


def names(case):
    return [stanza["Package"] for part in case.lists for stanza in part.stanzas]


REQUESTS = [
    ("install", ["a"]),
    ("install", ["a", "t"]),  # they conflict
    ("install", ["unrelated"]),
    ("install", ["v"]),  # only one package provides it
    ("install", ["c=2"]),
    ("install", ["a*"]),
    ("install", ["^[de]$", "c-"]),
    ("install", ["many^"]),
    ("install", ["h"]),
    ("remove", ["c"]),
    ("remove", ["f"]),  # not installed
    ("purge", ["c"]),
    ("reinstall", ["c"]),
    ("autoremove", []),
    ("upgrade", []),
    ("full-upgrade", []),
    ("satisfy", ["a (>= 1), s", "Conflicts: p"]),
]


@pytest.mark.parametrize(("verb", "words"), REQUESTS)
@pytest.mark.parametrize("version", ["3.0.3", "3.0.4"])
def test_a_capture_replays(lab, verb, words, version):
    answer = lab.answer(verb, *words, version=version)
    path = str(Path(lab.folder) / "capture.json")
    write_capture(answer, path, solver_version=version)
    assert read_capture(path)[2] == version
    assert describe(replay(path)) == describe(answer)


def test_some_requests_work_and_some_do_not(lab):
    verdicts = {lab.answer(verb, *words).verdict for verb, words in REQUESTS}
    assert verdicts == {"ok", "unsatisfiable"}


def test_a_capture_holds_what_the_answer_rests_on(lab):
    kept = names(round_trip(lab, lab.answer("install", "d")))
    assert {"a", "t", "unrelated"} & set(kept) == set()


def test_what_decides_without_being_reached_is_kept(lab):
    lab.set_status("")
    lab.add_list(
        package("d", Source="src (2)", Replaces="x")
        + package("e", Source="src (3)")  # makes d obsolete
        + package("f", Depends="x:arm64")  # makes another package x
        + package("g", Source="src (1)", Depends="y:arm64")
    )
    assert names(round_trip(lab, lab.answer("install", "d"))) == ["d", "e", "f"]
    assert names(round_trip(lab, lab.answer("install", "e"))) == ["e"]


def test_suggestions_come_with_their_candidates(lab):
    case = round_trip(lab, lab.answer("install", "b"))
    assert {"s", "r", "p"} <= set(names(case))
    assert "unrelated" not in names(case)


def test_a_capture_says_what_was_answered(lab):
    case = round_trip(lab, lab.answer("install", "s"))
    assert case.oracle is not None
    assert case.oracle["name"] == "foretell"
    assert case.expected == {
        "verdict": "ok",
        "changes": [
            {
                "package": "s",
                "architecture": "amd64",
                "action": "install",
                "version": "4",
                "from": None,
                "automatic": False,
            }
        ],
        "autoremovable": [],
        "marks": [],
    }


def test_options_pins_marks_and_release_are_captured(lab):
    lab.set_automatic("c", "nowhere")
    lab.add_list(package("s", "9"), suite="forky", release="NotAutomatic: yes\n")
    lab.write("etc/apt/sources.list.d/x.list", "deb http://a.example.org/debian forky main\n")
    lab.write(
        "etc/apt/preferences",
        'Package: s\nPin: origin "a.example.org"\nPin-Priority: 900\n\n'
        "Package: *\nPin: release n=sarge\nPin-Priority: never\n\n"
        "Package: src:d /^x/ y:any\nPin: version 1*\nPin-Priority: -3\n",
    )
    world = lab.world(
        "APT::Install-Suggests=1",
        "APT::NeverAutoRemove::=^c$",
        "Acquire::http::Proxy=http://user:word@a.example.org",
        target_release="forky",
    )
    case = round_trip(lab, predict(world, Request("install", ["s"])))
    assert case.target_release == "forky"
    assert case.automatic == {("c", "amd64")}
    assert case.settings["APT::NeverAutoRemove"] == ["^c$"]
    assert [pin["Pin-Priority"] for pin in case.pins] == ["900", "never", "-3"]
    assert [part.release["codename"] for part in case.lists] == ["trixie", "forky"]
    assert [part.release["not-automatic"] for part in case.lists] == [False, True]
    text = (Path(lab.folder) / "capture.json").read_text()
    assert "user:word" not in text
    replayed = read_capture(str(Path(lab.folder) / "capture.json"))[0]
    assert replayed.configuration is not None
    assert world.configuration is not None
    assert decisive_settings(replayed.configuration) == decisive_settings(world.configuration)


def test_hosts_are_named_only_when_pins_ask_for_them(lab):
    case = round_trip(lab, lab.answer("install", "s"))
    assert "site" not in case.lists[0].release
    lab.write("etc/apt/preferences", "Package: s\nPin: origin b.example.org\nPin-Priority: 9\n")
    case = round_trip(lab, lab.answer("install", "s"))
    assert case.lists[0].release["site"] == "a.example.org"


def test_evidence_is_that_of_the_first_answer(lab):
    answer = lab.answer("install", "s")
    assert "Packages:@" in json.dumps(describe(answer))
    round_trip(lab, answer)


def test_what_is_not_modelled_stays_so(lab):
    lab.write("var/lib/dpkg/arch", "amd64\ni386\n")
    lab.set_status(installed("f", Architecture="armhf"))
    answer = lab.answer("install", "a")
    assert answer.verdict == "unknown"
    assert round_trip(lab, answer).foreign == ["i386"]


def test_foreign_packages_are_captured(lab):
    lab.write("var/lib/dpkg/arch", "amd64\ni386\n")
    foreign = {"Architecture": "i386"}
    lab.add_list(package("o", Depends="q", **foreign) + package("q", Conflicts="s", **foreign))
    answer = lab.answer("install", "o")
    assert len(answer.changes) == 2
    assert {"o", "q"} <= set(names(round_trip(lab, answer)))


def test_compressed_lists_are_captured(lab):
    import gzip

    os.unlink(lab.list_path())
    lab.add_list(gzip.compress(PACKAGES.encode()), extension=".gz")
    assert "a" in names(round_trip(lab, lab.answer("install", "a")))


def test_every_stanza_is_taken_when_few_do_not_do(lab, monkeypatch):
    monkeypatch.setattr(capture, "needed_versions", lambda _: set())
    case = round_trip(lab, lab.answer("install", "a"))
    assert len(names(case)) == PACKAGES.count("Package:")


def test_nothing_is_written_that_does_not_replay(lab, monkeypatch):
    monkeypatch.setattr(capture, "_replays", lambda *_: False)
    path = Path(lab.folder) / "capture.json"
    path.write_text("kept")
    with pytest.raises(InputError, match="does not give the same answer"):
        write_capture(lab.answer("install", "a"), str(path), solver_version="3.0.3")
    assert path.read_text() == "kept"
    assert [name for name in os.listdir(lab.folder) if name.endswith(".new")] == []


@pytest.mark.parametrize("text", ["", package("z"), PACKAGES.replace("Version: 1", "Version: 7")])
def test_a_list_that_changed_meanwhile_is_noticed(lab, text):
    answer = lab.answer("install", "a")
    lab.add_list(text)
    path = Path(lab.folder) / "capture.json"
    with pytest.raises(InputError):
        write_capture(answer, str(path), solver_version="3.0.3")
    assert not path.exists()


def test_a_device_is_not_replaced(lab):
    path = os.path.join(lab.folder, "pipe")
    os.mkfifo(path)
    with pytest.raises(UsageError, match="regular file"):
        write_capture(lab.answer("install", "a"), path, solver_version="3.0.3")


def test_a_missing_folder_is_a_system_error(lab):
    path = os.path.join(lab.folder, "none/capture.json")
    with pytest.raises(FileNotFoundError):
        write_capture(lab.answer("install", "a"), path, solver_version="3.0.3")


def test_source_packages_are_refused(lab):
    lab.write("etc/apt/sources.list.d/x.list", "deb-src http://a.example.org/debian trixie main\n")
    answer = lab.answer("install", "a")
    answer.request = Request("build-dep", ["a"])
    with pytest.raises(UsageError, match="source packages"):
        write_capture(answer, os.path.join(lab.folder, "x"), solver_version="3.0.3")


WORDS = st.lists(
    st.builds("{}{}".format, st.sampled_from((*NAMES, "vv")), st.sampled_from(["", "-", "+"])),
    max_size=3,
)


@given(towns(), st.sampled_from(["install", "remove", "upgrade", "full-upgrade"]), WORDS)
def test_any_small_world_is_captured_without_all_stanzas(town, verb, words):
    folder = tempfile.mkdtemp()
    try:
        lab = Lab(Path(folder), town.list_text(), town.status_text())
        lab.set_automatic(*sorted(town.automatic))
        try:
            answer = lab.answer(verb, *words)
        except UsageError:
            return
        told = describe(answer)
        case = capture.make_case(answer, needed_versions(answer), solver_version="3.0.3")
        assert capture._replays(format_case(case), "x.json", told)
    finally:
        shutil.rmtree(folder)


def test_capture_keeps_what_the_list_of_a_refusal_is_about(tmp_path):
    lab = Lab(
        tmp_path,
        package("tip") + package("lib"),
        installed("app", Depends="lib", Recommends="tip") + installed("lib"),
    )
    answer = lab.answer("remove", "lib")
    case = capture.make_case(answer, needed_versions(answer), solver_version="3.0.3")
    again = predict(make_world(case, "case"), case.request, solver_version="3.0.3")
    assert "Recommends: tip but it is not going to be" in refusal_text(answer, quiet=2)
    assert refusal_text(again, quiet=2) == refusal_text(answer, quiet=2)
