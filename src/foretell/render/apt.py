"""What does apt 3.0 print for this plan, byte for byte?

``render_screen`` gives the part of the screen between "Reading state information..." and the
question whether to continue: notices, the autoremove notice, the sections and the summary.  The
wording and the layout were learnt from the output of apt 3.0.4 (``APT::Output-Version`` 30);
apt-get's older layout is not modelled.  The values come from the caller, who has already decided
what changes: nothing here compares versions or reads a file system.
"""

from __future__ import annotations

from foretell.render.columns import COLUMNS_MARGIN, lay_out_columns, wrap_words
from foretell.render.style import GREEN, RED, YELLOW, Style

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = [
    "ACTIONS",
    "Change",
    "Layout",
    "Name",
    "Screen",
    "Sizes",
    "format_size",
    "missing_groups",
    "notice_already_newest",
    "notice_not_installed",
    "notice_only_upgrades",
    "notice_set_manual",
    "notice_upgrade_not_set",
    "package_label",
    "render_screen",
    "space_warnings",
]

ACTIONS = ("install", "upgrade", "downgrade", "reinstall", "remove", "purge")

_WORDS_MARGIN = 1  # the same beside running names (APT::Get::List-Columns off)
_FRACTION_BELOW = 100  # a number below it is shown with one digit after the point
_UNIT_BELOW = 10_000  # a number below it needs no larger unit
_UNITS = ("", "k", "M", "G", "T", "P", "E", "Z", "Y")


class Change:
    """One package that the plan installs, replaces or removes.

    ``action`` is one of ``ACTIONS``.  ``version`` is the version after the change (None when the
    package goes), ``previous`` the one before it (None when there was none, as for a purge of
    mere configuration files).  ``automatic`` is apt's flag after the change.
    """

    __slots__ = ("action", "architecture", "automatic", "package", "previous", "version")

    def __init__(
        self,
        package: str,
        architecture: str,
        action: str,
        *,
        version: str | None = None,
        previous: str | None = None,
        automatic: bool = False,
    ) -> None:
        assert action in ACTIONS, action
        assert (version is None) == (action in {"remove", "purge"}), (package, action, version)
        self.package = package
        self.architecture = architecture
        self.action = action
        self.version = version
        self.previous = previous
        self.automatic = automatic


class Name:
    """One name in a list that is not a change: what to show, and with which versions.

    ``label`` is shown as it is (see ``package_label``).  With ``-V``, ``version`` follows in
    parentheses, and ``upgrade`` as "version => upgrade"; either may be None.
    """

    __slots__ = ("label", "upgrade", "version")

    def __init__(self, label: str, version: str | None = None, upgrade: str | None = None) -> None:
        self.label = label
        self.version = version
        self.upgrade = upgrade


class Sizes:
    """What the plan costs, all in bytes.

    ``download`` is still to be fetched of ``download_total``; ``disk`` is the change of the
    installed size (negative: freed), ``available`` what users other than root have left on
    ``/usr`` (None: unknown).  ``boot`` is what new kernels need in ``/boot`` and
    ``boot_available`` what is left there, None when ``/boot`` is no file system of its own.
    """

    __slots__ = ("available", "boot", "boot_available", "disk", "download", "download_total")

    def __init__(
        self,
        *,
        download: int,
        download_total: int,
        disk: int,
        available: int | None = None,
        boot: int = 0,
        boot_available: int | None = None,
    ) -> None:
        self.download = download
        self.download_total = download_total
        self.disk = disk
        self.available = available
        self.boot = boot
        self.boot_available = boot_available


class Layout:
    """How the screen is laid out, whatever the plan says.

    ``width`` is the screen's (see ``foretell.render.width``); ``quiet`` is 0 on a terminal, 1
    elsewhere and 2 with ``-qq``; ``is_verbose`` is ``-V``; ``has_columns`` is
    ``APT::Get::List-Columns``; ``is_sudo`` says that SUDO_USER is set; ``counts_autoremovable``
    that ``APT::Get::HideAutoRemove`` is "small".
    """

    __slots__ = (
        "counts_autoremovable",
        "has_columns",
        "is_coloured",
        "is_sudo",
        "is_verbose",
        "quiet",
        "width",
    )

    def __init__(
        self,
        *,
        width: int = 79,
        quiet: int = 1,
        is_verbose: bool = False,
        has_columns: bool = True,
        is_coloured: bool = False,
        is_sudo: bool = False,
        counts_autoremovable: bool = False,
    ) -> None:
        self.width = width
        self.quiet = quiet
        self.is_verbose = is_verbose
        self.has_columns = has_columns
        self.is_coloured = is_coloured
        self.is_sudo = is_sudo
        self.counts_autoremovable = counts_autoremovable


class Screen:
    """Everything that the plan's screen shows.

    Names are shown in the order given, except changes: these are sorted by package name, and
    packages of one name keep their order (with apt: that of its cache).

    - ``native``: the architecture that is not spelt out;
    - ``notices``: whole lines, such as ``notice_already_newest`` gives, printed first;
    - ``progress``: "Solving dependencies", "Calculating upgrade" or "" for none; shown only when
      ``quiet`` is 1, because apt erases it from a terminal again;
    - ``autoremovable``: installed and no longer required; empty when this plan removes them or
      ``APT::Get::HideAutoRemove`` is on;
    - ``suggested``, ``recommended``: or-groups as ``missing_groups`` gives them;
    - ``phasing``, ``kept``: not upgraded because of phasing, and for another reason; apt lists
      them for upgrade commands only, but always counts both in ``not_upgrading_count``;
    - ``held``: held packages that change, with their present version and their candidate;
    - ``essential``: packages whose removal apt warns about, each with None or the essential
      package that depends on it;
    - ``unfinished_count``: packages that dpkg left unpacked or half-configured;
    - ``sizes``: None in a simulation.
    """

    __slots__ = (
        "autoremovable",
        "changes",
        "essential",
        "held",
        "kept",
        "layout",
        "native",
        "not_upgrading_count",
        "notices",
        "phasing",
        "progress",
        "recommended",
        "sizes",
        "suggested",
        "unfinished_count",
    )

    def __init__(
        self,
        changes: Iterable[Change],
        *,
        native: str,
        layout: Layout,
        notices: Sequence[str] = (),
        progress: str = "Solving dependencies",
        autoremovable: Sequence[Name] = (),
        suggested: Sequence[Sequence[Name]] = (),
        recommended: Sequence[Sequence[Name]] = (),
        phasing: Sequence[Name] = (),
        kept: Sequence[Name] = (),
        held: Sequence[Name] = (),
        essential: Sequence[tuple[str, str | None]] = (),
        not_upgrading_count: int = 0,
        unfinished_count: int = 0,
        sizes: Sizes | None = None,
    ) -> None:
        self.changes = tuple(sorted(changes, key=lambda change: change.package))
        self.native = native
        self.layout = layout
        self.notices = notices
        self.progress = progress
        self.autoremovable = autoremovable
        self.suggested = suggested
        self.recommended = recommended
        self.phasing = phasing
        self.kept = kept
        self.held = held
        self.essential = essential
        self.not_upgrading_count = not_upgrading_count
        self.unfinished_count = unfinished_count
        self.sizes = sizes


def package_label(package: str, architecture: str, native: str) -> str:
    """Return the name apt shows: ``name:architecture`` for a foreign architecture only.

    >>> package_label("git", "amd64", "amd64"), package_label("git", "i386", "amd64")
    ('git', 'git:i386')
    """
    return package if architecture in (native, "all") else f"{package}:{architecture}"


def notice_already_newest(label: str, version: str) -> str:
    """Return the line for a requested package that is installed in the wanted version."""
    return f"{label} is already the newest version ({version})."


def notice_set_manual(label: str) -> str:
    """Return the line for an installed automatic package that was asked for."""
    return f"{label} set to manually installed."


def notice_not_installed(label: str, other: str = "") -> str:
    """Return the line for a package to be removed that is not installed, but perhaps another is."""
    question = f". Did you mean '{other}'?" if other else ""
    return f"Package '{label}' is not installed, so not removed{question}"


def notice_upgrade_not_set(label: str) -> str:
    """Return the line for an installed package under ``--no-upgrade``."""
    return f"Skipping {label}, it is already installed and upgrade is not set."


def notice_only_upgrades(label: str) -> str:
    """Return the line for a missing package under ``--only-upgrade``."""
    return f"Skipping {label}, it is not installed and only upgrades are requested."


def missing_groups(groups: Iterable[Sequence[tuple[Name, bool]]]) -> list[tuple[Name, ...]]:
    """Choose the or-groups of Suggests or Recommends that apt lists.

    ``groups`` are the or-groups of one dependency type, of the versions about to be installed on
    packages that are not installed now (upgrades, downgrades and reinstallations do not count),
    in order of package name and then of the field.  Each alternative is the name with the
    target's candidate version (None when it has none) and whether the *planned* state satisfies
    it, version and Provides included.  A group is left out when any alternative is satisfied, or
    when an earlier listed group has the same names in the same order; restrictions on versions do
    not count for that, but ``a`` and ``a | b`` differ.

    >>> a, b = Name("a"), Name("b")
    >>> groups = [[(a, False), (b, False)], [(a, False)], [(a, False)], [(b, True)]]
    >>> [[name.label for name in group] for group in missing_groups(groups)]
    [['a', 'b'], ['a']]
    """
    seen = set()
    chosen = []
    for group in groups:
        if any(is_satisfied for _, is_satisfied in group):
            continue
        names = tuple(name for name, _ in group)
        key = tuple(name.label for name in names)
        if key not in seen:
            seen.add(key)
            chosen.append(names)
    return chosen


def format_size(size_bytes: int) -> str:
    """Return a size as apt shows it: SI units, three to five digits, without the final "B".

    >>> format_size(9999), format_size(10000), format_size(123456), format_size(141_000_000)
    ('9999 ', '10.0 k', '123 k', '141 M')
    """
    assert size_bytes >= 0, size_bytes
    number = float(size_bytes)
    for unit in _UNITS:
        if unit and number < _FRACTION_BELOW:
            return f"{number:.1f} {unit}"
        if number < _UNIT_BELOW or unit == _UNITS[-1]:
            break
        number /= 1000.0
    return f"{number:.0f} {unit}"


def render_screen(screen: Screen) -> str:
    """Return the text, with a line end after every line.

    The last line is blank when sizes are shown, because apt's question follows it.
    """
    parts = [*(f"{notice}\n" for notice in screen.notices)]
    if screen.progress and screen.layout.quiet == 1:
        parts.append(f"{screen.progress}...\n")
    parts += _autoremove_notice(screen)
    parts += _change_sections(screen, ("upgrade",), "Upgrading", GREEN)
    parts += _install_sections(screen)
    parts += _section(screen, "Suggested packages", _flat(screen.suggested))
    parts += _section(screen, "Recommended packages", _flat(screen.recommended))
    parts += _section(screen, "Not upgrading yet due to phasing", screen.phasing)
    parts += _section(screen, "Not upgrading", screen.kept)
    parts += _section(screen, "Changing held packages", screen.held)
    parts += _change_sections(screen, ("downgrade",), "DOWNGRADING", YELLOW)
    parts += _change_sections(screen, ("remove", "purge"), "REMOVING", RED)
    parts += _essential_warning(screen)
    parts += _summary(screen)
    return "".join(parts)


def space_warnings(sizes: Sizes) -> list[str]:
    """Return apt's warnings about file systems that are too small, without a prefix.

    apt prints each behind "Warning: " after the summary and then asks "Continue anyway? [y/N]"
    instead of "Continue? [Y/n]".
    """
    warnings = []
    for place, needed, available in (
        ("", sizes.disk, sizes.available),
        (" in /boot", sizes.boot, sizes.boot_available),
    ):
        if available is not None and needed > available:
            warnings.append(
                f"More space needed{place} than available: {format_size(needed)}B > "
                f"{format_size(available)}B, installation may fail"
            )
    return warnings


def _flat(groups: Sequence[Sequence[Name]]) -> list[Name]:
    """Return or-groups as one list: every alternative but the first is marked by a bar."""
    return [
        Name(f"| {name.label}", name.version) if index else name
        for group in groups
        for index, name in enumerate(group)
    ]


def _change_names(screen: Screen, changes: Iterable[Change]) -> list[Name]:
    names = []
    for change in changes:
        label = package_label(change.package, change.architecture, screen.native)
        if change.action == "purge":
            label += "*"
        if change.action in {"upgrade", "downgrade"}:
            names.append(Name(label, change.previous, change.version))
        else:
            names.append(Name(label, change.version or change.previous))
    return names


def _change_sections(
    screen: Screen, actions: tuple[str, ...], title: str, colour: str
) -> list[str]:
    chosen = (change for change in screen.changes if change.action in actions)
    return _section(screen, title, _change_names(screen, chosen), colour)


def _install_sections(screen: Screen) -> list[str]:
    """Return what was asked for and what comes with it, in two sections."""
    new = [change for change in screen.changes if change.action == "install"]
    manual = _change_names(screen, (change for change in new if not change.automatic))
    automatic = _change_names(screen, (change for change in new if change.automatic))
    return [
        *_section(screen, "Installing", manual, GREEN),
        *_section(screen, "Installing dependencies", automatic, GREEN),
    ]


def _section(
    screen: Screen, title: str, names: Sequence[Name], colour: str | None = None
) -> list[str]:
    """Return a titled list and the blank line after it; nothing when the list is empty."""
    if not names:
        return []
    return [f"{title}:\n", _name_block(screen, names, colour), "\n"]


def _name_block(screen: Screen, names: Sequence[Name], colour: str | None) -> str:
    """Return the lines of a list; colour is set once around a table, and per name with -V."""
    style = Style(is_coloured=screen.layout.is_coloured)
    if screen.layout.is_verbose:
        return "".join(f"   {style.paint(name.label, colour)}{_versions(name)}\n" for name in names)
    labels = [name.label for name in names]
    if screen.layout.has_columns:
        lines = lay_out_columns(labels, screen.layout.width - COLUMNS_MARGIN)
    else:
        lines = wrap_words(labels, screen.layout.width - _WORDS_MARGIN)
    return style.paint("".join(f"{line}\n" for line in lines), colour)


def _versions(name: Name) -> str:
    if name.version is None:
        return ""
    if name.upgrade is None:
        return f" ({name.version})"
    return f" ({name.version} => {name.upgrade})"


def _autoremove_notice(screen: Screen) -> list[str]:
    count = len(screen.autoremovable)
    if not count:
        return []
    is_one = count == 1
    command = "sudo apt autoremove" if screen.layout.is_sudo else "apt autoremove"
    hint = f"Use '{command}' to remove {'it' if is_one else 'them'}.\n"
    rest = f"{'was' if is_one else 'were'} automatically installed and " + (
        "is no longer required" if is_one else "are no longer required"
    )
    noun = "package" if is_one else "packages"
    if screen.layout.counts_autoremovable:
        return [f"{count} {noun} {rest}.\n", hint]
    block = _name_block(screen, screen.autoremovable, None)
    return [f"The following {noun} {rest}:\n", block, hint, "\n"]


def _essential_warning(screen: Screen) -> list[str]:
    if not screen.essential:
        return []
    names = [
        Name(package if needed_by is None else f"{package} (due to {needed_by})")
        for package, needed_by in screen.essential
    ]
    return [
        "WARNING: The following essential packages will be removed.\n",
        "This should NOT be done unless you know exactly what you are doing!\n",
        _name_block(screen, names, RED),
        "\n",
    ]


def _summary(screen: Screen) -> list[str]:
    def count(*actions: str) -> int:
        return sum(1 for change in screen.changes if change.action in actions)

    counts = [
        f"Upgrading: {count('upgrade')}",
        f"Installing: {count('install')}",
        *([f"Reinstalling: {count('reinstall')}"] if count("reinstall") else []),
        *([f"Downgrading: {count('downgrade')}"] if count("downgrade") else []),
        f"Removing: {count('remove', 'purge')}",
        f"Not Upgrading: {screen.not_upgrading_count}",
    ]
    lines = ["Summary:\n", f"  {', '.join(counts)}\n"]
    if screen.unfinished_count:
        lines.append(f"  {screen.unfinished_count} not fully installed or removed.\n")
    if screen.sizes is not None and (screen.changes or screen.unfinished_count):
        lines += _size_lines(screen.sizes)
        lines.append("\n")
    return lines


def _size_lines(sizes: Sizes) -> list[str]:
    lines = []
    if sizes.download != sizes.download_total:
        need, total = format_size(sizes.download), format_size(sizes.download_total)
        lines.append(f"  Download size: {need}B / {total}B\n")
    elif sizes.download_total:
        lines.append(f"  Download size: {format_size(sizes.download_total)}B\n")
    if sizes.disk < 0:
        lines.append(f"  Freed space: {format_size(-sizes.disk)}B\n")
    elif sizes.available is None:
        lines.append(f"  Space needed: {format_size(sizes.disk)}B\n")
    else:
        disk, available = format_size(sizes.disk), format_size(sizes.available)
        lines.append(f"  Space needed: {disk}B / {available}B available\n")
    if sizes.boot and sizes.boot_available is not None:
        boot, available = format_size(sizes.boot), format_size(sizes.boot_available)
        lines.append(f"  └─ in /boot:  {boot}B / {available}B available\n")
    return lines
