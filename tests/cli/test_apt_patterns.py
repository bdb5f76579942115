"""Do apt-patterns(7) expressions select what apt selects, in queries and in requests?

All expected names are those of apt 3.0.3 for the same files.
"""

from __future__ import annotations

import json

import pytest

from foretell.cli.main import main
from tests.apt.world_lab import SITE, Lab, automatic, installed, package

SECURE = "trixie-security"
STABLE = (
    package("a", "1", Depends="b (>= 2) | v, m:any", Section="libs", Source="src (7-1)")
    + package("a", "2", Pre_Depends="b", Conflicts="x", Recommends="x", Section="admin")
    + package("b", "1")
    + package("b", "2", Provides="v")
    + package("m", "1", Multi_Arch="allowed", Priority="required")
    + package("x", "1", Essential="yes", Replaces="m:i386", Priority="Important")
    + package("all", "1", Architecture="all", Depends="a", Priority="strange")
    + package("part", "2", Phased_Update_Percentage="0")
    + package("held", "2")
    + package("both", "3")
)
SECURITY = package("b", "1") + package("both", "2") + package("sec", "1")
STATUS = (
    installed("a", "1", Depends="b (>= 2) | v, m:any", Section="libs", Source="src (7-1)")
    + installed("b", "2", Provides="v")
    + installed("m", "1", Multi_Arch="allowed", Priority="required")
    + installed("part", "1")
    + installed("held", "1", Status="hold ok installed")
    + installed("both", "2")
    + installed("own", "1", Breaks="b")
    + installed("waste", "1")
    + installed("gone", "1", Status="deinstall ok config-files")
)
SOUND = STATUS.replace(installed("own", "1", Breaks="b"), "")


@pytest.fixture
def lab(tmp_path, monkeypatch):
    lab = Lab(tmp_path, STABLE, STATUS)
    lab.write("etc/apt/sources.list", f"deb {SITE} trixie main\ndeb {SITE} {SECURE} main\n")
    lab.add_list(SECURITY, suite=SECURE)
    lab.write("var/lib/apt/extended_states", automatic("b", "waste", "x"))
    lab.write("etc/machine-id", "0123456789abcdef0123456789abcdef\n")
    monkeypatch.setenv("XDG_CACHE_HOME", lab.cache)
    return lab


def ask(lab, capsys, *words, status=0):
    assert main(["apt", words[0], "--root", lab.root, *words[1:]]) == status
    return capsys.readouterr().out


TERMS = {
    "~i": "a b both held m own part waste",
    "~M": "b waste x",
    "~i !~M": "a both held m own part",
    "~g": "waste",
    "~U": "a both held part",
    "~c": "gone",
    "~b": "own",
    "~o": "own waste",
    "~E": "x",
    "~T": "a all b both gone held m own part sec waste x",
    "~F": "",
    "~v": "",
    "?phasing": "part",
    "?security": "b sec",
    "?narrow(?security,~V1)": "b sec",
    "?narrow(~i,~V1)": "a held m own part waste",
    "?narrow(!~i,~V2)": "a held part",
    "?all-versions(~i)": "m own waste",
    "?any-version(~V1 ~V2)": "",
    "~V1 ~V2": "a b held part",
    "?narrow(~o)": "own waste",
    "?narrow(~M,~V2)": "b",
    "~nA": "a all part waste",
    "?name(^b)": "b both",
    "?exact-name(B)": "",
    "?exact-name(b)": "b",
    "?x-name-fnmatch(B*)": "b both",
    "~rall": "",
    "~rany": "a all b both gone held m own part sec waste x",
    "~ramd64": "a all b both gone held m own part sec waste x",
    "~ri386": "",
    "~slibs": "a",
    "?narrow(~V2,~slibs)": "",
    "~prequired": "m",
    "~pimportant": "x",
    "~pextra": "all",
    "~pstrange": "",
    "~esrc": "a",
    "?narrow(~esrc,~V2)": "",
    "?source-version(^7)": "a",
    "~Asecurity": "b both sec",
    "~Anow": "a b both gone held m own part waste",
    "~ATRIXIE": "a all b both held m part sec x",
    "?codename(trixie$)": "a all b both held m part x",
    "~OExample": "a all b both held m part sec x",
    "~Oone": "",
    "?depends(~n^b$)": "a",
    "?depends(~n^v$)": "a",
    "?depends(?narrow(~n^b$,~V1))": "a",
    "?narrow(~V2,?depends(~n^b$))": "",
    "~D~v": "a",
    "~DRecommends:~n^x$": "a",
    "?predepends(~nb)": "a",
    "?conflicts(~T)": "a",
    "?breaks(~T)": "own",
    "?replaces(~T)": "x",
    "?obsoletes(~T)": "",
    "?reverse-depends(~i)": "b",
    "?reverse-depends(~V2)": "",
    "?reverse-predepends(~T)": "b",
    "?reverse-depends(?all-versions(~V1))": "a b",
    "!?depends(~T)": "b both gone held m own part sec waste x",
    "?narrow(!?depends(~T) ~na)": "a part waste",
    "?and()": "a all b both gone held m own part sec waste x",
    "?or()": "",
    "~nx|~nown ~i": "own x",
    "!(~i|~nx)": "all gone sec",
    "(~i)(~na)": "a part waste",
    "?not(~i)~nb": "",
}


@pytest.mark.parametrize("pattern", TERMS)
def test_list_shows_what_a_pattern_selects(pattern, lab, capsys):
    lines = ask(lab, capsys, "list", pattern).splitlines()
    assert " ".join(line.partition("/")[0] for line in lines) == TERMS[pattern]


POLICY = {
    "~v": "m:i386 m:i386 v m:any",
    "~n:any": "m:any",
    "~ri386": "m:i386",
    "~rany": "all part own sec m:i386 waste gone both held a b m m:i386 v x m:any",
    "?all-versions(~F)": "m:i386 m:i386 v m:any",
    "?reverse-depends(~T)": "a b v m:any",
    "?reverse-replaces(~T)": "m:i386",
    "?exact-name(v)": "v",
    "~v !~ramd64": "m:i386 m:i386 m:any",
}


@pytest.mark.parametrize("pattern", POLICY)
def test_policy_knows_virtual_packages_as_well(pattern, lab, capsys):
    lines = ask(lab, capsys, "policy", pattern).splitlines()
    names = [line.rstrip(":") for line in lines if not line.startswith(" ")]
    assert " ".join(names) == POLICY[pattern]


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (("show", "~n^b"), ["b", "both"]),
        (("show", "~i~V3"), ["both"]),
        (("show", "~M"), ["b", "x", "waste"]),
        (("depends", "~n^b"), ["b", "both"]),
        (("rdepends", "~n^m$"), ["m", "<m:i386>"]),
        (("depends", "~n^m"), ["m", "<m:any>", "<m:i386>", "<m:i386>"]),
    ],
)
def test_other_queries_take_patterns(words, names, lab, capsys):
    lines = ask(lab, capsys, *words).splitlines()
    if words[0] == "show":
        found = [line.removeprefix("Package: ") for line in lines if line.startswith("Package: ")]
    else:
        found = [line for line in lines if line[0] not in " |R"]
    assert found == names


def test_show_has_not_looked_for_garbage(lab, capsys):
    assert ask(lab, capsys, "depends", "~g") == "waste\n"
    assert ask(lab, capsys, "show", "~g", status=2) == ""


def test_policy_of_nothing_is_nothing(lab, capsys):
    assert ask(lab, capsys, "policy", "~nnothing") == ""


def test_list_takes_several_words(lab, capsys):
    lines = ask(lab, capsys, "list", "~n^x", "HELD", "?exact-name(x)").splitlines()
    assert [line.partition("/")[0] for line in lines] == ["held", "x"]


@pytest.mark.parametrize("verb", ["list", "show", "policy", "depends", "rdepends", "install"])
@pytest.mark.parametrize(("pattern", "said"), [("?x", "Unrecognized pattern"), ("~n[", "regular")])
def test_broken_pattern_has_status_2(verb, pattern, said, lab, capsys):
    lab.set_status(SOUND)
    assert main(["apt", verb, "--root", lab.root, pattern]) == 2
    assert said in capsys.readouterr().err


def test_broken_place_is_marked(lab, capsys):
    assert main(["apt", "list", "--root", lab.root, "~i\n?x\t"]) == 2
    assert capsys.readouterr().err.splitlines() == [
        "error[bad-pattern]: input:3-6: error: Unrecognized pattern '?x'",
        "   ~i",
        "   ?x\\t",
        "      ^^^",
    ]


def test_architecture_that_is_not_known_is_named(lab, capsys):
    lab.add_list(package("w", Depends="w:musl-linux-armhf"))
    assert main(["apt", "policy", "--root", lab.root, "~rlinux-any"]) == 1
    assert "?architecture asked of musl-linux-armhf" in capsys.readouterr().err


PLANS = {
    ("install", "~n^x$"): {"x": "install"},
    ("install", "?narrow(~n^held$,~V1)"): {"held": "upgrade"},
    ("install", "~n^waste$-"): {"waste": "remove"},
    ("remove", "~n^x$+"): {"x": "install"},
    ("install", "~n^a$=2"): {"a": "upgrade"},
    ("install", "~n^b$=1"): {"a": "upgrade", "b": "downgrade"},
    ("purge", "~c"): {"gone": "purge"},
    ("remove", "~g"): {"waste": "remove"},
    ("purge", "~g"): {"waste": "purge"},
    ("upgrade", "~n^both$"): {"both": "upgrade"},
    ("full-upgrade", "?phasing"): {"both": "upgrade", "part": "upgrade", "x": "install"},
    ("autoremove", "~n^m$"): {"a": "upgrade", "m": "remove", "waste": "remove"},
    ("install", "~nnothing"): {},
    ("remove", "~v"): {},
    ("install", "?exact-name(v)"): {},
    ("install", "~nall", "~n^waste$-"): {"all": "install", "waste": "remove"},
}


@pytest.mark.parametrize("words", PLANS)
def test_requests_take_patterns(words, lab):
    lab.set_status(SOUND)
    assert lab.plan(*words) == PLANS[words]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("reinstall", "~n^m$"), "Package 'm:i386' has no installation candidate"),
        (("install", "~n^a$/trixie-security"), "Release 'trixie-security' for 'a' was not found"),
        (("install", "~n^a$=9"), "Version '9' for 'a' was not found"),
        (("install", "(~n^a$)"), "Unable to locate package (~n^a$)"),
    ],
)
def test_requests_refuse_what_apt_refuses(words, message, lab, capsys):
    lab.set_status(SOUND)
    assert main(["apt", words[0], "--root", lab.root, *words[1:]]) == 2
    assert message in capsys.readouterr().err


def test_capture_has_names_in_the_place_of_patterns(lab, capsys):
    lab.set_status(SOUND)
    path = f"{lab.folder}/asked.json"
    words = ("~n^b", "?reverse-depends(~n^all$)=2", "~g-")
    shown = ask(lab, capsys, "install", "--capture", path, *words)
    with open(path, encoding="utf-8") as file:
        assert json.load(file)["request"]["words"] == ["b", "both", "a=2", "waste-"]
    assert main(["apt", "replay", path]) == 0
    assert shown.splitlines()[1:6] == capsys.readouterr().out.splitlines()[1:6]


def test_policy_tells_the_share_of_machines(lab, capsys):
    lines = ask(lab, capsys, "policy", "?phasing").splitlines()
    assert "     2 500 (phased 0%)" in lines
    assert " *** 1 100" in lines
    rows = json.loads(ask(lab, capsys, "policy", "--json", "?phasing"))["packages"][0]["versions"]
    assert [row["phased"] for row in rows] == [0, None]


def test_what_succeeds_a_security_update_does_not_wait(lab, capsys):
    share = {"Phased_Update_Percentage": "0"}
    lab.set_status("".join(map(installed, "ac")) + installed("b", "2") + installed("d", "2"))
    lab.add_list(
        package("a", "3", **share) + package("b", "2", **share) + package("c", "2", **share)
    )
    security = package("a", "2") + package("b", "2") + package("d", "2", **share)
    lab.add_list(security, suite=SECURE)
    lines = ask(lab, capsys, "list", "?phasing").splitlines()
    assert " ".join(line.partition("/")[0] for line in lines) == "b c d"
    assert lab.plan("upgrade") == {"a": "upgrade"}
