"""How long does why-not's plan get?"""

from __future__ import annotations

from foretell.render.apt import Change, Sizes
from foretell.render.apt_why_not import render_plan

INSTALLED = [f"lib{number}" for number in range(10)]
REMOVED = [f"old{number}" for number in range(10)]
CHANGES = [
    *(Change(name, "amd64", "install", version="1") for name in INSTALLED),
    *(Change(name, "amd64", "remove", previous="1") for name in REMOVED),
]


def plan_text(*, is_full):
    return render_plan(
        ["app"],
        CHANGES,
        Sizes(download=0, download_total=0, disk=0),
        native="amd64",
        who="apt 3",
        is_full=is_full,
    )


def test_many_new_packages_are_counted_and_removals_are_all_named():
    lines = plan_text(is_full=False).splitlines()
    assert f"  removes 10: {', '.join(REMOVED)}" in lines
    assert "  installs 10: lib0, lib1, lib2, lib3, lib4, lib5 and 4 more" in lines


def test_full_names_all():
    assert f"  installs 10: {', '.join(INSTALLED)}" in plan_text(is_full=True).splitlines()
