"""Is each part of the plan's screen what apt 3.0 prints?"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretell.render.apt import (
    Change,
    Layout,
    Name,
    Screen,
    Sizes,
    format_size,
    missing_groups,
    notice_already_newest,
    notice_set_manual,
    package_label,
    render_screen,
    space_warnings,
)

NOTHING = "  Upgrading: 0, Installing: 0, Removing: 0, Not Upgrading: 0\n"


def new(package, *, automatic=False, architecture="amd64"):
    return Change(package, architecture, "install", version="1", automatic=automatic)


def gone(package, action="remove", previous="1"):
    return Change(package, "amd64", action, previous=previous)


def show(*changes, layout=None, **facts):
    facts.setdefault("progress", "")
    return render_screen(Screen(changes, native="amd64", layout=layout or Layout(), **facts))


def section(text, title):
    """Return the lines under a title, up to the blank line."""
    return text.split(f"{title}:\n")[1].split("\n\n")[0]


def test_nothing_to_do_is_the_summary_alone():
    assert show() == "Summary:\n" + NOTHING


def test_sections_stand_in_the_order_of_apt():
    text = show(
        gone("r"),
        Change("d", "amd64", "downgrade", version="1", previous="2"),
        new("i"),
        new("j", automatic=True),
        Change("u", "amd64", "upgrade", version="2", previous="1"),
        suggested=[[Name("s")]],
        recommended=[[Name("m")]],
        phasing=[Name("p")],
        kept=[Name("k")],
        held=[Name("d")],
        essential=[("r", None)],
        autoremovable=[Name("g")],
    )
    titles = [line for line in text.splitlines() if line.endswith(":")]
    assert titles == [
        "The following package was automatically installed and is no longer required:",
        "Upgrading:",
        "Installing:",
        "Installing dependencies:",
        "Suggested packages:",
        "Recommended packages:",
        "Not upgrading yet due to phasing:",
        "Not upgrading:",
        "Changing held packages:",
        "DOWNGRADING:",
        "REMOVING:",
        "Summary:",
    ]
    assert text.index("REMOVING:") < text.index("WARNING: The following essential packages")


def test_progress_is_a_line_only_where_nothing_can_be_erased():
    for quiet, expected in ((0, ""), (1, "Calculating upgrade...\n"), (2, "")):
        text = show(layout=Layout(quiet=quiet), progress="Calculating upgrade")
        assert text == expected + "Summary:\n" + NOTHING


def test_notices_come_before_progress():
    notices = [notice_already_newest("git", "1:2"), notice_set_manual("git")]
    text = show(notices=notices, progress="Solving dependencies")
    assert text.startswith(
        "git is already the newest version (1:2).\n"
        "git set to manually installed.\n"
        "Solving dependencies...\n"
    )


def test_changes_are_sorted_by_name_and_keep_the_order_of_architectures():
    text = show(
        new("b"), new("l.b"), new("l+b"), new("a", architecture="i386"), new("a"), new("l-b")
    )
    assert section(text, "Installing") == "  a:i386  a  b  l+b  l-b  l.b"


def test_purged_packages_are_starred_and_counted_as_removed():
    text = show(gone("a", "purge"), gone("b"))
    assert section(text, "REMOVING") == "  a*  b"
    assert "Removing: 2," in text


def test_verbose_lists_show_versions_and_no_columns():
    text = show(
        Change("u", "amd64", "upgrade", version="2", previous="1"),
        new("i"),
        gone("r", "purge"),
        gone("rc", "purge", previous=None),
        suggested=[[Name("s", "3"), Name("t")]],
        held=[Name("r", "1", "2")],
        layout=Layout(is_verbose=True),
    )
    assert section(text, "Upgrading") == "   u (1 => 2)"
    assert section(text, "Installing") == "   i (1)"
    assert section(text, "Suggested packages") == "   s (3)\n   | t"
    assert section(text, "Changing held packages") == "   r (1 => 2)"
    assert section(text, "REMOVING") == "   r* (1)\n   rc*"


def test_colour_surrounds_a_table_once():
    text = show(new("a"), new("b"), gone("r"), layout=Layout(is_coloured=True))
    assert "Installing:\n\x1b[32m  a  b\n\x1b[0m\nREMOVING:\n\x1b[31m  r\n\x1b[0m\nSummary:" in text


def test_colour_surrounds_each_name_of_a_verbose_list():
    layout = Layout(is_coloured=True, is_verbose=True)
    down = Change("d", "amd64", "downgrade", version="1", previous="2")
    text = show(down, layout=layout, kept=[Name("k", "1", "2")])
    assert section(text, "DOWNGRADING") == "   \x1b[33md\x1b[0m (2 => 1)"
    assert section(text, "Not upgrading") == "   k (1 => 2)"


def test_width_leaves_room_as_apt_does():
    names = [new("ab00"), new("ab01"), new("ab02")]
    assert section(show(*names, layout=Layout(width=19)), "Installing").count("\n") == 1
    assert section(show(*names, layout=Layout(width=20)), "Installing").count("\n") == 0


def test_list_columns_can_be_switched_off():
    names = [new("ab00"), new("ab01"), new("ab02")]
    layout = Layout(width=17, has_columns=False)
    assert section(show(*names, layout=layout), "Installing") == "  ab00 ab01 ab02"
    layout = Layout(width=16, has_columns=False)
    assert section(show(*names, layout=layout), "Installing") == "  ab00 ab01\n  ab02"


def test_alternatives_of_a_suggestion_are_barred():
    text = show(suggested=[[Name("a"), Name("b")], [Name("c")]])
    assert section(text, "Suggested packages") == "  a  | b  c"


@pytest.mark.parametrize(
    ("names", "layout", "expected"),
    [
        (
            "a",
            Layout(),
            (
                "The following package was automatically installed and is no longer required:\n"
                "  a\nUse 'apt autoremove' to remove it.\n\n"
            ),
        ),
        (
            "ab",
            Layout(is_sudo=True, is_verbose=True),
            (
                "The following packages were automatically installed and are no longer required:\n"
                "   a (1)\n   b (1)\nUse 'sudo apt autoremove' to remove them.\n\n"
            ),
        ),
        (
            "a",
            Layout(counts_autoremovable=True),
            (
                "1 package was automatically installed and is no longer required.\n"
                "Use 'apt autoremove' to remove it.\n"
            ),
        ),
        (
            "abc",
            Layout(counts_autoremovable=True),
            (
                "3 packages were automatically installed and are no longer required.\n"
                "Use 'apt autoremove' to remove them.\n"
            ),
        ),
    ],
)
def test_autoremovable_packages_are_announced(names, layout, expected):
    text = show(layout=layout, autoremovable=[Name(name, "1") for name in names])
    assert text == expected + "Summary:\n" + NOTHING


def test_essential_packages_are_warned_about():
    text = show(gone("e"), gone("d"), essential=[("e", None), ("d", "e")])
    assert (
        "REMOVING:\n  d  e\n\n"
        "WARNING: The following essential packages will be removed.\n"
        "This should NOT be done unless you know exactly what you are doing!\n"
        "  e  d (due to e)\n\nSummary:\n"
    ) in text


def test_summary_counts_rare_actions_only_when_they_occur():
    text = show(
        Change("r", "amd64", "reinstall", version="1", previous="1"),
        Change("d", "amd64", "downgrade", version="1", previous="2"),
        not_upgrading_count=3,
        unfinished_count=2,
    )
    assert text.endswith(
        "Summary:\n"
        "  Upgrading: 0, Installing: 0, Reinstalling: 1, Downgrading: 1, Removing: 0,"
        " Not Upgrading: 3\n"
        "  2 not fully installed or removed.\n"
    )


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        (
            Sizes(download=31_000_000, download_total=31_000_000, disk=141_000_000, available=9),
            "  Download size: 31.0 MB\n  Space needed: 141 MB / 9 B available\n",
        ),
        (
            Sizes(download=0, download_total=500_000, disk=0, available=1000),
            "  Download size: 0 B / 500 kB\n  Space needed: 0 B / 1000 B available\n",
        ),
        (Sizes(download=0, download_total=0, disk=-1024), "  Freed space: 1024 B\n"),
        (Sizes(download=0, download_total=0, disk=1024), "  Space needed: 1024 B\n"),
        (
            Sizes(download=0, download_total=0, disk=1, available=2, boot=3, boot_available=4),
            "  Space needed: 1 B / 2 B available\n  └─ in /boot:  3 B / 4 B available\n",
        ),
        (
            Sizes(download=0, download_total=0, disk=1, available=2, boot=3),
            "  Space needed: 1 B / 2 B available\n",
        ),
    ],
)
def test_sizes_follow_the_counts_and_a_blank_line_follows_them(sizes, expected):
    text = show(new("a"), sizes=sizes)
    assert text.split("Not Upgrading: 0\n")[1] == expected + "\n"


def test_sizes_of_an_empty_plan_are_not_shown():
    sizes = Sizes(download=0, download_total=0, disk=0, available=1)
    assert show(sizes=sizes) == "Summary:\n" + NOTHING


def test_space_warnings_name_the_small_file_system():
    sizes = Sizes(
        download=0, download_total=0, disk=2000, available=1000, boot=20_000, boot_available=10_000
    )
    assert space_warnings(sizes) == [
        "More space needed than available: 2000 B > 1000 B, installation may fail",
        "More space needed in /boot than available: 20.0 kB > 10.0 kB, installation may fail",
    ]
    enough = Sizes(download=0, download_total=0, disk=1000, available=1000, boot=9)
    assert space_warnings(enough) == []


@pytest.mark.parametrize(
    ("size_bytes", "expected"),
    [
        (0, "0 "),
        (1023, "1023 "),
        (9999, "9999 "),
        (10_000, "10.0 k"),
        (99_949, "99.9 k"),
        (99_999, "100.0 k"),
        (100_000, "100 k"),
        (9_999_999, "10000 k"),
        (10_000_000, "10.0 M"),
        (1_234_567_890_123, "1235 G"),
        (10**40, "10000000000000000 Y"),
    ],
)
def test_sizes_are_formatted_in_si_units(size_bytes, expected):
    assert expected == format_size(size_bytes)


@given(st.integers(min_value=0, max_value=10**27))
def test_formatted_sizes_are_right_within_their_digits(size_bytes):
    number, unit = format_size(size_bytes).split(" ")
    value = float(number) * 1000 ** ("", "k", "M", "G", "T", "P", "E", "Z", "Y").index(unit)
    assert abs(value - size_bytes) <= size_bytes * 0.01


def test_labels_spell_out_foreign_architectures_only():
    assert package_label("a", "all", "amd64") == "a"
    assert package_label("a", "amd64", "amd64") == "a"
    assert package_label("a", "i386", "amd64") == "a:i386"


def group(text, *, satisfied=""):
    return [(Name(name), name == satisfied) for name in text.split()]


@pytest.mark.parametrize(
    ("groups", "expected"),
    [
        ([group("a b"), group("b a"), group("a"), group("b")], ["a b", "b a", "a", "b"]),
        ([group("a b"), group("a b"), group("a b c")], ["a b", "a b c"]),
        ([group("a b", satisfied="b"), group("a")], ["a"]),
        ([group("a", satisfied="a"), group("a")], ["a"]),
    ],
)
def test_groups_are_missing_once_and_only_when_unsatisfied(groups, expected):
    assert expected == [" ".join(name.label for name in names) for names in missing_groups(groups)]
