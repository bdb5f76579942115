"""Is the documentation true: its links, its console sessions, its manual pages, its tables?"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys

import pytest

from tests.tidy.session import (
    PAGES,
    UNMARKED,
    build_roots,
    is_shown,
    run,
    sessions,
    updated,
)
from tests.tidy.tree import ROOT, files, read

LINK = re.compile(r"\[[^\]\n]*\]\(<?([^)\s>]+)>?\)")
CODE = re.compile(r"^```.*?^```|`[^`\n]*`", re.MULTILINE | re.DOTALL)
SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:")


def broken(name: str, text: str) -> list[str]:
    """Return the relative links of a Markdown text for which no file or heading exists."""
    missing = []
    for target in LINK.findall(CODE.sub("", text)):
        if SCHEME.match(target):
            continue
        path, _, fragment = target.partition("#")
        file = os.path.normpath(os.path.join(os.path.dirname(name), path)) if path else name
        if not os.path.exists(os.path.join(ROOT, file)) or (
            fragment and file.endswith(".md") and fragment not in anchors(file, name, text)
        ):
            missing.append(target)
    return missing


def anchors(file: str, name: str, text: str) -> set[str]:
    """Return the fragments that the headings of a Markdown file give."""
    content = text if file == name else read(file)
    headings = re.findall(r"^#+ +(.*?) *$", CODE.sub("", content), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading).lower().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("name", files(".md"))
def test_links_resolve(name):
    assert broken(name, read(name)) == []


@pytest.mark.parametrize(
    "text", ["[a](no-such-file.md)", "[a](#no-such-heading)", "# B\n[a](tests/none/)"]
)
def test_broken_link_is_noticed(text):
    assert len(broken("CONTRIBUTING.md", text)) == 1


@pytest.mark.parametrize(
    "text",
    ["[a](pyproject.toml)", "# A b\n[a](#a-b)", "[a](https://example.org/x)", "`[a](none)`"],
)
def test_good_link_passes(text):
    assert broken("CONTRIBUTING.md", text) == []


def test_every_page_of_docs_is_in_the_index():
    linked = set(LINK.findall(read("docs/index.md")))
    pages = {name.removeprefix("docs/") for name in files(".md") if name.startswith("docs/")}
    assert pages - {"index.md"} - linked == set()


def test_every_run_time_dependency_has_a_page():
    requirements = re.findall(r"^dependencies = \[(.*)\]", read("pyproject.toml"), re.MULTILINE)
    names = re.findall(r'"([a-z0-9-]+)', requirements[0])
    assert names
    assert [name for name in names if f"docs/decisions/{name}.md" not in files(".md")] == []


# -- console sessions --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """One index of the embedded world for all pages."""
    return str(tmp_path_factory.mktemp("cache"))


@pytest.mark.parametrize("page", PAGES)
def test_sessions_print_what_the_page_shows(page, tmp_path, cache, require):
    build_roots(str(tmp_path))
    for session in sessions(read(page)):
        if session.program and shutil.which(session.program) is None:
            require(session.program, f"a session of {page} needs it")
        printed = run(session, str(tmp_path), cache)
        assert len(printed) == len(session.commands), printed
        for command, shown, real in zip(session.commands, session.shown, printed, strict=True):
            if not is_shown(shown, real):
                assert (command, shown) == (command, real)


@pytest.mark.parametrize("page", files(".md"))
def test_every_console_block_is_run(page):
    text = read(page)
    assert UNMARKED.findall(text) == []
    assert page in PAGES or sessions(text) == []
    assert len(sessions(text)) == text.count("\n```console\n")


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        ("a\nb\n", "a\nb\n"),
        ("a\n...\nd\n", "a\nb\nc\nd\n"),
        ("...\n", ""),
        ("  Space needed: 1 B / 10 GB available\n", "  Space needed: 1 B / 712 kB available\n"),
    ],
)
def test_shown_matches(shown, printed):
    assert is_shown(shown, printed)


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        ("a\n", "a\nb\n"),
        ("a.c\n", "abc\n"),
        ("a\n...\nd\n", "b\nd\n"),
        ("  Space needed: 1 B / 10 GB available\n", "  Space needed: 2 B / 10 GB available\n"),
    ],
)
def test_shown_differs(shown, printed):
    assert not is_shown(shown, printed)


def test_update_writes_what_is_printed_and_keeps_the_rest(tmp_path, cache):
    page = "x\n<!-- run: tiny -->\n```console\n$ echo a\nb\n$ (exit 3)\n$ echo $?\n...\n```\ny\n"
    assert updated(page, str(tmp_path), cache) == page.replace("\nb\n", "\na\n")


# -- what is generated ---------------------------------------------------------------------------

MAN_PAGES = [name for name in files(".1") if name.startswith("docs/man/")]
COMPLETION = "docs/completion/foretell.bash"


@pytest.mark.parametrize("tool", ["make-man", "make-completion"])
def test_generated_files_are_up_to_date(tool):
    done = subprocess.run(
        [sys.executable, f"tools/{tool}", "--check"], cwd=ROOT, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_there_are_manual_pages():
    names = ["foretell-apt.1", "foretell-memory.1", "foretell-world.1", "foretell.1"]
    assert [f"docs/man/{name}" for name in names] == MAN_PAGES


@pytest.mark.parametrize("page", MAN_PAGES)
def test_manual_page_renders_without_warnings(page, require):
    if shutil.which("man") is None:
        require("man", "man-db is not installed")
    done = subprocess.run(
        ["man", "--warnings=w", "-l", page],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "MANWIDTH": "80", "PAGER": "cat"},
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "EXIT STATUS" in done.stdout


# -- the reference -------------------------------------------------------------------------------


def spellings() -> set[str]:
    """Return every verb and every option that the completion knows, which is generated."""
    text = read(COMPLETION)
    verbs = re.findall(r"^        '(?:apt|memory|world) ([a-z-]+)'\)", text, re.MULTILINE)
    options = re.findall(r"^ +options='(-[^']*)'", text, re.MULTILINE)
    return {*verbs, *" ".join(options).split()} - {"-h"}


def test_reference_names_every_verb_and_option():
    known = spellings()
    assert len(known) > 40
    text = read("docs/reference/cli.md") + read("docs/reference/memory.md")
    named = set(re.findall(r"(?<![\w-])-{0,2}[A-Za-z][a-z-]*", text))
    assert known - named == set()


def test_reference_names_every_environment_variable():
    used = {
        name
        for path in files(".py")
        if path.startswith("src/")
        for name in re.findall(r"\bFORETELL_[A-Z_]+\b", read(path))
    }
    assert {name for name in used if name not in read("docs/reference/cli.md")} == set()
