"""Does a reduced case still show the disagreement, with nothing left to leave out?"""

from __future__ import annotations

from foretell.oracle.reduce import reduce_case


def package(name, **fields):
    return {"Package": name, "Version": "1", "Architecture": "amd64", **fields}


def test_case_is_reduced_to_what_matters():
    document = {
        "lists": [
            {"release": {"archive": "stable"}, "stanzas": [package("a", Depends="x, b | c, y")]},
            {"stanzas": [package("b", Section="misc"), package("c"), package("d")]},
        ],
        "status": [package("i", Recommends="x"), package("j", Status="install ok installed")],
        "automatic": [
            {"package": "i", "architecture": "amd64"},
            {"package": "j", "architecture": "amd64"},
        ],
        "request": {"verb": "install", "words": ["a"]},
        "kernel": "6.1",
    }

    def disagrees(candidate):
        stanzas = [stanza for part in candidate["lists"] for stanza in part["stanzas"]]
        return (
            any("b | c" in stanza.get("Depends", "") for stanza in stanzas)
            and any(stanza["Package"] == "c" for stanza in stanzas)
            and any(stanza["Package"] == "j" for stanza in candidate["status"])
        )

    said: list[str] = []
    before = repr(document)
    reduced = reduce_case(document, disagrees, said.append)
    assert repr(document) == before
    assert "kernel" not in reduced
    assert disagrees(reduced)
    assert reduced["lists"][0]["stanzas"] == [package("a", Depends="b | c")]
    assert reduced["lists"][1]["stanzas"] == [package("c")]
    assert reduced["status"] == [package("j", Status="install ok installed")]
    assert reduced["automatic"] == []
    assert said


def test_pins_architectures_marks_settings_and_lists_that_do_not_matter_go():
    foreign = {"package": "i", "architecture": "i386"}
    pins = [
        {"Package": "*", "Pin": "release n=sid", "Pin-Priority": "90"},
        {"Package": "a, b", "Pin": "version 1*", "Pin-Priority": "990"},
    ]
    document = {
        "foreign": ["i386"],
        "target-release": "sid",
        "settings": {"APT::Install-Recommends": "0", "APT::Solver::Strict-Pinning": "0"},
        "pins": pins,
        "lists": [{"stanzas": [package("a")]}, {"stanzas": [package("b")]}],
        "status": [package("i", Architecture="i386")],
        "automatic": [{"package": "i", "architecture": "amd64"}, foreign],
        "request": {"verb": "install", "words": ["b"]},
    }

    def disagrees(candidate):
        return (
            pins[1] in candidate["pins"]
            and any(package("b") in part["stanzas"] for part in candidate["lists"])
            and foreign in candidate["automatic"]
            and "APT::Solver::Strict-Pinning" in candidate["settings"]
            and "foreign" in candidate
        )

    reduced = reduce_case(document, disagrees, lambda _text: None)
    assert reduced == {
        "foreign": ["i386"],
        "settings": {"APT::Solver::Strict-Pinning": "0"},
        "pins": pins[1:],
        "lists": [{"stanzas": [package("b")]}],
        "status": [],
        "automatic": [foreign],
        "request": document["request"],
    }
