"""Does every relative link of the documentation lead somewhere?"""

from __future__ import annotations

import os
import re

import pytest

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
