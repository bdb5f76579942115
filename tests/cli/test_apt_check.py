"""Does ``foretell apt check`` compare, explain and record as it says?"""

from __future__ import annotations

import json
import os
import re
from dataclasses import replace

import jsonschema
import pytest

from foretell.cli.apt_session import Session
from foretell.cli.main import main
from foretell.oracle.answer import Answer
from tests.oracle.real_apt import oracle_or_none
from tests.tidy.tree import ROOT, read

SCHEMA = json.loads(read("docs/reference/schemas/foretell.apt.check-1.schema.json"))


def run(capsys, *argv):
    status = main(["apt", "check", *argv])
    done = capsys.readouterr()
    return status, done.out, done.err


@pytest.fixture
def oracle(require):
    found = oracle_or_none()
    if found is None:
        require("apt", "the oracle is not built: make oracle")
    return found


def test_missing_oracle_is_named(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("FORETELL_ORACLE_DIR", str(tmp_path))
    status, out, err = run(capsys, "--stratum", "single")
    assert (status, out) == (3, "")
    assert err.startswith("error[no-oracle]: the oracle is not built: trixie-minimal")
    assert "hint: as root: python -m foretell.oracle.rootfs" in err


@pytest.mark.parametrize(
    ("argv", "code"),
    [
        (["--trace", "--reduce", "git"], "two-tasks"),
        (["--trace"], "no-request"),
        (["--reduce"], "no-request"),
        (["--all", "--here"], "two-tasks"),
        (["--all", "install", "git"], "all-alone"),
        (["--all", "--stratum", "single"], "all-alone"),
        (["--here", "--mark", "hold=dpkg", "upgrade"], "not-here"),
        (["--own", "--all"], "two-tasks"),
        (["--own", "--reduce", "git"], "two-tasks"),
        (["--requests", "0"], "bad-number"),
        (["--stratum", "no-such"], "unknown-stratum"),
    ],
)
def test_tasks_that_make_no_sense_are_refused(capsys, argv, code):
    status, out, err = run(capsys, *argv)
    assert (status, out) == (2, "")
    assert err.startswith(f"error[{code}]")


@pytest.mark.oracle
def test_own_apt_is_named_with_its_solver(capsys, oracle):
    heading = (
        "apt 3.0.3 as it is; foretell asks the classic solver (internal): the default of apt 3.0.3"
    )
    argv = ["--own", "--solver-version", "3.0.3", "install", "nano"]
    assert run(capsys, *argv) == (0, f"{heading}\n1 agreed / 1 compared\n", "")
    status, out, _ = run(capsys, "--json", *argv)
    document = json.loads(out)
    jsonschema.validate(document, SCHEMA)
    assert status == 0
    assert document["oracle"] == {"name": "apt", "version": "3.0.3", "solver": "internal"}
    status, out, _ = run(capsys, "--own", "--trace", "install", "nano")
    assert (status, out.startswith("both searches take the same")) == (0, True)


@pytest.mark.oracle
@pytest.mark.parametrize(
    ("argv", "status", "code"),
    [
        (["satisfy", "git"], 2, "apt-get-only"),
        (["--mark", "hold=no-such-package", "upgrade"], 2, "bad-mark"),
        (["--own", "--mark", "hold=dpkg", "upgrade"], 2, "no-marks"),
        (["--own", "--solver-version", "1.0", "install", "git"], 3, "no-such-libapt"),
        (["--stratum", "builds", "--root", "/nonexistent"], 2, "unknown-stratum"),
        (["--solver-version", "0.1"], 3, "no-such-libapt"),
        (["fetch", "git"], 2, "unknown-verb"),
        (["--root", "no-such-folder"], 3, "no-status"),
    ],
)
def test_wrong_requests_are_refused(capsys, oracle, argv, status, code):
    found, out, err = run(capsys, *argv)
    assert (found, out) == (status, "")
    assert err.startswith(f"error[{code}]")


@pytest.mark.oracle
def test_last_line_is_the_count(capsys, oracle):
    status, out, err = run(capsys, "--requests", "3", "--seed", "2", "--stratum", "single")
    assert re.fullmatch(r"3 agreed / 3 compared", out.splitlines()[-1])
    assert (status, err) == (0, "")


@pytest.mark.oracle
def test_json_keeps_to_its_schema(capsys, oracle):
    status, out, _ = run(capsys, "--json", "--requests", "2")
    document = json.loads(out)
    jsonschema.validate(document, SCHEMA)
    assert (status, document["agreed"], document["compared"]) == (0, 2, 2)
    assert document["drawn"] == {"stratum": "default", "seed": 1, "requests": 2}


@pytest.mark.oracle
def test_failures_are_counted_by_their_reason(capsys, oracle):
    status, out, _ = run(capsys, "remove", "libc6")
    count, last = out.splitlines()
    assert (status, last) == (0, "1 agreed / 1 compared")
    assert count == "failures: 1, same pair 1 (100.00 %), same text 1"
    _, out, _ = run(capsys, "install", "no-such-package")
    assert out.splitlines()[0] == (
        "failures: 0, same pair 0 (- %), same text 0; 1 without a conflict"
    )


@pytest.mark.oracle
def test_other_reasons_are_shown(capsys, oracle, monkeypatch):
    ours = Session.ours

    def other(session, request):
        answer = ours(session, request)
        return replace(answer, error=answer.error.replace("libc6:", "libx6:"))

    monkeypatch.setattr(Session, "ours", other)
    status, out, _ = run(capsys, "remove", "libc6")
    lines = out.splitlines()
    assert status == 0
    assert lines[0] == "fails for another reason (pair): remove libc6"
    assert "  ours: libx6:amd64 is selected for removal" in lines
    assert "  theirs: libc6:amd64 is selected for removal" in lines
    assert lines[-2] == "failures: 1, same pair 0 (0.00 %), same text 0"
    document = json.loads(run(capsys, "--json", "remove", "libc6")[1])
    jsonschema.validate(document, SCHEMA)
    assert [row["kind"] for row in document["failures"]["other"]] == ["pair"]


@pytest.fixture
def liar(monkeypatch):
    """Make foretell say that nothing can be done."""
    monkeypatch.setattr(Session, "ours", lambda session, request: Answer(verdict="failed"))


@pytest.mark.oracle
def test_disagreement_is_shown_with_the_next_step(capsys, oracle, liar):
    status, out, _ = run(capsys, "install", "gawk")
    lines = out.splitlines()
    assert status == 1
    assert lines[0] == "differs (success): install gawk"
    assert lines[-2].endswith("--trace -- install gawk")
    assert lines[-1] == "0 agreed / 1 compared"


@pytest.mark.oracle
def test_known_deviation_is_no_failure(capsys, oracle, liar, tmp_path):
    version = oracle.versions()[0]
    rows = tmp_path / "known.toml"
    text = f'id = "x"\noracle = "apt {version}"\ninput = "install gawk"\n'
    rows.write_text(
        f'[[deviation]]\n{text}ours = "no"\ntheirs = "yes"\nwhy = "lies"\nsince = "1"\n'
    )
    status, out, _ = run(capsys, "--known-deviations", str(rows), "gawk")
    assert (status, "  known: x: lies" in out.splitlines()) == (0, True)
    status, out, _ = run(capsys, "--json", "--known-deviations", str(rows), "gawk")
    document = json.loads(out)
    jsonschema.validate(document, SCHEMA)
    assert status == 0
    assert document["drawn"] is None
    assert [row["known"] for row in document["differences"]] == ["x"]


@pytest.mark.oracle
def test_stratum_brings_its_root_and_options(capsys, oracle, liar):
    argv = ["--stratum", "no-recommends", "--mark", "hold=vim", "install", "gawk"]
    status, out, _ = run(capsys, *argv)
    assert status == 1
    assert "only theirs: install gawk:amd64" in out
    shown = next(line for line in out.splitlines() if "where they part" in line)
    assert shown.endswith("--stratum no-recommends --mark hold=vim --trace -- install gawk")
    status, out, _ = run(capsys, "--json", *argv)
    document = json.loads(out)
    jsonschema.validate(document, SCHEMA)
    assert [row["marks"] for row in document["differences"]] == [["hold=vim"]]


@pytest.mark.oracle
def test_known_deviation_may_name_the_root(capsys, oracle, liar, tmp_path):
    version = oracle.versions()[0]
    rows = tmp_path / "known.toml"
    rows.write_text(
        f'[[deviation]]\nid = "x"\noracle = "apt {version}"\ninput = "server: install gawk"\n'
        'ours = "no"\ntheirs = "yes"\nwhy = "lies"\nsince = "1"\n'
    )
    argv = ["--known-deviations", str(rows), "install", "gawk"]
    assert run(capsys, "--stratum", "sets", *argv)[0] == 0
    assert run(capsys, "--stratum", "single", *argv)[0] == 1


@pytest.mark.oracle
@pytest.mark.parametrize(
    "argv",
    [
        ["--stratum", "autoremove", "--mark", "auto=vim", "autoremove"],
        ["--stratum", "satisfy", "satisfy", "gawk | mawk"],
    ],
)
def test_trace_is_of_the_stratum(capsys, oracle, argv):
    status, out, _ = run(capsys, "--trace", *argv)
    assert status == 0, out
    assert re.fullmatch(r"both searches take the same \d+ steps\n", out)


@pytest.mark.oracle
def test_trace_compares_every_step(capsys, oracle):
    status, out, _ = run(capsys, "--trace", "install", "gawk")
    assert status == 0
    assert re.fullmatch(r"both searches take the same \d+ steps\n", out)


@pytest.mark.oracle
def test_agreement_is_not_reduced(capsys, oracle, tmp_path):
    from foretell.oracle.case import read_case, write_root

    write_root(read_case(os.path.join(ROOT, "corpus/apt/backtrack-once.json")), str(tmp_path))
    status, _, err = run(capsys, "--root", str(tmp_path), "--reduce", "install", "x")
    assert status == 2
    assert err.startswith("error[no-disagreement]")


@pytest.mark.oracle
def test_disagreement_is_reduced_to_a_case(capsys, oracle, tmp_path, monkeypatch):
    from foretell.apt.cases.case import format_case, parse_case
    from foretell.cli import apt_reduce
    from foretell.oracle.case import read_case, write_root

    replay = apt_reduce.replay_case

    def forgetful(case, path):
        """Answer as if nothing depended on a version."""
        case = parse_case(format_case(case), path)
        for part in case.lists:
            for stanza in part.stanzas:
                if "Depends" in stanza:
                    stanza["Depends"] = re.sub(r" \(.*?\)", "", stanza["Depends"])
        return replay(case, path)

    monkeypatch.setattr(apt_reduce, "replay_case", forgetful)
    root = tmp_path / "root"
    root.mkdir()
    case = os.path.join(ROOT, "corpus/apt/provides-versioned.json")
    write_root(read_case(case), str(root))
    output = tmp_path / "reduced.json"
    status, out, _ = run(
        capsys, "--root", str(root), "--output", str(output), "--reduce", "install", "x"
    )
    assert (status, out) == (0, f"{output}\n")
    reduced = read_case(str(output))
    names = [stanza["Package"] for stanza in reduced["lists"][0]["stanzas"]]
    assert "x" in names
    assert len(names) < 4
    assert reduced["oracle"]["name"] == "apt"


@pytest.mark.oracle
def test_disagreement_about_pins_and_architectures_is_reduced(
    capsys, oracle, tmp_path, monkeypatch
):
    from foretell.apt.cases.case import format_case, parse_case
    from foretell.cli import apt_reduce
    from foretell.oracle.case import read_case, write_root

    replay = apt_reduce.replay_case

    def forgetful(case, path):
        """Answer as if there were no pins."""
        case = parse_case(format_case(case), path)
        case.pins = []
        return replay(case, path)

    monkeypatch.setattr(apt_reduce, "replay_case", forgetful)
    root = tmp_path / "root"
    root.mkdir()
    release = {"archive": "sid", "codename": "sid"}

    def stanzas(version, architecture):
        stanza = {"Version": version, "Architecture": architecture, "Size": "1000"}
        return [{"Package": name, **stanza} for name in ("a", "b", "c")]

    lists = [
        {"release": {"archive": "stable"}, "stanzas": stanzas("1", "amd64")},
        {"release": {"archive": "stable", "architecture": "i386"}, "stanzas": stanzas("1", "i386")},
        {"release": release, "stanzas": stanzas("2", "amd64")},
        {"release": {**release, "architecture": "i386"}, "stanzas": stanzas("2", "i386")},
    ]
    pins = [
        {"Package": "*", "Pin": "release n=sid", "Pin-Priority": "90"},
        {"Package": "c", "Pin": "version 2", "Pin-Priority": "600"},
    ]
    document = {"native": "amd64", "foreign": ["i386"], "status": [], "pins": pins, "lists": lists}
    write_root(document, str(root))
    output = tmp_path / "reduced.json"
    status, out, _ = run(
        capsys, "--root", str(root), "--output", str(output), "--reduce", "install", "b:i386", "a"
    )
    assert (status, out) == (0, f"{output}\n")
    reduced = read_case(str(output))
    assert reduced["pins"] == pins[:1]
    assert {stanza["Package"] for part in reduced["lists"] for stanza in part["stanzas"]} == {
        "a",
        "b",
    }
    assert "1" in {change["version"] for change in reduced["expected"]["changes"]}


@pytest.mark.oracle
def test_record_writes_what_libapt_says(capsys, oracle, tmp_path):
    good = os.path.join(ROOT, "corpus/apt/or-group-first.json")
    with open(good, "rb") as file:
        text = file.read()
    document = json.loads(text)
    del document["expected"], document["oracle"]
    path = tmp_path / "case.json"
    path.write_text(json.dumps(document))
    version = json.loads(text)["oracle"]["version"]
    if version not in oracle.versions():
        pytest.skip(f"libapt {version} is not here")
    status, out, _ = run(capsys, "--record", "--solver-version", version, str(path))
    assert status == 0
    assert out.endswith("1 of 1 answers changed\n")
    assert path.read_bytes() == text
