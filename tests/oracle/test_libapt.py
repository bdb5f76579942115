"""Is the real libapt asked as apt-get asks it, and does every question stand alone?"""

from __future__ import annotations

import os
import shutil

import pytest

from foretell.errors import MissingError, UsageError
from foretell.oracle.answer import Answer, Change, Request
from foretell.oracle.apt_get import AptGet, visible
from foretell.oracle.case import write_root
from foretell.oracle.compare import compare_answers
from foretell.oracle.libapt import Libapt, parse_answer
from foretell.oracle.sample import Menu, draw_requests
from foretell.oracle.status import Installation
from foretell.oracle.trace import parse_trace
from tests.oracle.real_apt import oracle_or_none

LINES = """\
ok
change\tb\tamd64\tupgrade\t2\t1\t0
change\ta\tamd64\tinstall\t1\t-\t1
change\tc\tamd64\tremove\t-\t1\t0
mark\td\tamd64\t1
garbage\te\tamd64
notice\tsaid
"""


def test_lines_become_an_answer():
    assert parse_answer(LINES.splitlines()) == Answer(
        verdict="ok",
        changes=(
            Change("a", "amd64", "install", "1", "", automatic=True),
            Change("b", "amd64", "upgrade", "2", "1", automatic=False),
            Change("c", "amd64", "remove", "", "1", automatic=False),
        ),
        marks=(("d", "amd64", True),),
        autoremovable=(("e", "amd64"),),
    )


def test_failure_has_apts_words():
    answer = parse_answer(["failed", "error\tone\\ntwo", "notice\tx", "error\tthree"])
    assert answer == Answer(verdict="failed", error="one\ntwo\nthree")


# -- what needs the real thing -------------------------------------------------------------------

oracle_test = pytest.mark.oracle


@pytest.fixture(scope="module")
def oracle(require):
    found = oracle_or_none()
    if found is None:
        require("apt", "the oracle is not built: make oracle")
    return found


@pytest.fixture(scope="module")
def libapt(oracle):
    with Libapt(oracle, oracle.root, keeps_cache=True) as running:
        yield running


def ask(libapt, line):
    verb, *words = line.split()
    return libapt.ask(Request(verb, tuple(words)))


@oracle_test
@pytest.mark.parametrize(
    "between",
    [
        "install gnome",
        "install gawk mawk-",
        "remove mawk git",
        "purge mawk",
        "reinstall mawk git",
        "install no-such-package",
        "remove libc6",
        "full-upgrade gawk",
        "autoremove",
    ],
)
def test_answers_do_not_depend_on_what_was_asked_before(libapt, between):
    first = [ask(libapt, line) for line in ("install git", "upgrade", "remove mawk")]
    ask(libapt, between)
    assert [ask(libapt, line) for line in ("install git", "upgrade", "remove mawk")] == first
    assert first[0].verdict == "ok"
    assert first[0].changes
    assert first[1].changes == ()


@oracle_test
@pytest.mark.parametrize(
    ("line", "verdict", "actions"),
    [
        ("remove mawk", "ok", {"mawk": "remove", "gawk": "install"}),
        ("purge mawk", "ok", {"mawk": "purge", "gawk": "install"}),
        ("reinstall mawk", "ok", {"mawk": "reinstall"}),
        ("install gawk mawk-", "ok", {"mawk": "remove", "gawk": "install"}),
        ("remove mawk gawk+", "ok", {"mawk": "remove", "gawk": "install"}),
        ("install mawk/stable", "ok", {}),
        ("install mawk/no-such", "failed", {}),
        ("install mawk=0", "failed", {}),
        ("install x-terminal-emulator", "failed", {}),
        ("remove x-terminal-emulator", "ok", {}),
        ("install no-such-package", "failed", {}),
    ],
)
def test_words_mean_what_apt_get_takes_them_for(libapt, line, verdict, actions):
    answer = ask(libapt, line)
    assert answer.verdict == verdict
    found = {change.package: change.action for change in answer.changes}
    assert {name: found.get(name) for name in actions} == actions
    assert bool(found) == bool(actions)
    assert bool(answer.error) == (verdict == "failed")


@oracle_test
def test_version_is_the_one_that_is_asked_for(oracle):
    for version in oracle.versions():
        with Libapt(oracle, oracle.root, version=version, keeps_cache=True) as running:
            assert ask(running, "autoremove").verdict == "ok"
    with (
        pytest.raises(MissingError, match="not here"),
        Libapt(oracle, oracle.root, version="0.1") as old,
    ):
        ask(old, "autoremove")


@oracle_test
def test_death_is_told_and_the_next_question_is_answered(oracle):
    with Libapt(oracle, oracle.root, keeps_cache=True) as running:
        assert ask(running, "install git").verdict == "ok"
        assert running._child is not None
        running._child.kill()
        with pytest.raises(MissingError, match=r"libapt \S+ ended with status -9"):
            ask(running, "install git")
        assert ask(running, "install git").verdict == "ok"


@oracle_test
def test_broken_root_is_told_with_apts_words(oracle, tmp_path):
    (tmp_path / "var/lib/dpkg").mkdir(parents=True)
    (tmp_path / "var/lib/dpkg/status").write_text("no stanza at all\n")
    with Libapt(oracle, str(tmp_path)) as running, pytest.raises(MissingError) as caught:
        ask(running, "install git")
    assert caught.value.code == "oracle-died"
    assert caught.value.hint


@oracle_test
def test_slow_answers_are_given_up(oracle):
    with Libapt(oracle, oracle.root, keeps_cache=True, timeout_seconds=0.001) as running:
        with pytest.raises(TimeoutError, match=r"more than 0\.001 s"):
            ask(running, "install gnome")
        running.timeout_seconds = 60
        assert ask(running, "install git").verdict == "ok"


@oracle_test
def test_words_cannot_become_other_requests(libapt):
    for word in ("a\tb", "a\nremove\tdpkg"):
        with pytest.raises(UsageError):
            libapt.ask(Request("install", (word,)))
    with pytest.raises(UsageError):
        libapt.ask(Request("install", ("a",), ("APT::X=1",)))


@oracle_test
def test_this_machines_configuration_does_not_count(oracle, tmp_path, monkeypatch):
    hostile = tmp_path / "apt.conf"
    hostile.write_text('APT::Install-Recommends "0";\n')
    monkeypatch.setenv("APT_CONFIG", str(hostile))
    with Libapt(oracle, oracle.root, keeps_cache=True) as running:
        names = {change.package for change in ask(running, "install git").changes}
    assert "less" in names


@oracle_test
def test_options_count(oracle):
    options = ["APT::Install-Recommends=0"]
    with Libapt(oracle, oracle.root, options=options, keeps_cache=True) as running:
        names = {change.package for change in ask(running, "install git").changes}
    assert "git" in names
    assert "less" not in names


@oracle_test
def test_trace_is_of_the_request(libapt):
    events = parse_trace(libapt.trace(Request("install", ("gawk",))))
    assert any(event.subject.startswith("gawk:amd64=") for event in events)
    assert len(events) > 100


def paths_below(folder):
    return sorted(os.path.join(path, name) for path, _, names in os.walk(folder) for name in names)


@oracle_test
def test_root_is_left_alone(oracle, tmp_path):
    document = {
        "native": "amd64",
        "status": [],
        "lists": [{"stanzas": [{"Package": "a", "Version": "1", "Architecture": "all"}]}],
    }
    write_root(document, str(tmp_path))
    before = sorted(
        os.path.join(folder, name) for folder, _, ns in os.walk(tmp_path) for name in ns
    )
    with Libapt(oracle, str(tmp_path)) as running:
        assert ask(running, "install a").verdict == "ok"
    assert paths_below(tmp_path) == before


# -- the real apt-get ----------------------------------------------------------------------------

HAND_MADE = [
    Request(verb, tuple(words.split()))
    for verb, words in (
        ("install", "git gnupg-"),
        ("install", "vim/stable nano"),
        ("install", "x-terminal-emulator"),
        ("install", "mawk=0"),
        ("install", "gawk mawk-"),
        ("remove", "mawk gawk+"),
        ("remove", "awk linux-headers"),
        ("remove", "no-such-package"),
        ("purge", "mawk perl+"),
        ("purge", "dash"),
        ("reinstall", "mawk git"),
        ("autoremove", "mawk"),
        ("autoremove", ""),
        ("upgrade", ""),
        ("upgrade", "git"),
        ("upgrade-new", "git"),
        ("full-upgrade", "git mawk-"),
        ("full-upgrade", ""),
        ("install", "haskell-agda-doc"),
        ("install", "vim-*-"),
    )
]


@oracle_test
@pytest.mark.timeout(900)
def test_libapt_is_asked_as_apt_get_asks_it(oracle):
    version = oracle.own_version()
    wrong = []
    compared = 0
    with (
        AptGet.of_oracle(oracle, oracle.root, version=version) as apt_get,
        Libapt(oracle, oracle.root, version=version, keeps_cache=True) as running,
    ):
        names = sorted(
            {line.split("\t")[2] for line in running.lines("dump-order") if line.count("\t") > 3}
        )
        with open(f"{oracle.root}/var/lib/dpkg/status", encoding="utf-8") as file:
            installed = sorted(line[9:-1] for line in file if line.startswith("Package: "))
        menu = Menu(packages=names, installed=installed)
        requests = [
            *HAND_MADE,
            *draw_requests("default", menu, 7, 35),
            *draw_requests("mixes", menu, 7, 30),
            *draw_requests("removals", menu, 7, 15),
        ]
        for request in requests:
            compared += 1
            found = compare_answers(request, visible(running.ask(request)), apt_get.ask(request))
            if found is not None:
                wrong.append((str(request), found.lines()))
    print(f"{compared - len(wrong)} agreed / {compared} compared")
    assert compared == 100
    assert wrong == []


@oracle_test
def test_marks_are_what_files_would_say(oracle, tmp_path):
    """A hold and changed automatic marks count as if they stood in the root's files."""
    source = oracle.find_root("server")
    marks = ("hold=vim", "auto=htop", "manual=libc6", "auto=apache2", "hold=php", "unhold=php")
    root = str(tmp_path / "root")
    shutil.copytree(source, root, symlinks=True)
    lists = os.path.join(root, "var/lib/apt/lists")
    shutil.rmtree(lists)
    os.symlink(os.path.join(source, "var/lib/apt/lists"), lists)
    with open(f"{source}/var/lib/dpkg/status", encoding="utf-8") as file:
        status = file.read()
    with open(f"{source}/var/lib/apt/extended_states", encoding="utf-8") as file:
        system = Installation("amd64", status, file.read())
    system.hold(["vim"])
    system.automatic = (system.automatic | {("htop", "amd64"), ("apache2", "amd64")}) - {
        ("libc6", "amd64")
    }
    with open(f"{root}/var/lib/dpkg/status", "w", encoding="utf-8") as file:
        file.write(system.status())
    with open(f"{root}/var/lib/apt/extended_states", "w", encoding="utf-8") as file:
        file.write(system.extended_states())
    verbs = [("upgrade", ()), ("autoremove", ()), ("install", ("vim-", "gawk"))]
    with Libapt(oracle, source) as marked, Libapt(oracle, root) as written:
        for verb, words in verbs:
            plain = written.ask(Request(verb, words))
            assert marked.ask(Request(verb, words, marks=marks)) == plain
        assert marked.ask(Request("autoremove")) != written.ask(Request("autoremove"))


@oracle_test
@pytest.mark.parametrize("mark", ["hold=no-such-package", "forget=dpkg", "dpkg", "auto=gawk"])
def test_mark_that_means_nothing_is_refused(oracle, mark):
    with Libapt(oracle, oracle.root, keeps_cache=True) as running:
        with pytest.raises(UsageError, match="no mark of an installed package"):
            running.ask(Request("upgrade", marks=(mark,)))
        assert running.ask(Request("upgrade")).verdict == "ok"
