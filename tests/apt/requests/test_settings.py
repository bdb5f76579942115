"""Are the settings that decide all carried over, and nothing else?"""

from __future__ import annotations

import re

import pytest

from foretell.apt.requests.settings import (
    LISTS,
    VALUES,
    configured_request,
    decisive_settings,
    settled_configuration,
)
from foretell.apt.syntax.configuration import Configuration, parse_configuration
from tests.tidy.tree import modules, read

# Options that a case keeps elsewhere: the architectures, the request, the target release.
ELSEWHERE = {
    "APT::Machine-ID",  # only where a draw was made, see `capture.make_case`
    "APT::Architecture",
    "APT::Architectures",
    "APT::Default-Release",
    "APT::Get::AutomaticRemove",
    "APT::Get::List-Cleanup",  # of update, which decides about no package
    "APT::Get::Only-Upgrade",
    "APT::Get::Purge",
    "APT::Get::ReInstall",
    "APT::Get::Upgrade-Allow-New",
}
TEXT = b"""APT::Install-Recommends "no"; APT::NeverAutoRemove { "^a$"; "b,c"; };
APT::Install-Recommends-Sections "x, y"; Acquire::http::Proxy "http://user:word@a.example.org";
APT::Build-Essential ""; APT::Update::Post-Invoke { "rm"; };"""


def test_every_option_that_is_asked_for_is_carried():
    text = "".join(
        read(name) for name in modules() if "/apt/" in name and "configuration" not in name
    )
    asked = set(
        re.findall(
            r'(?:find(?:_bool|_list)?\(|_sections\(|_patterns\()[\sa-z,]*"(APT::[^"]+)"', text
        )
    )
    assert "APT::NeverAutoRemove" in asked
    assert asked - ELSEWHERE - set(VALUES) - set(LISTS) == set()


def test_settings_survive_and_secrets_do_not():
    configuration = Configuration("/nonexistent")
    parse_configuration(TEXT, "apt.conf", configuration)
    settings = decisive_settings(configuration)
    assert settings == {
        "APT::Install-Recommends": "no",
        "APT::Install-Recommends-Sections": ["x", "y"],
        "APT::NeverAutoRemove": ["^a$", "b,c"],
    }
    again = settled_configuration("/nonexistent", "amd64", settings)
    assert {name: decisive_settings(again)[name] for name in settings} == settings


def test_options_come_after_settings():
    settings: dict[str, str | list[str]] = {
        "APT::Install-Recommends": "0",
        "APT::NeverAutoRemove": ["a"],
    }
    options = ["APT::Install-Recommends=1", "APT::NeverAutoRemove::=b"]
    found = settled_configuration("/nonexistent", "arm64", settings, options)
    assert found.find_bool("APT::Install-Recommends")
    assert found.find_list("APT::NeverAutoRemove") == ["a", "b"]
    assert found.find("APT::Architecture") == "arm64"


@pytest.mark.parametrize(
    ("verb", "option", "attribute", "value"),
    [
        ("remove", "APT::Get::Purge=1", "purge", True),
        ("install", "APT::Get::Purge=1", "verb", "install"),
        ("install", "APT::Get::ReInstall=1", "reinstall", True),
        ("install", "APT::Get::Only-Upgrade=1", "only_upgrade", True),
        ("upgrade", "APT::Get::Upgrade-Allow-New=0", "allow_new", False),
        ("upgrade", "A=b", "allow_new", True),
    ],
)
def test_request_follows_the_configuration(verb, option, attribute, value):
    configuration = settled_configuration("/nonexistent", "amd64", {}, [option])
    request = configured_request(verb, ["a"], configuration)
    assert getattr(request, attribute) == value
    assert request.words == ["a"]


def test_automatic_removal_and_purge_become_part_of_the_request():
    configuration = settled_configuration(
        "/nonexistent", "amd64", {}, ["APT::Get::AutomaticRemove=1", "APT::Get::Purge=1"]
    )
    request = configured_request("install", ["a"], configuration)
    assert (request.verb, request.auto_remove, request.purge) == ("install", True, True)
    plain = configured_request("install", ["a"], settled_configuration("/", "amd64", {}))
    assert (plain.auto_remove, plain.purge) == (False, False)
