"""Which mistakes in sources are found, where, and is what is fine left alone?"""

from __future__ import annotations

import os
from datetime import UTC, date, datetime

import pytest

from foretell.apt.sources.release_ends import BUILT_IN, Ends, ReleaseEnd, base_codename, read_ends
from foretell.apt.sources.sources_lint import LEVELS, RULES, lint
from foretell.apt.syntax.configuration import load

NOW = datetime(2026, 11, 26, tzinfo=UTC)
URI = "https://a.example.org/debian"
LISTS = "var/lib/apt/lists"
PREFIX = f"{LISTS}/a.example.org_debian_dists_"
SIGNED = "-----BEGIN PGP SIGNED MESSAGE-----\n\n{}\n-----BEGIN PGP SIGNATURE-----\n"
KEY = "usr/share/keyrings/k.gpg"
GOOD = f"Types: deb\nURIs: {URI}\nSuites: {{}}\nComponents: main\nSigned-By: /{KEY}\n"


def write(folder, files):
    for name, text in files.items():
        base = "" if name.startswith(("var/", "usr/", "etc/")) else "etc/apt/"
        path = os.path.join(folder, base + name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)


def find(folder, files, *, signer=lambda _: ("", "nobody knows"), now=NOW):
    write(folder, {KEY: "", **files})
    return lint(
        load(str(folder)),
        architectures=["amd64"],
        now=now,
        ends=read_ends([]),
        signer=signer,
    )


def rules(folder, files, **options):
    """Return (rule, file, line) of every finding, but for the notes about the form."""
    return [
        (it.rule, os.path.basename(it.path), it.line)
        for it in find(folder, files, **options)
        if it.rule != "one-line"
    ]


def release(**fields):
    defaults = {"Origin": "Debian", "Suite": "s", "Date": "Wed, 25 Nov 2026 00:00:00 UTC"}
    rows = {**defaults, **{name.replace("_", "-"): value for name, value in fields.items()}}
    return SIGNED.format("\n".join(f"{name}: {value}" for name, value in rows.items()))


def test_good_sources_have_no_findings(tmp_path):
    files = {
        "sources.list.d/debian.sources": GOOD.format("trixie trixie-updates trixie-backports")
        + "X-Note: mine\nArchitectures-Add: i386\n",
        f"{PREFIX}trixie_InRelease": release(Codename="trixie"),
    }
    assert find(tmp_path, files) == []


def test_syntax_names_the_line_and_other_files_are_read(tmp_path):
    files = {
        "sources.list": f"deb {URI} s main\ndeb x\n",
        "sources.list.d/x.sources": GOOD.format("s") + "\nbroken\n",
        "sources.list.d/y.list": f"deb {URI} t main\n",
    }
    found = rules(tmp_path, files)
    assert ("syntax", "sources.list", 2) in found
    assert ("syntax", "x.sources", 7) in found
    assert ("missing-signed-by", "y.list", 1) in found


def test_conflicting_options(tmp_path):
    text = f"deb [trusted=no signed-by=/{KEY}] {URI} s main\ndeb {URI} s x\n"
    assert ("conflicting-options", "sources.list", 2) in rules(tmp_path, {"sources.list": text})


@pytest.mark.parametrize(
    ("uri", "rule"),
    [("https://b.example.org", "trusted"), ("file:/srv", "trusted-local"),
     ("copy:/srv", "trusted-local")],
)  # fmt: skip
def test_trusted_is_found_at_its_line(tmp_path, uri, rule):
    text = f"deb [trusted=yes] {uri} ./\n"
    stanza = f"# x\nTypes: deb\nURIs: {uri}\nSuites: ./\nTrusted: yes\n"
    files = {"sources.list": text, "sources.list.d/x.sources": stanza.replace("./", "x/")}
    assert rules(tmp_path, files) == [(rule, "sources.list", 1), (rule, "x.sources", 5)]
    assert rules(
        tmp_path, {"sources.list": text.replace("yes", "no"), "sources.list.d/x.sources": ""}
    ) == [("missing-signed-by", "sources.list", 1)]


@pytest.mark.parametrize("option", ["allow-insecure", "allow-weak", "allow-downgrade-to-insecure"])
def test_switched_off_checks(tmp_path, option):
    text = f"deb [signed-by=/{KEY} {option}=yes] {URI} s main\n"
    assert rules(tmp_path, {"sources.list": text}) == [("allow-insecure", "sources.list", 1)]
    assert rules(tmp_path, {"sources.list": text.replace("=yes", "=no")}) == []


@pytest.mark.parametrize(
    ("uri", "rule"),
    [
        ("http://b.example.org", "http-without-signed-by"),
        ("mirror+http://b.example.org/m", "http-without-signed-by"),
        ("https://b.example.org", "missing-signed-by"),
        ("file:/srv", "missing-signed-by"),
    ],
)
def test_missing_signed_by(tmp_path, uri, rule):
    assert rules(tmp_path, {"sources.list": f"deb {uri} s main\n"}) == [(rule, "sources.list", 1)]
    both = f"deb {uri} s main\ndeb-src [signed-by=/{KEY}] {uri} s main\n"
    assert rules(tmp_path, {"sources.list": both}) == []


def test_remedy_is_a_stanza_with_the_keyring(tmp_path):
    def known(_):
        return "/etc/apt/keyrings/v.gpg", ""

    text = f"deb [arch=amd64,i386 lang-=de trusted=yes] {URI} s main x\n"
    (found, _) = find(tmp_path, {"sources.list": text}, signer=known)
    assert found.remedy == (
        f"Types: deb\nURIs: {URI}/\nSuites: s\nComponents: main x\nArchitectures: amd64 i386\n"
        "Languages-Remove: de\nSigned-By: /etc/apt/keyrings/v.gpg"
    )
    stanza = GOOD.format("s").replace(f"Signed-By: /{KEY}\n", "")
    files = {"sources.list": "", "sources.list.d/x.sources": stanza}
    (found,) = find(tmp_path, files, signer=known)
    assert found.remedy == "Signed-By: /etc/apt/keyrings/v.gpg"


def test_missing_keyring(tmp_path):
    text = f"# x\ndeb [signed-by=/{KEY},/etc/apt/keyrings/none.gpg] {URI} s main\n"
    stanza = GOOD.format("t").replace("k.gpg", "gone.gpg") + "Enabled: yes\n"
    fingerprint = GOOD.format("u").replace(f"/{KEY}", "0123456789ABCDEF0123456789ABCDEF01234567!")
    embedded = GOOD.format("v").replace(f" /{KEY}", "\n -----BEGIN PGP\n .\n /x\n -----END")
    files = {
        "sources.list": text,
        "sources.list.d/x.sources": f"{stanza}\n{fingerprint}\n{embedded}",
    }
    assert rules(tmp_path, files) == [
        ("missing-keyring", "sources.list", 2),
        ("missing-keyring", "x.sources", 5),
    ]


def test_keyring_that_apt_cannot_read(tmp_path):
    files = {"sources.list.d/x.sources": GOOD.format("s")}
    assert rules(tmp_path, files) == []
    os.chmod(tmp_path / KEY, 0o640)
    assert rules(tmp_path, files) == [("unreadable-keyring", "x.sources", 5)]


def test_password_is_found_and_never_shown(tmp_path):
    text = "deb http://me:se%40cret@b.example.org:80/d s main\n"
    found = find(tmp_path, {"sources.list": text}, signer=lambda _: ("/k.gpg", ""))
    assert ("password-in-uri", 1) in [(it.rule, it.line) for it in found]
    shown = "".join(str(it) for it in found)
    assert "cret" not in shown
    assert "http://me:...@b.example.org:80/d/ holds" in shown
    assert "machine http://b.example.org login me password" in shown
    os.chmod(tmp_path / "etc/apt/sources.list", 0o600)
    assert "password-in-uri" not in [it[0] for it in rules(tmp_path, {})]


def test_unsigned_release_file(tmp_path):
    files = {"sources.list": f"deb {URI} s main\n", f"{PREFIX}s_Release": "Suite: s\n"}
    assert rules(tmp_path, files) == [("unsigned", "sources.list", 1)]
    write(tmp_path, {f"{PREFIX}s_Release.gpg": ""})
    assert rules(tmp_path, {}) == [("missing-signed-by", "sources.list", 1)]


@pytest.mark.parametrize(
    ("option", "until", "is_found"),
    [
        ("", "Wed, 25 Nov 2026 00:00:00 UTC", True),
        ("", "Fri, 27 Nov 2026 00:00:00 UTC", False),
        ("", "soon", False),
        ("Check-Valid-Until: no", "Wed, 25 Nov 2026 00:00:00 UTC", False),
        ("Check-Date: no", "Wed, 25 Nov 2026 00:00:00 UTC", False),
        ("Valid-Until-Min: 864000", "Wed, 25 Nov 2026 00:00:00 UTC", False),
        ("Valid-Until-Max: 3600", "Fri, 27 Nov 2026 00:00:00 UTC", True),
        ("Valid-Until-Max: 3600", "", True),
        ("Valid-Until-Max: 999999999999999", "", False),
        ("Valid-Until-Max: x", "", False),
    ],
)
def test_expired(tmp_path, option, until, is_found):
    fields = {"Valid_Until": until} if until else {}
    files = {
        "sources.list.d/x.sources": GOOD.format("s") + option,
        f"{PREFIX}s_InRelease": release(**fields),
    }
    found = rules(tmp_path, files)
    assert found == ([("expired", "x.sources", 1)] if is_found else [])


def test_configuration_can_switch_the_date_off(tmp_path):
    files = {
        "sources.list.d/x.sources": GOOD.format("s"),
        f"{PREFIX}s_InRelease": release(Valid_Until="Wed, 25 Nov 2026 00:00:00 UTC"),
        "etc/apt/apt.conf": 'Acquire::Check-Valid-Until "no";\n',
    }
    assert rules(tmp_path, files) == []


def test_setting_that_lets_a_file_expire_is_told(tmp_path):
    files = {
        "sources.list.d/x.sources": GOOD.format("s"),
        f"{PREFIX}s_InRelease": release(Label="L"),
        "etc/apt/apt.conf": 'Acquire::Max-ValidTime::L "3600";\n',
    }
    (found,) = find(tmp_path, files)
    assert found.rule == "expired"
    long_ago = files["etc/apt/apt.conf"].replace("3600", "-99999999999999999")
    assert rules(tmp_path, {**files, "etc/apt/apt.conf": long_ago}) == [("expired", "x.sources", 1)]
    why = "Acquire::Max-ValidTime::L is 3600, Date Wed, 25 Nov 2026 00:00:00 UTC"
    assert found.message.endswith(f"was valid until 2026-11-25 01:00 UTC: {why}")


def test_limit_of_another_entry_is_told_with_its_place(tmp_path):
    line = f"deb [signed-by=/{KEY} {{}}] {URI} s {{}}\n"
    files = {
        "sources.list": line.format("", "main") + line.format("valid-until-max=3600", "x"),
        f"{PREFIX}s_InRelease": release(),
    }
    found = [it for it in find(tmp_path, files) if it.rule == "expired"]
    assert [it.line for it in found] == [1, 2]
    assert found[0].message.endswith("/sources.list:2 says")
    assert "says" not in found[1].message


def test_codename_of_the_release_file_is_told(tmp_path):
    files = {
        "sources.list.d/x.sources": GOOD.format("stable bookworm"),
        f"{PREFIX}stable_InRelease": release(Codename="buster"),
        f"{PREFIX}bookworm_InRelease": release(Codename="bookworm"),
    }
    found = {it.rule: it.message for it in find(tmp_path, files)}
    said = f"stable of {URI}/ is buster by its Release file"
    assert found["end-of-life"].endswith(f"; {said}")
    assert found["mixed-suites"].endswith(f"names; {said}")
    assert "by its" not in found["long-term-support"]


@pytest.mark.parametrize(
    ("suite", "codename", "origin", "rule"),
    [
        ("buster", "", "", "end-of-life"),
        ("buster/updates", "", "", "end-of-life"),
        ("buster-backports", "", "", "end-of-life"),
        ("bookworm-security", "", "", "long-term-support"),
        ("trixie", "", "", None),
        ("sid", "", "", None),
        ("cosmic-desktop", "", "", None),
        ("oldoldstable", "", "", None),
        ("oldoldstable", "bullseye", "Debian", "end-of-life"),
        ("buster", "buster", "Debian Backports", "end-of-life"),
        ("bionic", "bionic", "Ubuntu", "end-of-life"),
        ("cosmic", "cosmic", "Vendor", "made-for-ended-release"),
        ("stable", "buster", "Vendor", "made-for-ended-release"),
    ],
)
def test_end_of_life(tmp_path, suite, codename, origin, rule):
    files = {"sources.list.d/x.sources": GOOD.format(suite)}
    if codename:
        files[f"{PREFIX}{suite}_InRelease"] = release(Codename=codename, Origin=origin)
    assert rules(tmp_path, files) == ([(rule, "x.sources", 3)] if rule else [])


def test_day_of_the_end_is_still_fine(tmp_path):
    files = {"sources.list.d/x.sources": GOOD.format("trixie")}
    assert rules(tmp_path, files, now=datetime(2028, 8, 9, 23, tzinfo=UTC)) == []
    assert rules(tmp_path, files, now=datetime(2028, 8, 10, tzinfo=UTC)) == [
        ("long-term-support", "x.sources", 3)
    ]


def test_duplicates_name_both_places(tmp_path):
    line = f"deb [signed-by=/{KEY}] {URI} trixie main\n"
    files = {
        "sources.list": line
        + line.replace("main", "main x").replace("debian trixie", "debian/ trixie"),
        "sources.list.d/x.sources": GOOD.format("trixie forky"),
    }
    found = [it for it in find(tmp_path, files) if it.rule == "duplicate"]
    assert [(os.path.basename(it.path), it.line) for it in found] == [
        ("sources.list", 2),
        ("x.sources", 1),
    ]
    assert "sources.list:1" in found[0].message
    assert "main/binary-amd64/Packages and 2 more" in found[0].message
    assert "modernize-sources" in found[0].remedy
    assert "modernize-sources" not in found[1].remedy


@pytest.mark.parametrize(
    ("suites", "is_mixed"),
    [
        ("trixie forky", True),
        ("trixie unstable", True),
        ("trixie trixie-updates trixie-security trixie-backports", False),
        ("trixie bookworm-backports", False),
        ("stable testing", True),
        ("stable trixie", False),
        ("stable stable-updates", False),
        ("one two", False),
        ("trixie experimental", False),
    ],
)
def test_mixed_suites(tmp_path, suites, is_mixed):
    found = rules(tmp_path, {"sources.list.d/x.sources": GOOD.format(suites)})
    assert [it for it in found if it[0] == "mixed-suites"] == (
        [("mixed-suites", "x.sources", 3)] if is_mixed else []
    )


def test_other_archives_and_sources_are_no_mixture(tmp_path):
    files = {
        "sources.list.d/x.sources": GOOD.format("trixie"),
        "sources.list.d/y.sources": GOOD.format("forky").replace("a.example", "b.example"),
        "sources.list.d/z.sources": GOOD.format("forky").replace("deb\n", "deb-src\n"),
    }
    assert rules(tmp_path, files) == []
    files[f"{PREFIX}trixie_InRelease"] = release(Codename="trixie")
    files[f"{PREFIX.replace('a.example', 'b.example')}forky_InRelease"] = release(Codename="forky")
    assert rules(tmp_path, files) == [("mixed-suites", "y.sources", 3)]
    files[f"{PREFIX.replace('a.example', 'b.example')}forky_InRelease"] = release(
        Codename="forky", NotAutomatic="yes"
    )
    assert rules(tmp_path, files) == []


@pytest.mark.parametrize(
    ("option", "remedy"),
    [("Arch=i386", "arch"), ("architectures=i386", "arch"), ("By-Hash=no", "by-hash"),
     ("foo=bar", "remove it"), ("Lang+=de", "lang")],
)  # fmt: skip
def test_ignored_option_of_a_line(tmp_path, option, remedy):
    (found, _) = find(tmp_path, {"sources.list": f"deb [signed-by=/{KEY} {option}] {URI} s main\n"})
    assert (found.rule, found.line) == ("ignored-option", 1)
    assert remedy in found.remedy


@pytest.mark.parametrize(
    ("field", "remedy"),
    [("Arch", "Architectures"), ("Signedby", "Signed-By"), ("InRelease-Path", "remove it"),
     ("Trusted-Add", "remove it"), ("Wholly-Other", "remove it")],
)  # fmt: skip
def test_ignored_field_of_a_stanza(tmp_path, field, remedy):
    text = GOOD.format("s") + f"{field}: x\n"
    (found,) = find(tmp_path, {"sources.list.d/x.sources": text})
    assert (found.rule, found.line) == ("ignored-option", 6)
    assert remedy in found.remedy


def test_option_that_switches_a_target_is_known(tmp_path):
    text = f"deb [signed-by=/{KEY} Translations=no] {URI} s main\n"
    assert rules(tmp_path, {"sources.list": text}) == []


def test_disabled_entries_and_stanzas(tmp_path):
    files = {
        "sources.list": f"# deb lines are text\n#deb {URI} s main\n",
        "sources.list.d/x.sources": "# c\n" + GOOD.format("s") + "Enabled: no\nFoo: x\n",
    }
    assert rules(tmp_path, files) == [
        ("disabled", "sources.list", 2),
        ("disabled", "x.sources", 7),
    ]


def test_files_that_apt_overlooks(tmp_path):
    files = {f"sources.list.d/{name}": "deb x\n" for name in ("it's.list", "a b.sources", "x.bak")}
    assert rules(tmp_path, files) == [
        ("ignored-file", "a b.sources", 0),
        ("ignored-file", "it's.list", 0),
    ]


def test_one_line_form_is_noted_once_for_each_file(tmp_path):
    text = f"\ndeb [signed-by=/{KEY}] {URI} s main\ndeb [signed-by=/{KEY}] {URI} t main\n"
    found = find(tmp_path, {"sources.list": text})
    assert [(it.rule, it.level, it.line) for it in found] == [("one-line", "note", 2)]
    assert "2 entries have" in found[0].message


def test_every_rule_has_a_level_and_a_reason():
    assert {level for level, _ in RULES.values()} == set(LEVELS)
    assert all(why and not why.endswith(".") for _, why in RULES.values())


# -- when releases end -----------------------------------------------------------------------------


def test_installed_data_is_preferred_and_said(tmp_path):
    write(
        tmp_path,
        {
            "usr/share/distro-info/debian.csv": "version,codename,series,created,release,eol,"
            "eol-lts\n"
            "13,Trixie,trixie,2023-06-10,2025-08-09,2027-01-01,2029-01-01\n"
            "14,Forky,forky,2025-08-09\n15,Other,newone,2027-01-01\nbroken\n"
            "16,Bad,bad,,,2027-13-45,\n"
        },
    )
    ends = read_ends([str(tmp_path)])
    assert ends.releases["trixie"] == ReleaseEnd(
        "debian", "13", "trixie", date(2027, 1, 1), date(2029, 1, 1)
    )
    assert ends.releases["buster"] == BUILT_IN["buster"]
    assert ends.distributions["newone"] == "debian"
    assert "bad" not in ends.releases
    assert str(tmp_path) in ends.source
    assert read_ends([str(tmp_path / "none")]) == read_ends([])
    assert isinstance(read_ends([]), Ends)


def test_table_equals_the_package(require):
    """Where distro-info-data is installed, the table must not have aged."""
    path = "/usr/share/distro-info/debian.csv"
    if not os.path.exists(path):
        require("distro-info-data", "its dates are compared")
    installed = read_ends(["/"]).releases
    differing = {name for name, row in BUILT_IN.items() if installed[name] != row}
    assert differing == set()


@pytest.mark.parametrize("suite", ["", "./", "trixie-pgdg", "trixie/x", "Trixie"])
def test_other_suites_have_no_codename(suite):
    assert base_codename(suite) == ""
