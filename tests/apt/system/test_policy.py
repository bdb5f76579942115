"""Do priorities and candidates agree with apt-cache policy?"""

from __future__ import annotations

import functools
import os
import random
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretell.apt.sources.release import parse_release
from foretell.apt.sources.sources import list_file_name, merge_order, parse_one_line, site
from foretell.apt.syntax.version import compare
from foretell.apt.system.policy import STATUS_FILE, PackageFile, Policy, package_file
from foretell.apt.system.preferences import parse_preferences
from foretell.errors import UsageError
from tests.apt.apt_root import AptRoot, oracle_folder, parse_file_priorities, parse_policy, stanza


class Facts(NamedTuple):
    version: str
    source: str
    source_version: str
    files: list[int]


VERSIONS = ("1", "1.0-1", "1.0-1+b1", "2", "2.5~rc1", "2.5", "1:0.5", "3", "3.1-2", "0.9")
SUITES = (
    ("stable", "trixie", "13.1"),
    ("testing", "forky", "14"),
    ("unstable", "sid", ""),
    ("stable-updates", "trixie-updates", "13.1-updates"),
    ("", "", ""),
)
STATES = (
    "install ok installed",
    "install ok installed",
    "install ok installed",
    "hold ok installed",
    "deinstall ok config-files",
    "install ok unpacked",
    "install ok half-installed",
)


def release_text(**fields):
    return "".join(f"{name}: {value}\n" for name, value in fields.items() if value)


def list_file(text, **changed):
    facts = {"site": "a.example.org", "component": "main", "architecture": "amd64", **changed}
    return package_file(parse_release(text.encode(), "Release"), **facts)


STABLE = list_file(
    "Suite: stable\nCodename: trixie\nVersion: 13.1\nOrigin: Debian\nLabel: Debian\n"
)
TESTING = list_file("Suite: testing\nCodename: forky\nOrigin: Debian\n", site="b.example.org")
LOCAL = list_file("Origin: me\n", site="", component="", architecture="")
FILES = (STATUS_FILE, STABLE, TESTING, LOCAL)
STATUS_NUMBER, STABLE_NUMBER, TESTING_NUMBER, LOCAL_NUMBER = range(4)


def policy_of(text, target=""):
    pins = parse_preferences(text.encode(), "preferences").pins
    return Policy(FILES, pins, native="amd64", target_release=target)


def record(package, pin, priority):
    return f"Package: {package}\nPin: {pin}\nPin-Priority: {priority}\n\n"


@pytest.mark.parametrize(
    ("pin", "matched"),
    [
        ("release a=stable", [STABLE_NUMBER]),
        ("release stable", [STABLE_NUMBER]),
        ("release TRIXIE", [STABLE_NUMBER]),
        ("release 13*", [STABLE_NUMBER]),
        ("release v=13", []),
        ("release o=deb*", [STABLE_NUMBER, TESTING_NUMBER]),
        ("release o=Debian, a=testing", [TESTING_NUMBER]),
        ("release a=stable,a=testing", [TESTING_NUMBER]),
        ("release l=/^d/", [STABLE_NUMBER]),
        ("release o=me,c=*", [LOCAL_NUMBER]),
        ("release o=me,b=*", []),
        ("release a=now", [STATUS_NUMBER]),
        ("release", [STATUS_NUMBER]),
        ("release x=1", [STATUS_NUMBER]),
        ('origin ""', [LOCAL_NUMBER]),
        ('origin "a.example.org"', [STABLE_NUMBER]),
        ("origin *", [STABLE_NUMBER, TESTING_NUMBER, LOCAL_NUMBER]),
    ],
)
def test_general_pin_matches_files(pin, matched):
    changed = policy_of(record("*", pin, 777)).file_priorities
    assert [number for number, priority in enumerate(changed) if priority == 777] == matched


def test_default_priorities_of_files():
    once = list_file("NotAutomatic: yes\n")
    upgrades = list_file("NotAutomatic: yes\nButAutomaticUpgrades: yes\n")
    policy = Policy((STATUS_FILE, STABLE, once, upgrades), (), native="amd64")
    assert policy.file_priorities == [100, 500, 1, 100]


def test_first_general_pin_of_a_file_wins_and_the_target_release_is_before_all():
    text = record("*", "release a=stable", 7) + record("*", "origin a.example.org", 8)
    assert policy_of(text).file_priorities[STABLE_NUMBER] == 7
    assert policy_of(text, target="stable").file_priorities[STABLE_NUMBER] == 990


def test_unknown_target_release_is_a_usage_error():
    with pytest.raises(UsageError, match="nonsense"):
        policy_of("", target="nonsense")


def test_candidate_is_not_a_downgrade_below_1000():
    versions = [
        Facts("2", "a", "2", [STATUS_NUMBER]),
        Facts("1", "a", "1", [STABLE_NUMBER]),
    ]
    for priority, expected in ((999, 0), (1000, 1)):
        policy = policy_of(record("a", "version 1", priority))
        assert policy.candidate("a", "amd64", versions, 0) == expected


def test_candidate_is_none_when_every_version_is_forbidden():
    policy = policy_of(record("a", "version *", -1))
    assert policy.candidate("a", "amd64", [Facts("1", "a", "1", [STABLE_NUMBER])], None) is None


def test_deciding_pin_is_the_first_that_matches():
    text = record("b*", "version 1", 5) + record("src:s:any", "version 2", 6)
    policy = policy_of(text + record("bar", "version *", 7))
    seen = [
        policy.deciding_pin("bar", "amd64", Facts(version, "s", version, [])).priority
        for version in ("1", "2", "3")
    ]
    assert seen == [5, 6, 7]


def test_pins_speak_of_the_native_architecture_unless_told():
    policy = policy_of(record("a", "version 1", 5) + record("b:any", "version 1", 6))
    facts = Facts("1", "s", "1", [STABLE_NUMBER])
    assert policy.priority("a", "i386", facts, is_installed=False) == 500
    assert policy.priority("b", "i386", facts, is_installed=False) == 6


@given(st.lists(st.sampled_from([-5, 1, 100, 500, 990, 999, 1000, 1001]), min_size=1, max_size=6))
def test_candidate_never_has_a_lower_priority_than_a_version_above_it(priorities):
    versions = [Facts(str(9 - at), "s", "1", [STABLE_NUMBER]) for at in range(len(priorities))]
    text = "".join(
        record("a", f"version {facts.version}", priority)
        for facts, priority in zip(versions, priorities, strict=True)
    )
    chosen = policy_of(text).candidate("a", "amd64", versions, None)
    assert (chosen is None) == (max(priorities) < 0)
    if chosen is not None:
        assert priorities[chosen] == max(priorities)
        assert chosen == priorities.index(max(priorities))


# The oracle: hundreds of random worlds, asked of the real apt-cache policy.


class World:
    """A random set of archives, packages and installed versions."""

    def __init__(self, draw: random.Random) -> None:
        self.sources = ""
        self.lists: dict[str, str] = {}
        self.packages: dict[str, dict[str, list[int]]] = {}
        self.installed: dict[str, str] = {}
        self.files: list[PackageFile] = []
        self.source_names = {f"p{at}": draw.choice((f"p{at}", "srca", "srcb")) for at in range(8)}
        self.sources = "".join(self._add_archive(draw, at) for at in range(draw.randint(1, 4)))
        self._number_files()
        self.status = self._add_status(draw)

    def _add_archive(self, draw, at):
        suite, codename, version = draw.choice(SUITES)
        is_flat = draw.random() < 0.25
        not_automatic = draw.random() < 0.3
        uri = draw.choice((f"http://h{at}.example.org:80/debian", f"file:/srv/h{at}"))
        dist = "./" if is_flat else f"dist{at}"
        text = release_text(
            Origin=draw.choice(("Debian", "Some Vendor", "")),
            Label=draw.choice(("Debian", "Label", "")),
            Suite=suite,
            Codename=codename,
            Version=version,
            NotAutomatic="yes" if not_automatic else "",
            ButAutomaticUpgrades="yes" if not_automatic and draw.random() < 0.5 else "",
            Date="Mon, 01 Jan 2024 00:00:00 UTC",
        )
        self.lists[list_file_name(uri, dist, "", "")] = text
        components = () if is_flat else ("main", "contrib")[: draw.randint(1, 2)]
        for component in components or ("",):
            name = list_file_name(uri, dist, component, "amd64")
            rows = draw.sample(sorted(self.source_names), 5)
            self.lists[name] = "".join(self._stanza(draw, package) for package in rows)
        return f"deb [trusted=yes] {uri} {dist} {' '.join(components)}\n"

    def _stanza(self, draw, package):
        version = draw.choice(VERSIONS)
        return stanza(self._fields(package, version))

    def _fields(self, package, version):
        fields = {"Package": package}
        if self.source_names[package] != package:
            fields["Source"] = f"{self.source_names[package]} (7{version[-1]})"
        return fields | {
            "Version": version,
            "Architecture": "all" if package == "p0" else "amd64",
            "Maintainer": "nobody",
            "Installed-Size": "1",
            "Filename": f"pool/{package}.deb",
            "Size": "1",
            "SHA256": "0" * 64,
            "Description": "d",
        }

    def _number_files(self):
        """Collect the list files in apt's order, and the versions that each one lists."""
        self.files.append(STATUS_FILE)
        parsed = parse_one_line(self.sources.encode(), "sources.list", architecture="amd64")
        for source in merge_order(parsed):
            release = self.lists[list_file_name(source.uri, source.suite, "", "")]
            for component in source.components or ("",):
                architecture = "amd64" if source.components else ""
                self.files.append(
                    package_file(
                        parse_release(release.encode(), "Release") if release else None,
                        site=site(source.uri),
                        component=component,
                        architecture=architecture,
                    )
                )
                name = list_file_name(source.uri, source.suite, component, "amd64")
                self._list_versions(self.lists[name], len(self.files) - 1)

    def _list_versions(self, text, number):
        for block in text.split("\n\n"):
            fields = dict(line.split(": ", 1) for line in block.splitlines())
            if fields:
                versions = self.packages.setdefault(fields["Package"], {})
                versions.setdefault(fields["Version"], []).append(number)

    def _add_status(self, draw):
        text = ""
        for package in sorted(self.source_names):
            if draw.random() < 0.6:
                known = sorted(self.packages.get(package, {}))
                version = draw.choice([*known, *known, draw.choice(VERSIONS)])
                state = draw.choice(STATES)
                fields = self._fields(package, version)
                for name in ("Filename", "Size", "SHA256"):
                    del fields[name]
                text += stanza({"Package": package, "Status": state} | fields)
                if not state.endswith("config-files"):
                    self.installed[package] = version
                self.packages.setdefault(package, {}).setdefault(version, []).append(0)
        return text

    def preferences(self, draw):
        """Return random pins; most of them match something."""
        text = ""
        for _ in range(draw.randint(0, 5)):
            priority = draw.choice((-10, -1, 1, 50, 99, 100, 101, 500, 501, 700, 990, 995))
            priority = draw.choice((priority, priority, 999, 1000, 1001, 32767, -32768))
            if draw.random() < 0.4:
                name = "*"
                pin = self._file_pin(draw)
                priority = draw.choice((priority, priority, priority, "never"))
            else:
                name = draw.choice(
                    ("p1", "p2 p3", "p?", "p*", "/p[1-4]/", "src:srca", "src:src*", "p1:any",
                     "p[13]:amd64", "p4:i386", "* p9", "src:/A$/", "P5", "/^P5$/", "p0", "*:all")
                )  # fmt: skip
                version = draw.choice(VERSIONS)
                pin = draw.choice(
                    (
                        self._file_pin(draw),
                        f"version {version}",
                        f"version {version[:1]}*",
                        "version /[12]/",
                        f"source-version 7{version[-1]}",
                        "version *",
                    )
                )
            text += record(name, pin, priority)
        return text

    @staticmethod
    def _file_pin(draw):
        suite, codename, version = draw.choice(SUITES[:4])
        return draw.choice(
            (
                f"release a={suite}",
                f"release n={codename}",
                f"release v={version or 13}",
                f"release {suite}",
                "release v=13*",
                "release 1*",
                "release o=Debian",
                "release o=some vendor, l=Label",
                f"release l=De*,a={suite}",
                "release c=contrib",
                "release b=amd64",
                "release a=now",
                "release *",
                "release c=",
                'origin ""',
                "origin h0.example.org",
                'origin "H1*"',
                "origin *",
            )
        )

    def ordered_versions(self, package):
        versions = self.packages[package]
        found = []
        for version in sorted(versions, key=functools.cmp_to_key(compare), reverse=True):
            source, given = self.source_names[package], f"7{version[-1]}"
            if source == package:
                given = version
            found.append(Facts(version, source, given, versions[version]))
        return found


@pytest.fixture(scope="module")
def apt_root(tmp_path_factory, require):
    if os.geteuid() != 0:
        require("root", "chroot needs root")
    if not os.path.isdir(oracle_folder()):
        require("apt", f"no oracle root at {oracle_folder()}")
    return AptRoot(str(tmp_path_factory.mktemp("apt") / "root"))


def expect(world, text, target):
    """Return what `parse_policy` should find, and the priorities of all files."""
    pins = parse_preferences(text.encode(), "preferences").pins
    policy = Policy(world.files, pins, native="amd64", target_release=target)
    found = {}
    for package in sorted(world.packages):
        versions = world.ordered_versions(package)
        names = [facts.version for facts in versions]
        installed = world.installed.get(package)
        number = names.index(installed) if installed else None
        chosen = policy.candidate(package, "amd64", versions, number)
        found[package] = (
            "(none)" if chosen is None else names[chosen],
            {
                facts.version: policy.priority(
                    package, "amd64", facts, is_installed=facts.version == installed
                )
                for facts in versions
            },
        )
    return found, policy.file_priorities


@pytest.mark.oracle
@pytest.mark.root
@pytest.mark.parametrize("seed", range(80))
def test_policy_agrees_with_apt(apt_root, seed):
    draw = random.Random(seed)
    world = World(draw)
    apt_root.set_world(world.sources, world.lists, world.status)
    for _ in range(3):
        text = world.preferences(draw)
        target = draw.choice(("", "", "stable", "forky", "13*", "o=Debian"))
        try:
            expected, file_priorities = expect(world, text, target)
        except UsageError:
            target = ""
            expected, file_priorities = expect(world, text, target)
        apt_root.write("etc/apt/preferences", text)
        option = f"APT::Default-Release={target}"
        output = apt_root.run("apt-cache", "-o", option, "policy", *expected)
        assert parse_policy(output) == expected, f"{text}\n{output}"
        output = apt_root.run("apt-cache", "-o", option, "policy")
        # apt prints the status file first, then the lists in reverse order
        status, *lists = file_priorities
        assert parse_file_priorities(output) == [status, *reversed(lists)], output
