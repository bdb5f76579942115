"""Is the mirror of the user's own apt sources found?"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from foretell.oracle.mirror import find_mirrors, parse_deb822, parse_one_line


def write(root, name, text):
    path = root / "etc/apt" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_both_formats_are_read_in_order(tmp_path):
    write(
        tmp_path,
        "sources.list",
        "# deb http://example.org/no stable main\n"
        "deb-src http://example.org/no stable main\n"
        "deb [ arch=amd64 trusted=yes ] http://example.org/first/ stable main # comment\n"
        "deb http://example.org/security stable-security main\n"
        "deb http://example.org/flat ./\n"
        "deb cdrom:[x]/ stable main\n",
    )
    write(
        tmp_path,
        "sources.list.d/b.sources",
        "Types: deb deb-src\n"
        "# URIs: http://example.org/no\n"
        "URIs: https://example.org/second\n"
        " http://example.org/third/\n"
        "Suites: stable stable-updates\n\n"
        "Types: deb\nURIs: http://example.org/off\nSuites: stable\nEnabled: no\n\n"
        "Types: deb\nURIs: http://example.org/updates\nSuites: stable-updates\n",
    )
    write(tmp_path, "sources.list.d/a.txt", "deb http://example.org/no stable main\n")
    assert find_mirrors(str(tmp_path)) == [
        "http://example.org/first",
        "https://example.org/second",
        "http://example.org/third",
    ]


def test_no_sources_are_no_mirror(tmp_path):
    assert find_mirrors(str(tmp_path)) == []


@given(st.text())
def test_any_text_is_taken(text):
    for parse in (parse_one_line, parse_deb822):
        assert all(len(entry) == 2 for entry in parse(text))
