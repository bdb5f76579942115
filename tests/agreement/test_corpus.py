"""Does foretell answer the recorded questions as the real apt did?"""

from __future__ import annotations

import glob
import os
import re

import pytest

from foretell.apt.cases.case import Case, format_case, read_case
from foretell.cli.apt_reduce import replay_case
from foretell.cli.apt_sides import ask_case
from foretell.oracle.answer import Request
from foretell.oracle.case import expected_answer
from foretell.oracle.compare import compare_answers
from foretell.oracle.deviations import read_deviations
from tests.oracle.real_apt import oracle_or_none
from tests.tidy.tree import ROOT

FOLDER = os.path.join(ROOT, "corpus/apt")
FILES = sorted(glob.glob(os.path.join(FOLDER, "*.json")))
DEVIATIONS = read_deviations(os.path.join(FOLDER, "known-deviations.toml"))


def known(path, case):
    """Return the row that explains why foretell gets a case wrong."""
    assert case.oracle is not None
    subject = f"{case.oracle['name']} {case.oracle['version']}"
    name = os.path.basename(path)
    return next((row for row in DEVIATIONS if row.is_about(subject, name)), None)


def corpus():
    for path in FILES:
        case = read_case(path)
        row = known(path, case)
        marks = [pytest.mark.xfail(reason=f"{row.id}: {row.why}", strict=True)] if row else []
        yield pytest.param(path, case, id=os.path.basename(path)[:-5], marks=marks)


def difference(case: Case, answer):
    asked = Request(case.request.verb, tuple(case.request.words))
    found = compare_answers(asked, answer, expected_answer({"expected": case.expected}))
    return found.lines() if found else []


@pytest.mark.parametrize(("path", "case"), list(corpus()))
def test_case_is_answered_as_recorded(path, case):
    assert difference(case, replay_case(case, path)) == []


@pytest.mark.parametrize("path", FILES, ids=os.path.basename)
def test_case_file_is_complete(path):
    case = read_case(path)
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*\.json", os.path.basename(path))
    assert case.title
    assert case.expected
    assert case.oracle
    with open(path, "rb") as file:
        assert file.read() == format_case(case), "write it with foretell apt check --record"


def test_corpus_is_there():
    assert len(FILES) >= 60


def test_rows_about_files_name_one():
    named = {row.input for row in DEVIATIONS if row.input.endswith(".json")}
    assert named <= set(map(os.path.basename, FILES))


@pytest.mark.oracle
def test_records_are_what_libapt_says(require):
    oracle = oracle_or_none()
    if oracle is None:
        require("apt", "the oracle is not built: make oracle")
    asked = wrong = 0
    for path in FILES:
        case = read_case(path)
        assert case.oracle is not None
        version = str(case.oracle["version"])
        if version not in oracle.versions():
            continue
        asked += 1
        found = difference(case, ask_case(oracle, case, version))
        if found:
            wrong += 1
            print(os.path.basename(path), found)
    if not asked:
        require("apt", "libapt of the recorded version is not here")
    print(f"{asked - wrong} agreed / {asked} compared")
    assert wrong == 0
