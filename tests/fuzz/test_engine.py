"""Does any broken system make foretell do anything but answer or name what is broken?

Mutated files of a small system go through the whole command line; only the statuses 0 to 3 are
allowed, no file may change, and standard output stays empty when there is no answer.
"""

from __future__ import annotations

import contextlib
import io
import os
import shutil
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foretell.apt.packages.index import encode_index
from foretell.apt.packages.index_build import Builder
from foretell.apt.packages.stanza import parse_members
from foretell.apt.system.world import parse_status
from foretell.cli.main import main
from tests.apt.world_lab import SITE, Lab, automatic, installed, package
from tests.fuzz.harness import check_parser, mutate

if TYPE_CHECKING:
    from collections.abc import Callable

PACKAGES = (
    package("a", "1:2-3", Depends="b (>= 1) | c, d:any", Suggests="e, f (<< 2) | g")
    + package("b", Provides="v (= 2), w", Conflicts="c", Multi_Arch="same")
    + package("c", "2", Source="s (1)", Recommends="v", Essential="no")
    + "Version: 1\nPackage: d\nMulti-Arch: allowed\nArchitecture: all\nTag: x,\n y\n\n"
    + package("b", "2", Breaks="a (<< 1)", Task="t")
).encode()
STATUS = (
    installed("b", Provides="v (= 2), w", Conflicts="c", Multi_Arch="same")
    + installed("old", Depends="b", Source="s (0)")
    + installed("left", Status="deinstall ok config-files")
    + installed("held", "7", Status="hold ok installed", Priority="required")
).encode()
FILES = {
    "var/lib/dpkg/status": STATUS,
    "var/lib/apt/extended_states": automatic("b", "old").encode(),
    "var/lib/dpkg/arch": b"amd64\n",
    "etc/apt/sources.list": f"# c\ndeb [arch=amd64] {SITE} trixie main\n".encode(),
    "etc/apt/sources.list.d/x.sources": f"Types: deb\nURIs: {SITE}\nSuites: trixie\n"
    "Components: main\nSigned-By: /k.gpg\n".encode(),
    "etc/apt/preferences": b"Package: b src:s\nPin: release n=trixie\nPin-Priority: 600\n\n"
    b"Package: *\nPin: version 1*\nPin-Priority: 1001\n",
    "etc/apt/apt.conf": b'APT { Install-Suggests "1"; NeverAutoRemove { "^held$"; }; };\n',
    "var/lib/apt/lists/a.example.org_debian_dists_trixie_Release": b"Suite: trixie\n"
    b"Codename: trixie\nNotAutomatic: yes\nButAutomaticUpgrades: yes\n",
    "var/lib/apt/lists/a.example.org_debian_dists_trixie_main_binary-amd64_Packages": PACKAGES,
}
QUESTIONS = (
    ("install", "a"),
    ("install", "--json", "a", "old-"),
    ("full-upgrade",),
    ("autoremove", "--json"),
    ("purge", "b", "left"),
    ("install", "d", "b=2*", "^c$", "t^"),
)
ALLOWED = {0, 1, 2, 3}
slow = settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


class EngineBrokeError(AssertionError):
    """A command ended in a way that no input may cause."""


def check_run(run: Callable[[], int]) -> int:
    """Run a command in this process; return its status.

    Raises `EngineBrokeError` for another status than 0 to 3, for an error of more or less than
    one head line, and for output that stands beside an error.
    """
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = run()
    text = err.getvalue()
    if status not in ALLOWED or "Traceback" in text:
        raise EngineBrokeError(f"status {status}: {text}")
    if status >= 2 and (text.count("error[") != 1 or out.getvalue()):
        raise EngineBrokeError(f"not one clear error: {out.getvalue()!r} {text!r}")
    return status


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """Return a system that is written anew for every example; the cache stays."""
    previous = os.environ.get("XDG_CACHE_HOME")
    lab = Lab(tmp_path_factory.mktemp("engine"))
    os.environ["XDG_CACHE_HOME"] = lab.cache
    yield lab
    if previous is None:
        del os.environ["XDG_CACHE_HOME"]
    else:
        os.environ["XDG_CACHE_HOME"] = previous


def restore(lab):
    shutil.rmtree(lab.root, ignore_errors=True)
    for name, data in FILES.items():
        lab.write(name, data)


def ask(lab, question):
    before = lab.snapshot()
    status = check_run(lambda: main(["apt", question[0], "--root", lab.root, *question[1:]]))
    assert lab.snapshot() == before
    return status


@pytest.mark.parametrize("question", QUESTIONS)
def test_good_system_is_answered(lab, question):
    restore(lab)
    assert ask(lab, question) in {0, 1}


@pytest.mark.parametrize("name", FILES)
@slow
@given(data=st.data())
def test_mutated_file_is_answered_or_refused(lab, name, data):
    restore(lab)
    lab.write(name, data.draw(mutate(FILES[name])))
    ask(lab, data.draw(st.sampled_from(QUESTIONS)))


@slow
@given(data=st.data())
def test_several_mutated_files_are_answered_or_refused(lab, data):
    restore(lab)
    for name in data.draw(st.lists(st.sampled_from(sorted(FILES)), max_size=4, unique=True)):
        lab.write(name, data.draw(mutate(FILES[name])))
    ask(lab, data.draw(st.sampled_from(QUESTIONS)))


damages = st.tuples(
    st.sampled_from((".index", ".memo", ".settled")), st.integers(0, 1000), st.binary(max_size=6)
)


@slow
@given(st.sampled_from(QUESTIONS), st.lists(damages, min_size=1, max_size=3), st.booleans())
def test_mutated_cache_gives_the_answer_of_the_whole_one(lab, question, damages, cuts):
    restore(lab)
    shutil.rmtree(lab.cache, ignore_errors=True)
    expected = ask(lab, question)
    folder = os.path.join(lab.cache, "foretell", "apt")
    for suffix, share, new in damages:
        for name in os.listdir(folder):
            if not name.endswith(suffix):
                continue
            path = os.path.join(folder, name)
            with open(path, "rb") as file:
                good = file.read()
            at = len(good) * share // 1000
            with open(path, "wb") as file:
                file.write(good[:at] + new + (b"" if cuts else good[at + len(new) :]))
    assert ask(lab, question) == expected


@slow
@given(words=st.lists(st.text(max_size=8).filter(lambda w: not w.startswith("-")), max_size=3))
def test_any_words_are_answered_or_refused(lab, words):
    restore(lab)
    ask(lab, ("install", "--", *words))


def _build(data):
    builder = Builder("amd64")
    builder.add_list(lambda: [data], "Packages")
    b"".join(encode_index(bytes(32), builder.finish()))


PARSERS = {
    "list": (_build, PACKAGES),
    "status": (lambda data: parse_status(data, "status"), STATUS),
    "members": (parse_members, b"a (>= 1) | b:any | c"),
}


@pytest.mark.parametrize("name", PARSERS)
@given(data=st.data())
def test_parser_survives_mutated_input(name, data):
    parse, good = PARSERS[name]
    check_parser(parse, data.draw(mutate(good)))


@pytest.mark.parametrize("name", PARSERS)
@given(data=st.binary(max_size=200))
def test_parser_survives_any_bytes(name, data):
    check_parser(PARSERS[name][0], data)


def test_canary_a_bug_behind_the_command_line_is_noticed(lab, monkeypatch):
    restore(lab)
    monkeypatch.setattr("foretell.apt.packages.universe.Universe.find", lambda *_: [].pop())
    with pytest.raises(EngineBrokeError, match="status 70"):
        ask(lab, ("install", "a"))


def test_canary_a_changed_file_is_noticed(lab, monkeypatch):
    restore(lab)

    def spoil(*_):
        lab.write("etc/apt/preferences", b"spoilt")
        return 0

    monkeypatch.setattr("foretell.cli.apt.show", spoil)
    with pytest.raises(AssertionError, match="preferences"):
        ask(lab, ("install", "a"))


def test_canary_output_beside_an_error_is_noticed():
    def half():
        print("Installing:")
        return 2

    with pytest.raises(EngineBrokeError, match="one clear error"):
        check_run(half)
