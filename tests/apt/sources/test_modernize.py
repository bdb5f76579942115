"""What does modernising write, where, and does it name the same index targets?"""

from __future__ import annotations

import os
import tempfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretell.apt.sources.index_targets import index_targets
from foretell.apt.sources.modernize import modernize
from foretell.apt.sources.sources import parse_deb822, parse_one_line, read_sources
from foretell.apt.syntax.configuration import load
from foretell.errors import InputError

URI = "http://a.example.org/d"
LISTS = "var/lib/apt/lists"
RELEASE = "Origin: {}\nSuite: s\nCodename: s\n"


def write(folder, files):
    for name, text in files.items():
        path = os.path.join(folder, name if "/" in name and name[0] == "v" else f"etc/apt/{name}")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)


def run(folder, files, *, signer=None, keep_order=False):
    """Return (name below /etc/apt -> text or None, notes as (name, line, code))."""
    write(folder, files)
    made = modernize(
        load(str(folder)),
        architectures=["amd64"],
        signer=signer or (lambda source: ("", f"{source.uri} is not known")),
        keep_order=keep_order,
    )
    base = os.path.join(folder, "etc/apt")
    changes = {
        os.path.relpath(it.path, base): None if it.after is None else it.after.decode()
        for it in made.changes
    }
    return changes, [(os.path.relpath(it.path, base), it.line, it.code) for it in made.notes]


def test_main_file_goes_where_its_origin_says(tmp_path):
    changes, _ = run(
        tmp_path,
        {
            "sources.list": f"deb {URI} s main\ndeb {URI}2 s main\n#deb {URI} t main\n",
            f"{LISTS}/a.example.org_d_dists_s_InRelease": RELEASE.format("Foo Bar/Ü_x.y"),
        },
    )
    head = "# Modernized from /etc/apt/sources.list\n"
    assert changes == {
        "sources.list": None,
        "sources.list.d/foo-bar---x.y.sources": f"{head}Types: deb\nURIs: {URI}\nSuites: s\n"
        f"Components: main\n\nEnabled: no\nTypes: deb\nURIs: {URI}\nSuites: t\n"
        "Components: main\n",
        "sources.list.d/moved-from-main.sources": f"{head}Types: deb\nURIs: {URI}2\nSuites: s\n"
        "Components: main\n",
    }


def test_other_files_keep_their_name_and_what_is_there(tmp_path):
    there = "# there\nTypes: deb\nURIs: http://b.example.org\nSuites: s\nComponents: x"
    changes, notes = run(
        tmp_path,
        {"sources.list.d/v.list": f"deb {URI} s main\n", "sources.list.d/v.sources": there},
    )
    assert changes == {
        "sources.list.d/v.list": None,
        "sources.list.d/v.sources": f"{there}\n\nTypes: deb\nURIs: {URI}\nSuites: s\n"
        "Components: main\n",
    }
    assert notes == [
        ("sources.list.d/v.list", 1, "no-signed-by"),
        ("sources.list.d/v.list", 0, "other-order"),
    ]


def test_new_files_know_the_old_ones(tmp_path):
    write(
        tmp_path, {"sources.list": f"deb {URI} s main\n", "sources.list.d/v.list": f"deb {URI} t x"}
    )
    made = modernize(load(str(tmp_path)), architectures=["amd64"], signer=lambda _: ("", "x"))
    found = {
        os.path.basename(it.path): [os.path.basename(m) for m in it.models] for it in made.changes
    }
    assert found == {
        "moved-from-main.sources": ["sources.list"],
        "v.sources": ["v.list"],
        "sources.list": [],
        "v.list": [],
    }


def test_files_without_entries_stay(tmp_path):
    assert run(tmp_path, {"sources.list": "# nothing\n", "sources.list.d/x.list": ""}) == ({}, [])


def test_disabled_entries_alone_are_kept(tmp_path):
    changes, _ = run(tmp_path, {"sources.list.d/v.list": f"# deb {URI} s main # off\n"})
    assert changes["sources.list.d/v.sources"] == (
        f"# off\nEnabled: no\nTypes: deb\nURIs: {URI}\nSuites: s\nComponents: main\n"
    )


def test_line_that_no_stanza_can_say_stays_with_its_comment(tmp_path):
    files = {"sources.list": f"# disc\ndeb cdrom:[A B]/ s main\ndeb [trusted=yes] {URI} s main\n"}
    changes, notes = run(tmp_path, files)
    assert changes["sources.list"] == "# disc\ndeb cdrom:[A B]/ s main\n"
    assert "cdrom" not in changes["sources.list.d/moved-from-main.sources"]
    assert ("sources.list", 2, "kept-as-line") in notes
    write(tmp_path, {name: text for name, text in changes.items() if text is not None})
    assert run(tmp_path, {})[0] == {}


def test_remarks_are_kept_in_their_order(tmp_path):
    text = f"# one\n\n#deb cdrom:[A B]/ s main\n\n# two\ndeb {URI} s main\n\n# three\n"
    changes, _ = run(tmp_path, {"sources.list.d/v.list": text})
    found = changes["sources.list.d/v.sources"]
    places = [found.index(word) for word in ("# one", "#deb cdrom:[A B]/", "# two", "URIs", "# th")]
    assert places == sorted(places)


def test_signer_is_asked_once_for_each_repository(tmp_path):
    asked = []

    def signer(source):
        asked.append((source.uri, source.suite))
        return (f"/k/{source.suite}.gpg", "") if source.suite != "u" else ("", "unknown")

    text = f"deb {URI} s main\ndeb-src {URI} s main\ndeb {URI} u main\n#deb {URI} w main\n"
    text += f"deb [trusted=yes] {URI} y main\ndeb [signed-by=/m.gpg] {URI} z main\n"
    text += f"deb-src {URI} z main\n"
    changes, notes = run(tmp_path, {"sources.list.d/v.list": text}, signer=signer)
    assert asked == [(URI + "/", "s"), (URI + "/", "u")]
    found = changes["sources.list.d/v.sources"].split("\n\n")
    assert "Types: deb deb-src" in found[0]
    assert found[0].endswith("Signed-By: /k/s.gpg")
    assert "Signed-By" not in found[1]
    assert "Enabled: no" in found[2]
    assert "Signed-By: /" in found[2]
    assert "Trusted: yes" in found[3]
    assert "Signed-By" not in found[3]
    assert found[4].endswith("Signed-By: /m.gpg\n")
    assert "deb deb-src" in found[4]
    assert [(line, code) for _, line, code in notes] == [
        (1, "signed-by-added"),
        (3, "no-signed-by"),
        (7, "signed-by-added"),
    ]


def test_order_of_preference_is_told(tmp_path):
    text = f"deb {URI} s main\ndeb {URI}2 s main\ndeb {URI} t main\n"
    changes, notes = run(tmp_path, {"sources.list.d/v.list": text})
    assert ("sources.list.d/v.list", 0, "other-order") in notes
    assert "Suites: s t" in changes["sources.list.d/v.sources"]
    changes, notes = run(tmp_path, {}, keep_order=True)
    assert [code for _, _, code in notes if code == "other-order"] == []
    assert "Suites: s t" not in changes["sources.list.d/v.sources"]


def test_order_is_kept_where_options_would_contradict(tmp_path):
    """Apt refuses an entry without valid-until-max after one with it, but not the reverse."""
    option = "[valid-until-max=9]"
    text = f"deb {option} {URI} s main\ndeb {URI} t main\ndeb {option} {URI} t x\n"
    changes, _ = run(tmp_path, {"sources.list.d/v.list": text})
    assert changes["sources.list.d/v.sources"].count("Types") == 3


def test_contradicting_sources_are_an_error(tmp_path):
    with pytest.raises(InputError, match="trusted"):
        run(tmp_path, {"sources.list": f"deb [trusted=yes] {URI} s main\ndeb {URI} s x\n"})


def test_broken_file_is_an_error_that_names_it(tmp_path):
    with pytest.raises(InputError) as caught:
        run(tmp_path, {"sources.list.d/v.list": f"deb {URI} s main\ndeb x\n"})
    assert (os.path.basename(caught.value.path or ""), caught.value.line) == ("v.list", 2)


WORDS = {
    "uri": ["http://a.example.org/d", "http://a.example.org/d/", "file:/srv/$(ARCH)", "cdrom:[D]/",
            "cdrom:[A B]/", "http://b.example.org/x%7ey"],
    "suite": ["s", "t", "s/updates", "s-$(ARCH)"],
    "flat": ["./", "/", "x/$(ARCH)/"],
    "component": ["main", "contrib", "a/b"],
    "option": ["arch=amd64", "arch=i386,amd64", "arch+=arm64", "arch-=amd64", "lang=none",
               "lang+=de", "target-=Translations", "by-hash=force", "pdiffs=no", "foo=bar",
               "Packages=no", "signed-by=/a.gpg", "signed-by=/a.gpg,/b.gpg", "Arch=i386"],
    "shared": ["trusted=yes", "check-date=no", "valid-until-max=9", "allow-weak=yes",
               "inrelease-path=x"],
    "comment": ["# one", "#", "# deb is a word", "#deb http://a.example.org/d off main", "", "  "],
}  # fmt: skip


@st.composite
def entries(draw):
    """Return a line of any kind that apt takes by itself, and often together with others."""
    if draw(st.integers(0, 3)) == 0:
        return draw(st.sampled_from(WORDS["comment"]))
    options = draw(st.lists(st.sampled_from(WORDS["option"]), max_size=2))
    options += draw(st.lists(st.sampled_from(WORDS["shared"]), max_size=draw(st.integers(0, 1))))
    words = [draw(st.sampled_from(("deb", "deb-src"))) if draw(st.booleans()) else "deb"]
    words += [f"[{' '.join(options)}]"] if options else []
    words.append(draw(st.sampled_from(WORDS["uri"])))
    if draw(st.integers(0, 5)) == 0:
        words.append(draw(st.sampled_from(WORDS["flat"])))
    else:
        words.append(draw(st.sampled_from(WORDS["suite"])))
        words += draw(st.lists(st.sampled_from(WORDS["component"]), min_size=1, max_size=2))
    mark = "# " if draw(st.integers(0, 6)) == 0 else ""
    return mark + " ".join(words) + draw(st.sampled_from(("", "", " # note")))


def targets_of(folder):
    configuration = load(folder)
    found = index_targets(
        read_sources(configuration), configuration, architectures=["amd64", "i386"]
    )
    return {target.without_signed_by() for target in found}


@given(
    st.lists(entries(), max_size=8),
    st.lists(entries(), max_size=4),
    st.booleans(),
    st.sampled_from(["", "/k.gpg"]),
)
def test_targets_are_the_same_before_and_after(main, other, keep_order, keyring):
    files = {"sources.list": "\n".join(main), "sources.list.d/o.list": "\n".join(other)}
    with tempfile.TemporaryDirectory() as folder:
        write(folder, files)
        try:
            before = targets_of(folder)
        except InputError:
            return  # apt refuses them, too
        made = modernize(
            load(folder),
            architectures=["amd64", "i386"],
            signer=lambda _: (keyring, ""),
            keep_order=keep_order,
        )
        for change in made.changes:
            if change.after is None:
                os.remove(change.path)
            else:
                with open(change.path, "wb") as file:
                    file.write(change.after)
        assert targets_of(folder) == before
        assert (
            modernize(
                load(folder), architectures=["amd64", "i386"], signer=lambda _: ("", "")
            ).changes
            == ()
        )
        assert kept_words(folder) == words_of(files)


def named(sources):
    return {
        (it.type, it.uri, it.suite, component)
        for it in sources
        for component in it.components or ("",)
    }


def words_of(files):
    """Return all that any line names, disabled ones included."""
    found: set[tuple[str, ...]] = set()
    for text in files.values():
        for line in text.split("\n"):
            plain = line.lstrip("# ").encode()
            try:
                found |= named(parse_one_line(plain, "x", architecture="amd64"))
            except InputError:
                continue
    return found


def kept_words(folder):
    """Return the same of what is left: stanzas, those that are off, and lines."""
    files = {}
    found: set[tuple[str, ...]] = set()
    base = os.path.join(folder, "etc/apt")
    for directory, _, names in os.walk(base):
        for name in names:
            with open(os.path.join(directory, name), encoding="utf-8") as file:
                text = file.read()
            files[name] = text
            if name.endswith(".sources"):
                everything = text.replace("Enabled: no\n", "").encode()
                found |= named(parse_deb822(everything, name, architecture="amd64"))
    return found | words_of(files)
