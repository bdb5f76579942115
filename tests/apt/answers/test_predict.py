"""Is a plan sound, is a refusal right, and do all answers come out the same every time?"""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foretell.apt.answers.explain import list_evidence
from foretell.apt.answers.predict import predict, removed_vital
from foretell.apt.cases.case import make_world
from foretell.apt.packages.settled import Settled
from foretell.apt.requests.request import Request
from foretell.cli.apt_screen import failure_text, plan_json
from foretell.errors import UsageError
from tests.apt.world_lab import Lab, actions, automatic, installed, package, world_of
from tests.oracle.universe import MultiArchUniverse, Universe
from tests.strategies.universes import NAMES, Town, is_sound, towns

slow = settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
wanted = st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True)


def ask(town: Town, wanted, removed=(), settled=None):
    world = world_of(town.list_text(), town.status_text(), tuple(town.automatic))
    world._settled = settled
    words = [*wanted, *(f"{name}-" for name in removed)]
    return predict(world, Request("install", words))


def planned(answer, town: Town):
    """Return the town's versions that a plan leaves in place, by name."""
    universe = answer.state.universe
    by_name = {(v.name, v.version): v for v in town.versions}
    found = {}
    for package_number, version in answer.planned.versions.items():
        name = universe.name(package_number).decode()
        found[name] = by_name[name, universe.version_string(version).decode()]
    return found


def solutions(town: Town, wanted, removed):
    """Yield every set of versions that fulfils the request and keeps what is manual."""
    newest = {name: versions[0] for name, versions in town.candidates().items()}
    manual = set(town.here) - town.automatic - set(removed)
    for chosen in town.choices():
        if (
            all(chosen.get(name) is newest[name] for name in wanted)
            and chosen.keys().isdisjoint(removed)
            and manual <= chosen.keys()
            and is_sound(chosen)
        ):
            yield chosen


@slow
@given(towns(), wanted, st.lists(st.sampled_from(NAMES), max_size=1))
def test_plan_is_a_solution_and_refusal_means_that_there_is_none(town, wanted, removed):
    removed = [name for name in removed if name not in wanted]
    answer = ask(town, wanted, removed)
    if answer.verdict == "ok":
        assert planned(answer, town) in list(solutions(town, wanted, removed))
    else:
        assert answer.verdict == "unsatisfiable"
        assert next(solutions(town, wanted, removed), None) is None
        assert "Unable to satisfy" in failure_text(answer)


@slow
@given(towns(), wanted)
def test_question_that_is_answered_has_nothing_left_to_do(town, wanted):
    answer = ask(town, wanted)
    if answer.verdict != "ok":
        return
    after = planned(answer, town)
    automatic = {answer.state.universe.name(p).decode() for p in answer.planned.automatic}
    again = Town(town.versions, {n: v.version for n, v in after.items()}, automatic)
    assert actions(ask(again, wanted)) == {}


@slow
@given(towns(), towns(), wanted)
def test_what_the_archive_settles_does_not_depend_on_what_is_installed(town, other, wanted):
    """Answers remembered from one status give the same plan under another."""
    other.versions = town.versions
    other.here = {n: v for n, v in other.here.items() if v in {x.version for x in town.versions
                                                               if x.name == n}}  # fmt: skip
    first = ask(other, wanted)
    settled = Settled() if first.state is None else first.state.universe.settled
    warm, cold = ask(town, wanted, settled=settled), ask(town, wanted)
    assert plan_json(warm) == plan_json(cold)


@pytest.mark.parametrize("version", ["3.0.3", "3.3.5"])
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("kind", [Universe, MultiArchUniverse])
def test_what_was_looked_up_for_another_answer_changes_nothing(kind, seed, version):
    universe = kind(seed)
    world = make_world(universe.case, "universe")
    last, compared = None, 0
    for asked in [*universe.requests(), *universe.wishes()]:
        request = Request(asked.verb.removesuffix("-new"), list(asked.words))
        try:
            anew = predict(world, request, solver_version=version)
        except UsageError:
            continue
        like = predict(world, request, solver_version=version, like=last)
        assert plan_json(like) == plan_json(anew), asked
        compared += last is not None
        last = like
    assert compared


def universe_of(answer):
    assert answer.state is not None
    return answer.state.universe


def test_another_answer_looks_nothing_up_again(lab):
    lab.add_list(package("a", Depends="b") + package("b"))
    lab.set_status(installed("c"))
    world = lab.world()
    first = predict(world, Request("install", ["a", "c-"]))
    again = predict(world, Request("install", ["a"]), like=first)
    assert universe_of(again) is universe_of(first)
    assert actions(again) == {"a": "install", "b": "install"}
    wish = predict(world, Request("satisfy", ["b"]), like=first)
    after = predict(world, Request("install", ["a"]), like=wish)
    assert universe_of(after) is not universe_of(wish)  # it has what was to be satisfied
    other = predict(world, Request("install", ["a"]), solver_version="3.3.5", like=first)
    assert universe_of(other) is not universe_of(first)


@slow
@given(towns(), wanted, st.randoms(use_true_random=False))
def test_order_of_the_words_changes_nothing(town, wanted, random):
    shuffled = list(wanted)
    random.shuffle(shuffled)
    assert plan_json(ask(town, wanted)) == plan_json(ask(town, shuffled))


@pytest.fixture
def lab(tmp_path):
    return Lab(tmp_path)


def test_every_action_is_named(lab):
    lab.add_list("".join(package(name, "2") for name in ("new", "up", "same", "down", "gone")))
    lab.set_status(
        installed("up", "1") + installed("same", "2") + installed("down", "3")
        + installed("gone") + installed("left", Status="deinstall ok config-files")
    )  # fmt: skip
    assert lab.plan("install", "new", "up", "down=2", "gone-") == {
        "new": "install",
        "up": "upgrade",
        "down": "downgrade",
        "gone": "remove",
    }
    assert lab.plan("reinstall", "same") == {"same": "reinstall"}
    assert lab.plan("purge", "gone") == {"gone": "purge"}


def test_changes_are_sorted_and_say_what_they_change(lab):
    lab.add_list(package("b", "2", Depends="c") + package("c") + package("a", "2"))
    lab.set_status(installed("a", "1"))
    answer = lab.answer("install", "b", "a")
    universe = answer.state.universe
    rows = [
        (universe.name(c.package), c.action, c.new >= 0, c.old >= 0, c.automatic)
        for c in answer.changes
    ]
    assert rows == [
        (b"a", "upgrade", True, True, False),
        (b"b", "install", True, False, False),
        (b"c", "install", True, False, True),
    ]


def test_plan_can_be_undone_where_the_old_version_is_offered(lab):
    lab.add_list(package("a", "2") + package("a", "1") + package("b", "2"))
    lab.set_status(installed("a", "1") + installed("b", "1", Conflicts="x"))
    steps = lab.answer("install", "a", "b").prediction.plan.steps
    undo = [(step.do.fields["package"], type(step.undo).__name__) for step in steps]
    assert undo == [("a", "Action"), ("b", "CannotUndo")]


@pytest.mark.parametrize(
    ("status", "rule"),
    [
        (installed("a", Status="install ok half-installed"), "dpkg left half-installed (a)"),
        (installed("a", Status="install reinstreq unpacked"), "reinstallation"),
        (installed("a", Status="install reinstreq installed"), "reinstallation"),
        (installed("a", Architecture="i386"), "foreign architectures (i386)"),
        (installed("a", Depends="none"), "fix-broken"),
        (installed("a", Conflicts="b") + installed("b"), "fix-broken"),
    ],
)
def test_state_that_is_not_modelled_makes_the_answer_unknown(lab, status, rule):
    lab.set_status(status)
    answer = lab.answer("install")
    assert answer.verdict == "unknown"
    assert rule in answer.missing_rule
    assert answer.prediction.reasons[0].kind == "rule-not-modelled"
    assert answer.changes == []


def test_architecture_that_is_not_configured_makes_the_answer_unknown(lab):
    lab.write("var/lib/dpkg/arch", "amd64\ni386\n")
    assert lab.answer("install").verdict == "ok"
    lab.set_status(installed("a", Architecture="i386") + installed("a", Architecture="armhf"))
    assert lab.answer("install").missing_rule == "foreign architectures (armhf)"


def test_foreign_architecture_is_planned_beside_the_native_one(lab):
    lab.write("var/lib/dpkg/arch", "amd64\ni386\n")
    foreign = {"Architecture": "i386"}
    lab.add_list(
        package("a", Depends="b", Multi_Arch="same")
        + package("b", Multi_Arch="same")
        + package("c", Multi_Arch="foreign")
        + package("a", Depends="b, c", Multi_Arch="same", **foreign)
        + package("b", Multi_Arch="same", **foreign)
    )
    answer = lab.answer("install", "a:i386", "a")
    universe = answer.state.universe
    found = [(universe.name(c.package), universe.architecture(c.package)) for c in answer.changes]
    assert found == [
        (b"a", b"amd64"),
        (b"a", b"i386"),
        (b"b", b"amd64"),
        (b"b", b"i386"),
        (b"c", b"amd64"),
    ]


def test_same_versions_that_part_and_are_needed_are_unknown(lab):
    lab.write("var/lib/dpkg/arch", "amd64\ni386\n")
    same = {"Multi_Arch": "same"}
    lab.add_list(
        package("a", "3", **same)
        + package("a", "4", Architecture="i386", **same)
        + package("b", "2", Depends="a (>= 3)")
    )
    status = installed("a", "2", **same) + installed("a", "2", Architecture="i386", **same)
    lab.set_status(status + installed("b", "1"))
    lab.write(
        "var/lib/apt/extended_states", automatic("a") + automatic("a").replace("amd64", "i386")
    )
    answer = lab.answer("install", "b")
    assert (answer.verdict, answer.missing_rule) == (
        "unknown",
        "Multi-Arch: same packages that part and leave others broken (a)",
    )


def test_search_without_an_end_is_unknown(lab, monkeypatch):
    monkeypatch.setattr("foretell.apt.solver3.solver.DECISIONS_MAX", 0)
    lab.add_list(package("a", Depends="b | c") + package("b") + package("c"))
    answer = lab.answer("install", "a")
    assert answer.verdict == "unknown"
    assert "decisions" in answer.missing_rule


def test_removal_of_vital_packages_is_known(lab):
    lab.add_list(package("a", Essential="yes") + package("b"))
    lab.set_status(installed("a", Essential="yes") + installed("b"))
    answer = lab.answer("remove", "a", "b")
    assert [answer.state.universe.name(p) for p in removed_vital(answer)] == [b"a"]


def test_evidence_is_where_the_stanza_stands(lab):
    path = lab.add_list(package("x") + package("a"))
    lab.set_status(installed("old"))
    answer = lab.answer("install", "a", "old-")
    new, old = answer.changes
    (evidence,) = list_evidence(answer.world, answer.state.universe, new.new)
    offset, _, length = evidence.place.rpartition(":@")[2].partition("+")
    with open(path) as file:
        assert file.read()[int(offset) :][: int(length)] == package("a")
    (evidence,) = list_evidence(answer.world, answer.state.universe, old.old)
    assert (evidence.kind, evidence.place) == ("status-stanza", lab.path("var/lib/dpkg/status"))


def test_package_that_conflicts_with_itself_can_be_installed(lab):
    fields = {"Conflicts": "a, v", "Breaks": "a", "Provides": "v, a (= 9)", "Replaces": "a, v",
              "Depends": "a"}  # fmt: skip
    lab.add_list(package("a", **fields))
    assert lab.plan("install", "a") == {"a": "install"}


@pytest.mark.parametrize("alternatives", [2, 20_000])
def test_long_or_groups_are_no_problem(lab, alternatives):
    names = [f"p{number}" for number in range(alternatives)]
    lab.add_list(package("a", Depends=" | ".join(names)) + package(names[-1]))
    assert lab.plan("install", "a") == {"a": "install", names[-1]: "install"}


def test_long_chains_are_planned_and_explained_without_recursion(lab):
    length = 5_000
    chain = "".join(package(f"p{n}", Depends=f"p{n + 1}") for n in range(length))
    world = world_of(chain + package(f"p{length}"))
    answer = predict(world, Request("install", ["p0"]))
    assert len(answer.changes) == length + 1
    assert len(plan_json(answer)) > length
    broken = predict(world_of(chain), Request("install", ["p0"]))
    assert broken.verdict == "unsatisfiable"
    assert f"p{length}" in failure_text(broken)


def test_cycle_of_dependencies_is_installed_together(lab):
    lab.add_list("".join(package(f"p{n}", Depends=f"p{(n + 1) % 50}") for n in range(50)))
    assert len(lab.plan("install", "p7")) == 50
