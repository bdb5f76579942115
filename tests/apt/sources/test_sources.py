"""Which sources does a file name, and are lists found under the names that apt gives them?"""

from __future__ import annotations

import os

import pytest

from foretell.apt.sources.sources import (
    index_files,
    list_file_name,
    merge_order,
    parse_deb822,
    parse_one_line,
    read_sources,
    release_file,
    site,
)
from foretell.apt.syntax.configuration import load
from foretell.errors import InputError
from tests.apt.apt_root import AptRoot, oracle_folder

URI = "http://a.example.org/d"
STANZA = f"Types: deb\nURIs: {URI}\nSuites: s\nComponents: main\n"


def one_line(text):
    return parse_one_line(text.encode(), "x.list", architecture="amd64")


def deb822(text):
    return parse_deb822(text.encode(), "x.sources", architecture="amd64")


def test_one_line_form():
    first, second = one_line(
        f"# c\n\n\tdeb [ arch=amd64,i386 lang-=de trusted=yes ] {URI}\ts main main x # c\n"
        "deb-src file:/srv/$(ARCH)/ bin-$(ARCH)/\r\n"
    )
    assert (first.type, first.uri, first.suite) == ("deb", URI + "/", "s")
    assert first.components == ("main", "x")
    assert first.options == {
        "architectures": ("amd64", "i386"),
        "languages-remove": ("de",),
        "trusted": ("yes",),
    }
    assert (first.path, first.line) == ("x.list", 3)
    assert (second.type, second.uri, second.suite) == ("deb-src", "file:/srv/amd64/", "bin-amd64/")
    assert second.components == ()


def test_escapes_stand_for_bytes_in_the_one_line_form_only():
    (source,) = one_line(f"deb {URI}%7E s%41 m%2541\n")
    assert (source.uri, source.suite, source.components) == (f"{URI}~/", "sA", ("m%41",))
    (source,) = deb822(STANZA.replace("Suites: s", "Suites: s%41"))
    assert source.suite == "s%41"


def test_one_line_options_have_one_spelling():
    (source,) = one_line(f"deb [Arch=i386 architectures=i386 by-hash=no Foo+=x] {URI} s main")
    assert source.options == {"by-hash": ("no",)}
    assert source.other == {"Arch": "i386", "architectures": "i386", "Foo+": "x"}


def test_commas_part_the_words_of_a_list():
    (source,) = deb822(STANZA + "Architectures: amd64,i386\nLanguages:\nTargets-Add: A,B C\n")
    assert source.options["architectures"] == ("amd64", "i386")
    assert source.options["targets-add"] == ("A", "B", "C")
    assert source.option_words("languages", ["en"]) == []


def test_variable_is_literal_in_a_one_line_suite():
    assert one_line(f"deb {URI} s-$(ARCH) main")[0].suite == "s-$(ARCH)"
    assert deb822(STANZA.replace("Suites: s", "Suites: s-$(ARCH)"))[0].suite == "s-amd64"


@pytest.mark.parametrize(
    "text",
    [
        "deb",
        f"deb {URI}",
        f"deb {URI} s",
        f"deb {URI} s/ main",
        f"rpm {URI} s main",
        f"DEB {URI} s main",
        f"deb [arch=amd64 {URI} s main",
        f"deb [arch=amd64]{URI} s main",
        f"deb [arch=] {URI} s main",
        f"deb [arch] {URI} s main",
        f"deb [lang=none] [arch=i386] {URI} s main",
        f"deb [signed-by=relative] {URI} s main",
        "deb a.example.org s main",
        f"deb {URI}#x s main",
        f'deb {URI} "s main',
    ],
)
def test_one_line_errors_name_the_line(text):
    with pytest.raises(InputError) as caught:
        one_line("\n" + text + "\n")
    assert (caught.value.path, caught.value.line) == ("x.list", 2)


def test_deb822_form_multiplies_types_uris_and_suites():
    text = (
        "# c\nTypes: deb deb-src\nURIs: http://a.example.org http://b.example.org/\n"
        "Suites: s\n# c\n t/\nX-Other: y\n"
    )
    with pytest.raises(InputError, match="without a component"):
        deb822(text)
    found = deb822(text.replace(" t/", " t").replace("X-Other: y", "Components: main x"))
    assert [(source.type, source.uri[7], source.suite) for source in found] == [
        ("deb", "a", "s"),
        ("deb", "a", "t"),
        ("deb", "b", "s"),
        ("deb", "b", "t"),
        ("deb-src", "a", "s"),
        ("deb-src", "a", "t"),
        ("deb-src", "b", "s"),
        ("deb-src", "b", "t"),
    ]
    assert {source.line for source in found} == {2}


def test_deb822_options():
    (source,) = deb822(STANZA + "Architectures-Add: i386\nSigned-By:\n -----BEGIN x\n .\n y\n")
    assert source.option_words("architectures", ["amd64"]) == ["amd64", "i386"]
    assert source.options["signed-by"][0].startswith("-----BEGIN")
    (source,) = deb822(STANZA + "Architectures: i386 amd64\nArchitectures-Remove: amd64\n")
    assert source.option_words("architectures", ["arm64"]) == ["i386"]


@pytest.mark.parametrize(("word", "count"), [("no", 0), ("off", 0), ("yes", 1), ("maybe", 1)])
def test_enabled(word, count):
    assert len(deb822(STANZA + f"Enabled: {word}\n")) == count


@pytest.mark.parametrize("field", ["Types", "URIs", "Suites", "Components"])
def test_deb822_needs_its_fields(field):
    text = "".join(line for line in STANZA.splitlines(True) if not line.startswith(field))
    with pytest.raises(InputError) as caught:
        deb822("# c\n\n" + text)
    assert (caught.value.path, caught.value.line) == ("x.sources", 3)


@pytest.mark.parametrize(
    ("old", "new"),
    [("deb", "rpm"), ("deb", "Deb"), (URI, "foo"), ("Suites: s", "Suites: s/"), ("main", "\njunk")],
)
def test_deb822_errors(old, new):
    with pytest.raises(InputError):
        deb822(STANZA.replace(old, new))


def test_read_sources_order_and_names(tmp_path):
    folder = tmp_path / "etc/apt/sources.list.d"
    folder.mkdir(parents=True)
    (tmp_path / "etc/apt/sources.list").write_text(f"deb {URI} main-list main\n")
    for name in ("b.list", "c", "d.list.save", "a~.list", ".e.list"):
        (folder / name).write_text(f"deb {URI} {name} main\n")
    (folder / "a.sources").write_text(STANZA)
    (folder / "é.sources").write_text(STANZA)
    found = read_sources(load(str(tmp_path)))
    assert [source.suite for source in found] == ["main-list", "s", "b.list"]


def test_merge_order_keeps_a_suite_together():
    text = f"deb {URI} s main\ndeb {URI} t main\ndeb-src {URI}/ s main\n"
    found = merge_order(one_line(text))
    assert [(source.type, source.suite) for source in found] == [
        ("deb", "s"),
        ("deb-src", "s"),
        ("deb", "t"),
    ]


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("http://a.example.org/x/", "a.example.org"),
        ("http://u:p@A.example.org:80/", "A.example.org"),
        ("http://[::1]:80/", "::1"),
        ("file:/srv/", ""),
        ("file:///srv/", ""),
        ("cdrom:[Disk 1]/", "Disk 1"),
    ],
)
def test_site(uri, expected):
    assert site(uri) == expected


def test_index_files(tmp_path):
    def touch(name):
        (tmp_path / name).write_text("")
        return str(tmp_path / name)

    prefix = "a.example.org_d_dists_s"
    plain = touch(f"{prefix}_main_binary-amd64_Packages")
    touch(f"{prefix}_main_binary-amd64_Packages.xz")
    packed = touch(f"{prefix}_main_binary-all_Packages.lz4")
    touch(f"{prefix}_other_binary-amd64_Packages")
    sources = touch(f"{prefix}_main_source_Sources.gz")
    touch(f"{prefix}_Release")
    (source,) = one_line(f"deb {URI} s main contrib")
    folder = str(tmp_path)
    assert index_files(source, folder, ["amd64", "i386"]) == [
        (plain, "main", "amd64"),
        (packed, "main", "all"),
    ]
    assert release_file(source, folder) == os.path.join(folder, f"{prefix}_Release")
    release = touch(f"{prefix}_InRelease")
    assert release_file(source, folder) == release
    (source,) = one_line(f"deb-src {URI} s main")
    assert index_files(source, folder, ["amd64"]) == [(sources, "main", "source")]
    flat = touch("a.example.org_d_x_Packages")
    (source,) = one_line(f"deb {URI} x/")
    assert index_files(source, folder, ["amd64"]) == [(flat, "", "")]
    assert release_file(source, folder) is None


def test_index_files_follow_the_architectures_option(tmp_path):
    (tmp_path / "a.example.org_d_dists_s_main_binary-i386_Packages").write_text("")
    for option, count in (("arch=amd64", 0), ("arch+=i386", 1), ("arch=i386", 1)):
        (source,) = one_line(f"deb [{option}] {URI} s main")
        assert len(index_files(source, str(tmp_path), ["amd64"])) == count


ODD = (
    *(f"http://h.example.org/x{char}y s{char}t/" for char in "!$%&'()*+,-.:;<=>?@\\^_`{|}~"),
    *(f"http://h.example.org/d/{piece}/z s main" for piece in
      ("%41", "%5f", "%2f", "%c3%a9", "é", "%zz", "%", "a%20b", "..", "a//b", "?q=1")),
    "http://user:pw@Host.Example.ORG:8080/d s main",
    "http://[::1]:80/d s main",
    "http://h.example.org s main",
    "http://b.example.org/d ./s//",
    "http://b.example.org/d /s/t/",
    "http://b.example.org/d /",
    "http://b.example.org/d ./",
    "http://b.example.org/d s+x~y%z a+b~c%20_",
    'http://b.example.org/d "s x" main',
    "http://b.example.org/d%25%41 s%41%2541 m%41%2541",
    "http://b.example.org/d a/b c/d",
    "file:/srv s main",
    "file:///srv s main",
    "copy:/srv/c s main",
    "mirror+file:/etc/m s main",
    "http://a.example.org/$(ARCH)/d s-$(ARCH) m-$(ARCH)",
    "http://a.example.org/d x/$(ARCH)/",
    "cdrom:[Disk_1 x]/ s main",
)  # fmt: skip


def odd_sources(root):
    """Yield every odd entry in both forms, after it has been written into the root."""
    for entry in ODD:
        (source,) = one_line(f"deb {entry}")
        root.set_world(f"deb {entry}\n", {}, "")
        yield entry, source
        uri, suite, *components = entry.split(" ")
        if '"' in entry or "[Disk" in entry:
            continue  # a blank cannot stand in a stanza
        text = f"Types: deb\nURIs: {uri}\nSuites: {suite}\n"
        text += f"Components: {' '.join(components)}\n" if components else ""
        (source,) = deb822(text)
        root.set_world("", {}, "")
        root.write("etc/apt/sources.list.d/x.sources", text)
        yield text, source


@pytest.mark.oracle
@pytest.mark.root
def test_list_file_names_agree_with_apt(tmp_path, require):
    if not os.path.isdir(oracle_folder()):
        require("apt", f"no oracle root at {oracle_folder()}")
    root = AptRoot(str(tmp_path / "root"))
    for entry, source in odd_sources(root):
        output = root.run("apt-get", "update", "--print-uris")
        # 'URI' NAME SIZE: the URI is printed decoded and may hold anything
        theirs = {line.rpartition("' ")[2].split(" ")[0] for line in output.splitlines()}
        component = source.components[0] if source.components else ""
        ours = {
            list_file_name(source.uri, source.suite, component, architecture)
            for architecture in ("amd64", "")
        }
        assert ours <= theirs, f"{entry}\n{output}"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("http://a.example.org/x_y/", "s", "main", "amd64"),
         "a.example.org_x%5fy_dists_s_main_binary-amd64_Packages"),
        (("http://u:p@a.example.org:80/d", "s", "main", "source"),
         "a.example.org:80_d_dists_s_main_source_Sources"),
        (("file:/srv/", "./", "", "amd64"), "_srv_._Packages"),
        (("file:/srv/", "/", "", ""), "_srv_InRelease"),
        (("http://a.example.org/d/", "s+~/", "", "amd64"), "a.example.org_d_s%252b%257e_Packages"),
    ],
)  # fmt: skip
def test_list_file_name(arguments, expected):
    assert list_file_name(*arguments) == expected
