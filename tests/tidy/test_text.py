"""Do the files of the repository keep the house rules that are about text?"""

from __future__ import annotations

import re

import pytest

from tests.tidy.tree import files, read, walk

# Built here, so that this file does not contain what it looks for.
HOSTS = [
    ".".join(parts)
    for parts in (
        ("deb", "debian", "org"),
        ("security", "debian", "org"),
        ("ftp", "debian", "org"),
        ("snapshot", "debian", "org"),
        ("archive", "ubuntu", "com"),
        ("pypi", "org"),
        ("files", "pythonhosted", "org"),
        ("proxy", "golang", "org"),
        ("crates", "io"),
        ("registry", "npmjs", "org"),
    )
]
HOST = re.compile("|".join(re.escape(host) for host in HOSTS))
MACHINE_PATH = re.compile(r"(?<![\w.})-])/" + "(?:wo" + "rk|ro" + "ot)/")
UNDONE = re.compile(
    r"\b(?:" + "|".join(("TO" + "DO", "FIX" + "ME", "X" + "XX", "HA" + "CK")) + r")\b"
)
RULES = [
    (HOST, "name no package archive or registry: use example.org"),
    (MACHINE_PATH, "name no path of a developer's machine"),
    (UNDONE, "do it, or open an issue"),
]


def offences(text: str) -> list[str]:
    """Return ``LINE: match: what to do`` for each rule that a line breaks."""
    return [
        f"{number}: {match.group()}: {advice}"
        for number, line in enumerate(text.splitlines(), 1)
        for rule, advice in RULES
        for match in rule.finditer(line)
    ]


@pytest.mark.parametrize("name", files())
def test_text_keeps_the_rules(name):
    assert offences(read(name)) == []


@pytest.mark.parametrize(
    "text",
    [
        f"URIs: https://{HOSTS[0]}/debian",
        "see /wo" + "rk/main",
        "(/ro" + "ot/.cache)",
        "# TO" + "DO: later",
    ],
)
def test_offences_are_noticed(text):
    assert len(offences(f"fine\n{text}")) == 1


@pytest.mark.parametrize("text", ["DIR/root/x", "homework/x", "--root /srv/root", "example.org"])
def test_harmless_text_passes(text):
    assert offences(text) == []


def test_tarball_lists_no_fewer_files():
    assert set(files()) - set(walk()) == set()
