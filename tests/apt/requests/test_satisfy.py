"""Do `satisfy` and `build-dep` ask the solver for what apt asks it for?"""

from __future__ import annotations

import os
import re

import pytest

from foretell.apt.answers.predict import predict
from foretell.apt.requests.request import Request
from foretell.apt.system.world import load_world
from foretell.errors import ForetellError, InputError, MissingError, UsageError
from tests.apt.apt_root import AptRoot, oracle_folder, stanza
from tests.apt.source_lab import LAB, LAB_STATUS, binary, lay_out, needing, world_files

# Command line -> what apt installs, or how it refuses: recorded from apt 3.0.4, and asked again
# by the oracle test.  "*" marks what apt calls manual.
FAILS = "unsatisfiable"
REFUSES = "refused"
CASES = {
    "build-dep foo": "b* build-essential*",
    "build-dep bar": "build-essential* c*",
    "build-dep foo-bin": "b* build-essential*",
    "build-dep src:foo-bin": "build-essential* d*",
    "build-dep z1": "build-essential* c*",
    "build-dep z2": REFUSES,
    "build-dep same-source": "b* build-essential*",
    "build-dep w": "build-essential* c*",
    "build-dep other": "build-essential* c*",
    "build-dep gone": "b* build-essential*",
    "build-dep gone-bin": "b* build-essential*",
    "build-dep x-bin": "b* build-essential*",
    "build-dep src:gone-bin": REFUSES,
    "build-dep nn": REFUSES,
    "build-dep nosuch": REFUSES,
    "build-dep same": "a* build-essential*",
    "build-dep m": "a* build-essential*",
    "build-dep m=3": "b* build-essential*",
    "build-dep m=2+b1": "a* build-essential*",
    "build-dep m=2": "a* build-essential*",
    "build-dep m/sid": REFUSES,
    "build-dep -t sid m": REFUSES,
    "build-dep foo/trixie": "a* build-essential*",
    "build-dep foo/sid": "b* build-essential*",
    "build-dep foo/n=sid": "b* build-essential*",
    "build-dep foo/SID": "b* build-essential*",
    "build-dep foo/stable": REFUSES,
    "build-dep foo/": "b* build-essential*",
    "build-dep foo=": "b* build-essential*",
    "build-dep foo=2": "build-essential* c*",
    "build-dep foo=9": REFUSES,
    "build-dep foo=3*": REFUSES,
    "build-dep foo=1/sid": "a* build-essential*",
    "build-dep -t sid foo=1": "a* build-essential*",
    "build-dep foo-bin/trixie": "a* build-essential*",
    "build-dep foo-bin=1": "a* build-essential*",
    "build-dep foo-bin=9": REFUSES,
    "build-dep z1=1": "build-essential* c*",
    "build-dep z1/trixie": REFUSES,
    "build-dep z1/sid": "build-essential* c*",
    "build-dep q": "b* build-essential*",
    "build-dep q/trixie": "a* build-essential*",
    "build-dep q/sid": REFUSES,
    "build-dep q=1": "a* build-essential*",
    "build-dep -t sid q": REFUSES,
    "build-dep -t sid trixie-only": REFUSES,
    "build-dep -t trixie foo": "a* build-essential*",
    "build-dep foo:amd64": REFUSES,
    "build-dep here:amd64": "a* build-essential*",
    "build-dep here:i386": REFUSES,
    "build-dep here:any": REFUSES,
    "build-dep bar=3 bar=1": "b* build-essential*",
    "build-dep bar=1 foo=2": "a* build-essential* c*",
    "build-dep foo nosuch": REFUSES,
    "build-dep --only-source foo-bin": "build-essential* d*",
    "build-dep --only-source x-bin": REFUSES,
    "build-dep without": "build-essential*",
    "build-dep filtered": "build-essential*",
    "build-dep broken": REFUSES,
    "build-dep impossible": FAILS,
    "build-dep operators": "a* b* build-essential* c*",
    "build-dep multi-arch": "build-essential* p*",
    "build-dep rr": "build-essential* rec*",
    "build-dep -o APT::Install-Recommends=1 rr": "build-essential* rec*",
    "build-dep -o APT::Install-Suggests=1 rr": "b build-essential* rec*",
    "build-dep all-fields": "a* b* build-essential* c* d* e*",
    "build-dep --arch-only all-fields": "a* b* build-essential* c* e*",
    "build-dep --indep-only all-fields": "a* b* build-essential* c* d*",
    "build-dep --arch-only --indep-only all-fields": "a* b* build-essential* c*",
    "build-dep -P nodoc,x all-fields": "a* b* build-essential* d* e*",
    "build-dep -o APT::Build-Essential::=h foo": "b* build-essential* h*",
    "build-dep -o APT::Build-Essential=h foo": "b* h*",
    "build-dep -o APT::Get::Build-Dep-Automatic=1 foo": "b build-essential",
    "build-dep": REFUSES,
    "satisfy a": "a*",
    "satisfy rec": "a rec*",
    "satisfy rec|a": "a* rec*",
    "satisfy nosuch|a,b(>=1)": "a* b*",
    "satisfy a(>=2)|b": "b*",
    "satisfy a(<<2)b": REFUSES,
    "satisfy a Conflicts:b": "a*",
    "satisfy a Conflicts:a": FAILS,
    "satisfy Conflicts:old": FAILS,
    "satisfy Conflicts:a|rec,b": "",
    "satisfy rec Conflicts:a": "rec*",
    "satisfy old": "",
    "satisfy old,a": "a*",
    "satisfy pv": "p*",
    "satisfy p:any": "p*",
    "satisfy p:native|a": "p*",
    "satisfy p:amd64": "p*",
    "satisfy pv:amd64": "p*",
    "satisfy pv(>=1)": FAILS,
    "satisfy p:i386": FAILS,
    "satisfy a:any": FAILS,
    "satisfy a[i386],b[linux-any]<!nocheck>": "b*",
    "satisfy -P nocheck a<!nocheck>,b<nocheck>": "b*",
    "satisfy a[!amd64]": "",
    "satisfy a(!=1)|b": "b*",
    "satisfy a(<1)": REFUSES,
    "satisfy a,": "a*",
    "satisfy ,a": REFUSES,
    "satisfy Depends:a": FAILS,
    "satisfy Conflicts:": REFUSES,
    "satisfy nosuch": FAILS,
    "satisfy -o APT::Get::Build-Dep-Automatic=1 rec": "a rec*",
    "satisfy": REFUSES,
}
FLAGS = {
    "--only-source": "APT::Get::Only-Source=1",
    "--arch-only": "APT::Get::Arch-Only=1",
    "--indep-only": "APT::Get::Indep-Only=1",
}


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    root = tmp_path_factory.mktemp("lab")
    lay_out(str(root), LAB, LAB_STATUS)
    return str(root)


def ask(root, line, environment=None):
    """Return foretell's answer to a command line of apt-get."""
    verb, *rest = line.split(" ")
    words: list[str] = []
    options = ["APT::Solver=3.0"]
    release = ""
    while rest:
        word = rest.pop(0)
        if word == "-t":
            release = rest.pop(0)
        elif word == "-P":
            options.append(f"APT::Build-Profiles={rest.pop(0)}")
        elif word == "-o":
            options.append(rest.pop(0))
        else:
            (options if word in FLAGS else words).append(FLAGS.get(word, word))
    world = load_world(
        root,
        options=options,
        target_release=release,
        environment=environment or {},
        cache=os.path.join(root, "cache"),
    )
    return predict(world, Request(verb, words))


def told(answer):
    """Return an answer in the form of `CASES`."""
    if answer.verdict != "ok":
        return answer.verdict
    universe = answer.state.universe
    return " ".join(
        universe.name(change.package).decode() + ("" if change.automatic else "*")
        for change in answer.changes
    )


@pytest.mark.parametrize("line", CASES)
def test_answer_is_the_recorded_one(lab, line):
    try:
        found = told(ask(lab, line))
    except ForetellError:
        found = REFUSES
    assert found == CASES[line]


def in_apts_words(output, automatic_seen):
    """Return what apt-get printed, in the form of `CASES`."""
    if "Unable to satisfy dependencies" in output:
        return FAILS
    if re.search(r"(?m)^(E|Error): ", output):
        return REFUSES
    names = sorted(re.findall(r"(?m)^Inst (\S+)", output))
    return " ".join(name + ("" if name in automatic_seen else "*") for name in names)


@pytest.mark.oracle
@pytest.mark.root
def test_recorded_answers_are_apts(tmp_path, require):
    if not os.path.isdir(oracle_folder()):
        require("apt", f"no oracle root at {oracle_folder()}")
    root = AptRoot(str(tmp_path / "root"))
    lines, lists = world_files(LAB)
    root.set_world(lines, lists, LAB_STATUS)
    wrong = {}
    for line, expected in CASES.items():
        output = root.run("apt", *line.split(" "), "--solver", "3.0", "-s")
        part = re.search(r"Installing dependencies:\n((?:  .*\n)+)", output)
        found = in_apts_words(output, part[1].split() if part else [])
        if found != expected:
            wrong[line] = (found, expected)
    assert wrong == {}


def test_stand_ins_leave_no_trace(lab):
    answer = ask(lab, "satisfy rec")
    assert answer.state.stand_ins
    hidden = set(answer.state.stand_ins)
    assert hidden.isdisjoint(answer.planned.versions)
    assert hidden.isdisjoint(answer.autoremovable)
    assert hidden.isdisjoint(change.package for change in answer.changes)
    assert len(answer.prediction.plan.steps) == 2


def test_reasons_lead_to_the_stand_in(lab):
    (reason,) = ask(lab, "satisfy a").prediction.reasons
    assert (reason.kind, reason.fields["relation"], reason.fields["text"]) == (
        "relation",
        "Depends",
        "a",
    )
    (wish,) = reason.parents
    assert wish.fields["package"] == "satisfy:command-line:amd64"


def test_notes_are_apts_words(lab):
    notes = [note.text for note in ask(lab, "build-dep foo-bin/trixie without").notes]
    assert notes == [
        "Picking 'foo' as source package instead of 'foo-bin'",
        "Selected version '1' (trixie) for foo",
        "without has no build depends.",
    ]


def test_errors_are_apts_words(lab):
    with pytest.raises(UsageError) as caught:
        ask(lab, "build-dep foo-bin=9")
    assert caught.value.message == (
        "Can not find version '9' of package 'foo-bin'; "
        "Unable to find a source package for foo-bin=9"
    )


def test_broken_field_names_its_place(lab):
    with pytest.raises(InputError) as caught:
        ask(lab, "build-dep broken")
    path, line = caught.value.path, caught.value.line
    assert path is not None
    assert line is not None
    assert path.endswith("trixie_main_source_Sources")
    with open(path, encoding="utf-8") as file:
        assert file.readlines()[line - 1] == "Package: broken\n"
    assert caught.value.message.startswith("Build-Depends of broken: ")


@pytest.mark.parametrize("word", ["./x.dsc", "/srv/x", "../x", "x.dsc"])
def test_local_sources_are_not_modelled(lab, word):
    answer = ask(lab, f"build-dep {word}")
    assert (answer.verdict, answer.missing_rule) == (
        "unknown",
        "build dependencies of local source packages",
    )


@pytest.mark.parametrize("line", ["build-dep foo", "satisfy a"])
def test_other_host_architectures_are_not_modelled(lab, line):
    verb, word = line.split()
    answer = ask(lab, f"{verb} -o APT::Get::Host-Architecture=i386 {word}")
    assert answer.verdict == "unknown"
    assert ask(lab, f"{verb} -o APT::Get::Host-Architecture=amd64 {word}").verdict == "ok"


@pytest.mark.parametrize("name", ["APT::Get::AutomaticRemove", "APT::Get::Only-Upgrade"])
def test_settings_without_a_known_meaning_are_not_guessed(lab, name):
    answer = ask(lab, f"satisfy -o {name}=1 a")
    assert (answer.verdict, answer.missing_rule) == ("unknown", f"{name} with satisfy or build-dep")


def test_without_source_lists_one_is_told_so(tmp_path):
    lay_out(str(tmp_path), {"trixie": (binary("a"), needing("a", "1", "a"))}, LAB_STATUS)
    (tmp_path / "etc/apt/sources.list").write_text(
        "deb [trusted=yes] http://example.org/debian trixie main\n"
    )
    with pytest.raises(MissingError) as caught:
        ask(str(tmp_path), "build-dep a")
    assert caught.value.code == "no-source-lists"


@pytest.mark.parametrize(
    ("options", "expected"),
    [("", "c*"), ("-P p2 ", "a* c*"), ("-o APT::Build-Profiles::=p3 ", "c*")],
)
def test_environment_gives_profiles_unless_a_value_is_set(lab, options, expected):
    line = f"satisfy {options}a<!p1>,b<!p2>,c<!p3>"
    assert told(ask(lab, line, {"DEB_BUILD_PROFILES": "p1 p2"})) == expected


def test_installed_targets_become_manual_only_with_other_changes(tmp_path):
    lay_out(str(tmp_path), LAB, LAB_STATUS)
    marks = {"Package": "old", "Architecture": "amd64", "Auto-Installed": "1"}
    (tmp_path / "var/lib/apt/extended_states").write_text(stanza(marks))
    names = [package for package, _ in ask(str(tmp_path), "satisfy old,a").marks]
    assert len(names) == 1
    assert ask(str(tmp_path), "satisfy old").marks == []
