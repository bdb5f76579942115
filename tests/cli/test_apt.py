"""Does ``foretell apt`` answer, refuse hostile files in one sentence, and change no file?"""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import os
import re

import jsonschema
import lz4.frame
import pytest
import zstandard

from foretell.cli.main import main
from tests.apt.world_lab import LIST, SITE, Lab, automatic, installed, package
from tests.tidy.tree import read

PLAN = jsonschema.Draft202012Validator(
    json.loads(read("docs/reference/schemas/foretell.apt.plan-1.schema.json"))
)
GOOD = package("a", Depends="b") + package("b") + package("unrelated")
STATUS = installed("here") + installed("auto")


@pytest.fixture
def lab(tmp_path, monkeypatch):
    lab = Lab(tmp_path, GOOD, STATUS)
    lab.set_automatic("auto")
    monkeypatch.setenv("XDG_CACHE_HOME", lab.cache)
    monkeypatch.delenv("FORETELL_TRACEBACK", raising=False)
    return lab


class Said:
    """What one command line said, in this process."""

    def __init__(self, lab, capsys, *words):
        before = lab.snapshot()
        self.status = main(["apt", words[0], "--root", lab.root, *words[1:]])
        captured = capsys.readouterr()
        self.out, self.err = captured.out, captured.err
        assert lab.snapshot() == before

    @property
    def place(self):
        """Return the path and the line of the one error there is."""
        assert len(re.findall(r"^error\[", self.err, re.MULTILINE)) == 1, self.err
        assert self.out == ""
        found = re.search(r"^  --> (.*?)(?::(\d+))?$", self.err, re.MULTILINE)
        assert found is not None, self.err
        return found[1], int(found[2] or 0)

    @property
    def code(self):
        found = re.match(r"error\[([a-z0-9-]+)\]: \S", self.err)
        assert found is not None, self.err
        return found[1]


# -- answers ---------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["unpacked", "half-configured"])
def test_what_dpkg_left_unpacked_is_there_and_counted(state, lab, capsys):
    """As apt 3.0.3 says for the same files, but for the space that is free."""
    lab.set_status(installed("a", Depends="b", Status=f"install ok {state}") + installed("b"))
    counts = "Removing: 0, Not Upgrading: 0\n  1 not fully installed or removed.\n"
    out = Said(lab, capsys, "install", "a").out
    assert out.startswith("a is already the newest version (1).\n")
    assert f"{counts}  Space needed: 0 B" in out
    assert f"Reinstalling: 1, {counts}  Space needed" in Said(lab, capsys, "reinstall", "a").out
    assert "  Download size: 1000 B\n" in Said(lab, capsys, "install", "unrelated").out


@pytest.mark.parametrize("state", ["triggers-pending", "triggers-awaited"])
def test_what_waits_for_triggers_is_there(state, lab, capsys):
    lab.set_status(installed("a", Depends="b", Status=f"install ok {state}") + installed("b"))
    out = Said(lab, capsys, "install", "a").out
    assert "not fully" not in out
    assert "Space" not in out


def test_what_cannot_be_had_is_told_before_the_error(lab, capsys):
    lab.add_list(GOOD + package("p", Provides="v") + package("q", Provides="v, w"))
    said = Said(lab, capsys, "install", "v", "nosuch", "w")
    assert (said.status, said.out) == (2, "")
    assert said.err == (
        "Package v is a virtual package provided by:\n  q 1\n  p 1\n\n"
        "error[no-candidate]: Package 'v' has no installation candidate\n"
        "   Unable to locate package nosuch\n"
    )
    assert Said(lab, capsys, "install", "--json", "v").err.startswith("error[no-candidate]")


def test_what_is_said_of_words_stands_before_a_failure(lab, capsys):
    said = Said(lab, capsys, "install", "a", "b-")
    assert said.status == 1
    first, second, *_, last = said.out.splitlines()
    assert first == "Package 'b' is not installed, so not removed"
    assert second == "Solving dependencies..."
    assert last == " a : Depends: b but it is not going to be installed"


def test_plan_is_written_as_apt_writes_it(lab, capsys):
    said = Said(lab, capsys, "install", "a")
    assert said.status == 0
    assert "Installing:\n  a\n\nInstalling dependencies:\n  b\n" in said.out
    assert said.err == ""


def test_plan_is_written_as_json(lab, capsys):
    said = Said(lab, capsys, "remove", "--json", "here")
    plan = json.loads(said.out)
    assert (said.status, plan["schema"], plan["verdict"]) == (0, "foretell.apt.plan/1", "ok")
    assert [(row["package"], row["action"]) for row in plan["changes"]] == [("here", "remove")]
    assert [row["package"] for row in plan["autoremovable"]] == ["auto"]


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("remove", "here"), "REMOVING:\n  here\n"),
        (("purge", "here"), "REMOVING:\n  here*\n"),
        (("autoremove",), "REMOVING:\n  auto\n"),
        (("upgrade",), "Upgrading: 0, Installing: 0, Removing: 0"),
        (("full-upgrade",), "Upgrading: 0, Installing: 0, Removing: 0"),
        (("reinstall", "here"), "Summary:"),
        (("install", "-V", "a"), "a (1)"),
        (("install", "-o", "APT::Install-Recommends=0", "a"), "Installing: 2"),
    ],
)
def test_verb_is_answered(lab, capsys, words, text):
    lab.add_list(GOOD + package("here"))
    said = Said(lab, capsys, *words)
    assert (said.status, said.err) == (0, "")
    assert text in said.out


def test_refusal_has_status_1_and_the_reasons(lab, capsys):
    lab.add_list(package("a", Depends="none"))
    said = Said(lab, capsys, "install", "a")
    assert said.status == 1
    assert said.out.endswith(
        "\nUnsatisfied dependencies:\n a : Depends: none but it is not installable\n"
    )
    assert Said(lab, capsys, "install", "-qq", "a").out.startswith("Some packages could not be")
    assert "Unable to satisfy dependencies" in said.err
    assert "a:amd64 Depends none" in said.err
    as_json = Said(lab, capsys, "install", "--json", "a")
    assert as_json.status == 1
    plan = json.loads(as_json.out)
    PLAN.validate(plan)
    assert (plan["verdict"], plan["hard"], plan["fixes"]) == ("unsatisfiable", True, [])
    assert plan["facts"] == [
        {"kind": "asked", "text": "you ask for a 1"},
        {"kind": "requires", "text": "a Depends none, but no source has none"},
    ]


@pytest.mark.parametrize(
    ("words", "command"),
    [
        (("install", "a", "b"), "apt install b"),
        (("remove", "c"), None),
        (("full-upgrade", "b", "a"), None),
        (("satisfy", "a, b"), None),
    ],
)
def test_programs_read_what_people_see_of_a_refusal(lab, capsys, words, command):
    lab.add_list(package("a", Conflicts="b") + package("b") + package("c"))
    lab.set_status(installed("c") + installed("d", Depends="c"))
    lab.set_automatic("c")
    seen = Said(lab, capsys, *words)
    plan = json.loads(Said(lab, capsys, words[0], "--json", *words[1:]).out)
    PLAN.validate(plan)
    assert seen.status == 1
    for fact in plan["facts"]:
        assert fact["text"] in seen.err
    assert [fix["commands"] for fix in plan["fixes"]] == [[command]] * bool(command)
    assert command is None or f"  {command}\n" in seen.err
    why_not = json.loads(Said(lab, capsys, "why-not", "--json", "a", "b").out)
    if words == ("install", "a", "b"):
        assert [why_not[key] for key in ("hard", "facts")] == [plan["hard"], plan["facts"]]
        assert plan["fixes"][0] in why_not["fixes"]


def test_unknown_has_status_1_and_names_the_rule(lab, capsys):
    said = Said(lab, capsys, "install", "./a.deb")
    assert (said.status, said.out) == (1, "")
    assert "local .deb files" in said.err


@pytest.mark.parametrize("words", [("none",), ("a=9",), ("a/none",), ("--nonsense", "a")])
def test_wrong_request_has_status_2(lab, capsys, words):
    said = Said(lab, capsys, "install", *words)
    assert (said.status, said.out) == (2, "")
    assert said.err


def test_process_answers_as_well(lab):
    done = lab.run("install", "a")
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"Installing dependencies:\n  b\n" in done.stdout


# -- hostile files ---------------------------------------------------------------------------

STANZA = "Package: z\nVersion: 1\nArchitecture: amd64\n"
PACKAGES_FAULTS = {
    "no-package": ("Version: 1\n", 0),
    "no-version": ("Package: z\n", 0),
    "no-field": ("Package: z\nnonsense\n", 1),
    "continuation-first": (" x\n", 0),
    "field-without-name": (STANZA + ": x\n", 3),
    "field-with-blank": (STANZA + "Bad name: x\n", 3),
    "bytes": (STANZA + "\xff\xfe\0\n", 3),
    "size": (STANZA + "Size: many\n", 0),
    "size-negative": (STANZA + "Size: -1\n", 0),
    "size-long": (STANZA + "Installed-Size: " + "9" * 400 + "\n", 0),
    "name-control": ("Package: z\x1b]0;x\x07\nVersion: 1\n", 0),
    "name-blank": ("Package: z z\nVersion: 1\n", 0),
    "name-continued": ("Package: z\n z\nVersion: 1\n", 0),
    "version-control": ("Package: z\nVersion: 1\x08\n", 0),
    "crlf": (STANZA.replace("\n", "\r\n") + "\r\n" + STANZA.replace("\n", "\r\n"), 3),
    "html": ("<!DOCTYPE html>\n<html><body>404</body></html>\n", 0),
    "nul": ("\0" * 4096, 0),
    "provides": (STANZA + "Provides: (\n", None),
}


@pytest.mark.parametrize("name", PACKAGES_FAULTS)
def test_broken_list_is_refused_with_its_line(lab, capsys, name):
    text, offset = PACKAGES_FAULTS[name]
    path = lab.add_list((GOOD + text + "\n" + GOOD).encode("latin-1"))
    said = Said(lab, capsys, "install", "a")
    assert said.status == 2
    assert said.place == (path, 0 if offset is None else GOOD.count("\n") + 1 + offset)
    assert "\n  rule: " in said.err
    assert "\x1b" not in said.err


@pytest.mark.parametrize("field", ["Depends", "Pre-Depends", "Conflicts", "Recommends", "Suggests"])
def test_broken_relation_is_refused_with_its_line(lab, capsys, field):
    text = STANZA + f"{field}: b (>> \n"
    path = lab.add_list(GOOD + text + "\n")
    said = Said(lab, capsys, "install", "z")
    assert (said.status, said.code) == (2, "bad-relation")
    assert said.place == (path, GOOD.count("\n") + 4)
    assert Said(lab, capsys, "install", "a").status == 0  # nothing that this question reaches


def test_endless_stanza_is_refused_with_its_line(lab, capsys):
    path = lab.add_list(GOOD.encode() + b"Package: z\n" + b"Tag: x\n" * (3 << 20))
    said = Said(lab, capsys, "install", "a")
    assert (said.status, said.code) == (2, "stanza-too-long")
    assert said.place[0] == path
    assert said.place[1] >= 1


PACKERS = {
    ".gz": gzip.compress,
    ".xz": lzma.compress,
    ".bz2": bz2.compress,
    ".lz4": lz4.frame.compress,
    ".zst": zstandard.ZstdCompressor(write_checksum=True).compress,
}


@pytest.fixture(params=PACKERS)
def packed(request, lab):
    """Return the path and the content of a packed list that stands alone."""
    os.unlink(lab.list_path())
    data = PACKERS[request.param](GOOD.encode() * 50)
    return lab.add_list(data, extension=request.param), data


def test_packed_list_is_read(lab, capsys, packed):
    assert Said(lab, capsys, "install", "a").status == 0


@pytest.mark.parametrize("share", [0.3, 0.9, -1])
def test_truncated_list_is_refused(lab, capsys, packed, share):
    path, data = packed
    with open(path, "wb") as file:
        file.write(data[: int(len(data) * share) if share > 0 else -1])
    said = Said(lab, capsys, "install", "a")
    assert (said.status, said.place) == (2, (path, 0))
    assert said.code in {"truncated-file", "bad-compression"}


def test_damaged_list_is_refused(lab, capsys, packed):
    path, data = packed
    with open(path, "wb") as file:
        file.write(data[:12] + bytes(byte ^ 0x55 for byte in data[12:40]) + data[40:])
    said = Said(lab, capsys, "install", "a")
    assert (said.status, said.place) == (2, (path, 0))


def test_packed_list_with_a_broken_stanza_is_refused_with_its_line(lab, capsys, packed):
    path, _ = packed
    with open(path, "wb") as file:
        file.write(PACKERS[os.path.splitext(path)[1]]((GOOD + "nonsense\n").encode()))
    said = Said(lab, capsys, "install", "a")
    assert (said.status, said.place) == (2, (path, GOOD.count("\n") + 1))


FILES = {
    "status": ("var/lib/dpkg/status", STATUS + "Package: z\n\n", len(STATUS.split("\n"))),
    "status-bytes": ("var/lib/dpkg/status", STATUS + "\xff\n", len(STATUS.split("\n"))),
    "status-relation": ("var/lib/dpkg/status", installed("z", Depends="b ("), 1),
    "status-provides": ("var/lib/dpkg/status", installed("z", Provides="b ("), 1),
    "status-size": ("var/lib/dpkg/status", installed("z", Installed_Size="-1"), 1),
    "extended-states": ("var/lib/apt/extended_states", automatic("a") + "nonsense\n", 5),
    "extended-states-nameless": ("var/lib/apt/extended_states", "Auto-Installed: 1\n", 1),
    "preferences": ("etc/apt/preferences", "Package: a\nPin: version 1\nPin-Priority: x\n", 1),
    "preferences-bytes": ("etc/apt/preferences.d/x.pref", "\n\xff\xfe\n", 2),
    "sources": ("etc/apt/sources.list", f"# c\ndeb {SITE}\n", 2),
    "sources-type": ("etc/apt/sources.list.d/x.list", "rpm x y z\n", 1),
    "sources-option": ("etc/apt/sources.list", f"deb [arch=amd64 {SITE} trixie main\n", 1),
    "sources-deb822": ("etc/apt/sources.list.d/x.sources", "Types: deb\nSuites: x\n", 1),
    "sources-deb822-bytes": ("etc/apt/sources.list.d/x.sources", "Types: deb\n\xff\n", 2),
    "apt-conf": ("etc/apt/apt.conf", '\n{ "x"; };\n', 2),
    "apt-conf-quote": ("etc/apt/apt.conf.d/10x", 'APT::X "y;\n', 0),
    "apt-conf-bytes": ("etc/apt/apt.conf.d/10x", 'A "\xff" \0;\n', 0),
    "release": (
        f"var/lib/apt/lists/{LIST.split('{suite}')[0].format()}trixie_Release",
        "Origin: x\nnonsense\n",
        2,
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_broken_file_is_refused_with_its_line(lab, capsys, name):
    file, text, line = FILES[name]
    path = lab.write(file, text.encode("latin-1"))
    said = Said(lab, capsys, "install", "a")
    assert said.status == 2, said.out + said.err
    assert said.place[0] == path
    if line:
        assert said.place[1] == line
    assert "rule: " in said.err


@pytest.mark.parametrize("name", ["status", "apt-conf", "sources", "no-package"])
def test_process_refuses_in_the_same_words(lab, capsys, name):
    if name in FILES:
        lab.write(FILES[name][0], FILES[name][1].encode("latin-1"))
    else:
        lab.add_list(GOOD + PACKAGES_FAULTS[name][0])
    said = Said(lab, capsys, "install", "a")
    before = lab.snapshot()
    done = lab.run("install", "a")
    assert (done.returncode, done.stdout, done.stderr.decode()) == (2, b"", said.err)
    assert b"Traceback" not in done.stderr
    assert lab.snapshot() == before


@pytest.mark.parametrize("suffix", [".index", ".memo", ".settled"])
@pytest.mark.parametrize("damage", ["empty", "half", "garbage", "flipped"])
def test_damaged_cache_changes_nothing(lab, capsys, suffix, damage):
    first = Said(lab, capsys, "install", "a")
    folder = os.path.join(lab.cache, "foretell", "apt")
    (name,) = [name for name in os.listdir(folder) if name.endswith(suffix)]
    path = os.path.join(folder, name)
    with open(path, "r+b") as file:
        good = file.read()
        broken = {
            "empty": b"",
            "half": good[: len(good) // 2],
            "garbage": b"\xff" * len(good),
            "flipped": good[:-20] + bytes([good[-20] ^ 4]) + good[-19:],
        }[damage]
        file.seek(0)
        file.truncate()
        file.write(broken)
    again = Said(lab, capsys, "install", "a")
    assert (again.status, again.out, again.err) == (first.status, first.out, first.err)


def test_empty_files_are_a_system_without_packages(lab, capsys):
    lab.add_list("")
    for name in ("var/lib/dpkg/status", "var/lib/apt/extended_states", "etc/apt/preferences"):
        lab.write(name, "")
    assert Said(lab, capsys, "install", "a").status == 2  # no such package
    assert Said(lab, capsys, "upgrade").status == 0


@pytest.mark.parametrize("file", ["var/lib/dpkg/status", "etc/apt/sources.list"])
def test_missing_file_has_status_3(lab, capsys, file):
    os.unlink(lab.path(file))
    said = Said(lab, capsys, "install", "a")
    assert (said.status, said.out) == (3, "")
    assert "hint: " in said.err


def test_text_that_a_terminal_would_act_on_is_not_written(lab, capsys):
    """Relations are foreign text as well: what may be shown of them is checked when parsed."""
    lab.add_list(package("a", Suggests="b\x1b[2J") + package("c", Depends="d\x07"))
    for word in ("a", "c"):
        said = Said(lab, capsys, "install", word)
        assert said.status in {1, 2}
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", said.out + said.err)


def test_names_that_are_no_utf8_are_shown_escaped(lab):
    lab.add_list(package("caf\udce9", Depends="b\udcff") + package("b\udcff"))
    done = lab.run("install", "caf\udce9")
    assert done.returncode == 0
    assert rb"\udce9" in done.stdout
    assert json.loads(lab.run("install", "--json", "caf\udce9").stdout)["verdict"] == "ok"


# -- determinism -----------------------------------------------------------------------------


def test_answer_depends_on_the_question_only(lab, tmp_path):
    """Hash seed, locale, time zone, working directory and a cold or warm cache change nothing."""
    names = [f"p{number}" for number in range(30)]
    lab.add_list(
        "".join(package(n, Provides="v", Recommends="v, w | x", Conflicts="y") for n in names)
        + package("a", Depends="v, p7 | p3", Suggests="p9, none")
        + package("x", Provides="w") + package("y") + package("bad", Depends="v (>= 1) | y, p1")
    )  # fmt: skip
    lab.set_status("".join(installed(n, Provides="v", Recommends="v") for n in names[20:25]))
    lab.set_automatic(*names[20:23])
    variations = [
        {"PYTHONHASHSEED": "0"},
        {"PYTHONHASHSEED": "77", "LC_ALL": "C", "TZ": "Asia/Kolkata", "cwd": "/"},
        {"PYTHONHASHSEED": "4242", "LC_ALL": "POSIX", "LANG": "tr_TR", "TZ": "UTC-14"},
    ]
    for words in (("install", "a"), ("install", "--json", "a"), ("install", "bad"),
                  ("install", "--json", "bad")):  # fmt: skip
        found = {
            (done.returncode, done.stdout, done.stderr)
            for done in (lab.run(*words, **variation) for variation in variations)
        }
        assert len(found) == 1
