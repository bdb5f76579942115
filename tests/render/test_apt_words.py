"""Is what apt 3.0.3 says about words written down exactly?  Every text was seen on its screen."""

from __future__ import annotations

import pytest

from foretell.render.apt import Layout, notice_not_installed
from foretell.render.apt_words import (
    notice_instead,
    notice_no_reinstall,
    notice_selected,
    notice_version,
    notice_virtual,
    render_lacking,
)

TERMINAL, PIPE = Layout(quiet=0), Layout(quiet=1)
PROVIDERS = [("original-awk", "2025-01-16-1", ""), ("p7", "1", "3")]
UNAVAILABLE = """\
Package gsl is not available, but is referred to by another package.
This may mean that the package is missing, has been obsoleted, or
is only available from another source
"""


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (notice_selected("sl", "regex", "^sl$"), "Note, selecting 'sl' for regex '^sl$'"),
        (notice_instead("b", "v2"), "Note, selecting 'b' instead of 'v2'"),
        (
            notice_not_installed("libgmp10:i386", "libgmp10"),
            "Package 'libgmp10:i386' is not installed, so not removed. Did you mean 'libgmp10'?",
        ),
        (notice_virtual("awk"), "Virtual packages like 'awk' can't be removed"),
        (
            notice_no_reinstall("ob"),
            "Reinstallation of ob is not possible, it cannot be downloaded.",
        ),
        (notice_version("i1", "1", " [amd64]"), "Selected version '1' ( [amd64]) for 'i1'"),
    ],
)
def test_notes_are_those_of_apt(line, text):
    assert line == text


def test_providers_are_listed_and_the_hint_is_for_terminals():
    text = (
        "Package awk is a virtual package provided by:\n  original-awk 2025-01-16-1\n  p7 1 (= 3)\n"
    )
    assert render_lacking("awk", PROVIDERS, [], PIPE) == f"{text}\n"
    hint = "You should explicitly select one to install.\n"
    assert render_lacking("awk", PROVIDERS, [], TERMINAL) == f"{text}{hint}\n"


def test_providers_that_are_no_candidates_are_marked():
    text = render_lacking("awk", PROVIDERS, [], TERMINAL, has_candidate=False)
    assert text.splitlines()[1:] == [
        "  original-awk 2025-01-16-1 [Not candidate version]",
        "  p7 1 (= 3) [Not candidate version]",
        "",
    ]


def test_what_replaces_a_package_stands_in_columns():
    names = ["libgslcblas0", "libgsl28", "gsl-bin"]
    assert render_lacking("gsl", [], [], PIPE) == f"{UNAVAILABLE}\n"
    assert render_lacking("gsl", [], names, PIPE) == (
        f"{UNAVAILABLE}However the following packages replace it:\n"
        "  libgslcblas0  libgsl28  gsl-bin\n\n\n"
    )
    narrow = render_lacking("gsl", [], names, Layout(width=20))
    assert "  libgslcblas0\n  libgsl28\n" in narrow
