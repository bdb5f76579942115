"""Is what `foretell` cites enough for what it says?  Every kind of explanation of apt is asked.

What "enough" means for each kind is in docs/reference/agreement.md.  ``FORETELL_SUFFICIENCY=2000
pytest -s tests/apt/test_sufficiency.py`` checks that many of each; ``FORETELL_SEED`` draws other
worlds.  For each kind the explainer is broken, which the same check has to notice.
"""

from __future__ import annotations

import os
import re
import shutil
from typing import TYPE_CHECKING

import pytest

from foretell.apt.acquire import trust as trusting
from foretell.apt.answers import (
    changes,
    classic_reasons,
    comparison,
    core_facts,
    deciding,
    surprises,
    trial,
    why,
    why_not,
)
from foretell.apt.answers.predict import predict
from foretell.apt.cases import attribution
from foretell.apt.footprints import footprint, footprint_cuts
from foretell.apt.requests.request import Request
from foretell.apt.sources import release_checks, sources_lint
from foretell.apt.system.pinning import Pinning
from foretell.cli import apt_explain_one, apt_why
from tests.apt.sufficiency import (
    differences,
    findings,
    pins,
    plans,
    presence,
    refusals,
    releases,
    sizes,
    trust,
    unexpected,
)
from tests.apt.sufficiency.run import SEEDS, tally
from tests.oracle.real_apt import oracle_or_none

if TYPE_CHECKING:
    from tests.apt.sufficiency.run import Cases

COUNT = int(os.environ.get("FORETELL_SUFFICIENCY", "40"))
SEED = int(os.environ.get("FORETELL_SEED", "1"))

KINDS: dict[str, Cases] = {
    "plan": plans.solver3_cases,
    "plan-classic": plans.classic_cases,
    "core": refusals.core_cases,
    "kept-back": refusals.kept_back_cases,
    "fix": refusals.fix_cases,
    "why": presence.cases,
    "why-not": refusals.plan_cases,
    "policy": pins.policy_cases,
    "policy-try": pins.trial_cases,
    "compare-systems": differences.cause_cases,
    "compare-versions": differences.rule_cases,
    "compare-solvers": differences.decision_cases,
    "footprint": sizes.cases,
    "surprises": unexpected.cases,
    "releases": releases.cases,
    "sources": findings.cases,
    "trust": trust.cases,
    "trust-sqv": trust.sqv_cases,
    "trust-signer": trust.signer_cases,
}
# Of these a world has few.
RARE = {"compare-versions": 20, "footprint": 4, "compare-systems": 4, "trust-sqv": 2}


@pytest.fixture
def signing(require):
    """Ask for what signatures are made and verified with."""
    if shutil.which("gpg") is None:
        require("gpg", "signatures are made with gpg")


@pytest.fixture
def needs(request):
    """Ask for what a kind of explanation is tried with."""
    kind = request.getfixturevalue("kind")
    if kind.startswith("trust"):
        request.getfixturevalue("signing")
    if kind == "trust-sqv" and oracle_or_none() is None:
        request.getfixturevalue("require")("apt", "the oracle has the sqv to verify with")


@pytest.mark.parametrize("kind", [kind for kind in KINDS if not kind.startswith("plan")])
@pytest.mark.timeout(3600)
@pytest.mark.usefixtures("needs")
def test_what_is_cited_is_enough(kind):
    count = COUNT if "FORETELL_SUFFICIENCY" in os.environ else COUNT // RARE.get(kind, 1)
    found = tally(KINDS[kind], count, SEED)
    print(f"{kind}: {found}")
    assert found.wrong == []


@pytest.mark.parametrize("rows", [plans.solver3_rows, plans.classic_rows])
@pytest.mark.timeout(3600)
def test_what_is_told_of_a_change_is_enough(rows):
    """The reasons and, where they do not lead to it alone, the facts that are told beside them."""
    found: list[plans.Row] = []
    for world in range(SEED * SEEDS, (SEED + 1) * SEEDS):
        found += rows(world)
        if len(found) >= COUNT:
            break
    marked = [row for row in found if row.is_marked]
    print(f"{len(found)} changes, {len(marked)} with what else took part")
    assert [row for row in found if row.complaint] == []
    assert len([row for row in marked if not row.alone]) <= len(found) // 50


@pytest.mark.parametrize("world", [9000002, 9000042, 9000067, 9000122, 21000199, 31000140])
def test_what_was_not_enough_once_is_enough(world):
    assert [complaint for _, complaint in plans.solver3_cases(world) if complaint] == []


@pytest.mark.parametrize(
    "world", [53000018, 53000050, 53000077, 53000096, 53000138, 53000143, 57000098, 61000089]
)
def test_what_was_not_enough_once_is_enough_for_the_classic_solver(world):
    assert [complaint for _, complaint in plans.classic_cases(world) if complaint] == []


# -- canaries --------------------------------------------------------------------------------------


def test_a_chain_without_a_link_is_noticed(monkeypatch):
    real = why.Why.chain_reason
    monkeypatch.setattr(why.Why, "chain_reason", lambda self, chain: real(self, chain[-1:]))
    assert is_noticed("why", 600)


def test_a_relation_of_the_wrong_package_is_noticed(monkeypatch):
    real = changes._Changes._relation

    def relation(self, cause, group, owner):
        return {**real(self, cause, group, owner), "owner": self.explainer.label(2 * cause)}

    monkeypatch.setattr(changes._Changes, "_relation", relation)
    assert is_noticed("plan")


def test_a_plan_without_what_fulfilled_a_relation_is_noticed(monkeypatch):
    monkeypatch.setattr(changes._Changes, "_fulfilling", lambda *_: ([], []))
    assert is_noticed("plan", 600)


def test_a_removal_without_the_other_version_is_noticed(monkeypatch):
    monkeypatch.setattr(changes._Changes, "_other_version", lambda *_: -1)
    assert is_noticed("plan", 600)


def test_a_classic_step_without_its_relation_is_noticed(monkeypatch):
    monkeypatch.setattr(classic_reasons._Builder, "_relation", lambda *_: {})
    assert is_noticed("plan-classic")


def test_a_core_without_a_fact_is_noticed(monkeypatch):
    real = core_facts.core_facts
    monkeypatch.setattr(why_not, "core_facts", lambda *given: real(*given)[:-1])
    assert is_noticed("core")


def test_a_price_without_a_package_is_noticed(monkeypatch):
    real = apt_explain_one._named_changes
    monkeypatch.setattr(apt_explain_one, "_named_changes", lambda answer: real(answer)[:1])
    assert is_noticed("kept-back", 300)


def test_a_change_that_was_not_tried_is_noticed(monkeypatch):
    def untried(obstacle, change):
        found = predict(obstacle.world, Request("install", []), solver_version="3.0.3")
        return why_not.Fix(change, found)

    monkeypatch.setattr(why_not, "try_change", untried)
    assert is_noticed("fix")


def test_a_plan_without_a_package_is_noticed(monkeypatch):
    real = apt_why._plan_text

    def plan_text(*given, is_full):
        return re.sub(r"(installs \d+: )[^,\n]*(, )?", r"\1", real(*given, is_full=is_full))

    monkeypatch.setattr(apt_why, "_plan_text", plan_text)
    assert is_noticed("why-not")


def test_a_priority_without_its_pin_is_noticed(monkeypatch):
    monkeypatch.setattr(Pinning, "rule", lambda *_: None)
    assert is_noticed("policy")


def test_a_pin_that_decides_and_is_called_idle_is_noticed(monkeypatch):
    def judge(self, touched):
        self.idle = list(self.pins)

    monkeypatch.setattr(trial.Trial, "_judge_pins", judge)
    assert is_noticed("policy-try")


def test_a_cause_that_is_none_is_noticed(monkeypatch):
    real = attribution._Search._decide
    monkeypatch.setattr(
        attribution._Search, "_decide", lambda *given: real(*given) or len(given[1]) == 1
    )
    assert is_noticed("compare-systems", 10)


def test_a_cause_that_is_not_needed_is_noticed(monkeypatch):
    monkeypatch.setattr(attribution, "minimize", lambda facts, *_: list(facts))
    assert is_noticed("compare-systems", 10)


def test_a_rule_that_is_left_out_is_noticed(monkeypatch):
    real = comparison._deciding_rules
    monkeypatch.setattr(comparison, "_deciding_rules", lambda *given: real(*given)[1:])
    assert is_noticed("compare-versions", 3)


def test_a_choice_that_nobody_made_is_noticed(monkeypatch):
    real = deciding.Deciding._told

    def told(self, *given):
        found = real(self, *given)
        found.first, found.second = found.second, found.first
        return found

    monkeypatch.setattr(deciding.Deciding, "_told", told)
    assert is_noticed("compare-solvers")


def test_a_saving_that_is_none_is_noticed(monkeypatch):
    real = footprint.weigh
    monkeypatch.setattr(footprint_cuts, "weigh", lambda answer: real(answer)._replace(disk=0))
    assert is_noticed("footprint", 10)


def test_a_surprise_without_a_fact_is_noticed(monkeypatch):
    monkeypatch.setattr(surprises._Finder, "_needs", lambda *_: [])
    assert is_noticed("surprises", 300)


def test_a_surprise_by_another_fact_is_noticed(monkeypatch):
    """That nobody named the package is a fact, too."""

    class Finder(surprises._Finder):
        def __init__(self, answer):
            super().__init__(answer)
            self.named = set()

    monkeypatch.setattr(surprises, "_Finder", Finder)
    assert is_noticed("surprises", 100)


def test_an_end_by_a_setting_that_is_not_told_is_noticed(monkeypatch):
    real = release_checks.end_of_validity

    def end_of_validity(*given):
        found = real(*given)
        return found and found._replace(why="")

    monkeypatch.setattr(release_checks, "end_of_validity", end_of_validity)
    assert is_noticed("releases", 200)


def test_a_setting_that_sets_nothing_aside_is_noticed(monkeypatch):
    real = release_checks._seconds
    monkeypatch.setattr(
        release_checks, "_seconds", lambda *given: ("Acquire::Other", real(*given)[1])
    )
    assert is_noticed("releases", 200)


def test_a_codename_from_nowhere_is_noticed(monkeypatch):
    monkeypatch.setattr(sources_lint, "_is_other", lambda *_: False)
    assert is_noticed("sources", 300)


def test_a_finding_by_another_value_is_noticed(monkeypatch):
    monkeypatch.setattr(sources_lint, "parse_bool", lambda text, default=False: bool(text))
    assert is_noticed("sources", 300)


@pytest.mark.usefixtures("signing")
def test_a_refusal_without_its_key_is_noticed(monkeypatch):
    monkeypatch.setattr(trusting._Case, "whose", lambda *_: "")
    assert is_noticed("trust")


@pytest.mark.usefixtures("signing")
def test_a_keyring_that_does_not_count_is_noticed(monkeypatch):
    monkeypatch.setattr(trusting._Case, "place", lambda _: "/etc/apt/keyrings/shelf0.gpg")
    assert is_noticed("trust")


@pytest.mark.usefixtures("signing")
def test_a_keyring_that_does_not_verify_is_noticed(monkeypatch):
    monkeypatch.setattr(trust, "find_signer", lambda *_: ("", "no keyring here"))
    assert is_noticed("trust-signer")


@pytest.mark.usefixtures("signing")
def test_an_end_of_the_wrong_signer_is_noticed(monkeypatch):
    monkeypatch.setattr(trusting, "_end", lambda *_: "DSA2048 is not accepted from 2024-02-01 on")
    assert is_noticed("trust", 200)


def is_noticed(kind, count=60):
    """Say whether a check finds something wrong."""
    return bool(tally(KINDS[kind], count, 1).wrong)
