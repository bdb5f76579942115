"""Which kernels does autoremove leave alone, and what else does a name protect?

The newest of the installed kernel images are protected, the running one among them: as many
versions as ``APT::NeverAutoRemove::KernelCount`` says (apt.conf(5)), whatever their flavour.  With
each of them goes every package whose name is a ``APT::VersionedKernelPackages`` followed by the
image's release, as uname(1) shows it.  What counts is what was installed before the request.

Source: apt.conf(5); the rules beyond it were found by asking libapt 3.0.3.
"""

from __future__ import annotations

from foretell.apt.syntax.expression import expression
from foretell.apt.system.state import KERNEL_COUNT_MIN

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re

    from foretell.apt.system.state import State

__all__ = [
    "Guard",
    "image_release",
    "kernel_count",
    "protected_pattern",
]

COUNT_MAX = 1 << 32
_NUMBER = expression(r"\s*(-?)([0-9]{1,18})")
_IMAGE = expression(r"(?:linux|kfreebsd)-image-([0-9].*)")


def kernel_count(text: str) -> int:
    """Return how many kernel versions ``APT::NeverAutoRemove::KernelCount`` protects.

    Never less than two; a negative number means all.

    >>> kernel_count("3"), kernel_count("1"), kernel_count(""), kernel_count("-1") > 1000
    (3, 2, 2, True)
    """
    match = _NUMBER.match(text) if text else None
    if match is None:
        return KERNEL_COUNT_MIN
    return COUNT_MAX if match[1] else max(KERNEL_COUNT_MIN, int(match[2]))


def image_release(name: str) -> str:
    """Return the release of the kernel that a package of this name installs, or "".

    >>> image_release("linux-image-6.12.57+deb13-amd64"), image_release("linux-image-amd64")
    ('6.12.57+deb13-amd64', '')
    """
    match = _IMAGE.fullmatch(name)
    return match[1] if match else ""


def protected_pattern(state: State) -> re.Pattern[str] | None:
    """Return what the names of protected packages match, or None when there are none.

    Expressions that do not compile protect nothing.
    """
    releases = _protected_releases(state)
    if not releases or not state.kernel_packages:
        return None
    import re

    kinds = "|".join(state.kernel_packages)
    try:
        return re.compile(f"^(?:{kinds})-(?:{'|'.join(map(re.escape, releases))})$")
    except re.error:
        return None


class Guard:
    """Which packages does ``APT::NeverAutoRemove`` or a kernel's protection keep, by name?"""

    __slots__ = ("_patterns", "_state")

    def __init__(self, state: State) -> None:
        self._state = state
        self._patterns: list[re.Pattern[str]] | None = None

    def keeps(self, package: int) -> bool:
        """Say whether the package is needed for its name's sake."""
        state, patterns = self._state, self._patterns
        if patterns is None:
            kernels = protected_pattern(state)
            patterns = [*state.find_never_autoremove(), *([] if kernels is None else [kernels])]
            self._patterns = patterns
        if not patterns:
            return False
        name = state.universe.name(package).decode("utf-8", "surrogateescape")
        return any(pattern.search(name) for pattern in patterns)


def _protected_releases(state: State) -> list[str]:
    universe = state.universe
    images: dict[bytes, list[str]] = {}  # dpkg's version -> releases
    first = None
    for package, version in state.installed.items():
        release = image_release(universe.name(package).decode("utf-8", "surrogateescape"))
        if release:
            text = universe.version_string(version)
            images.setdefault(text, []).append(release)
            if release == state.running_kernel:
                first = text
    newest = sorted(images, key=universe.text_key, reverse=True)
    if first is not None:
        newest.remove(first)
        newest.insert(0, first)
    newest = newest[: state.kernel_count]
    return sorted(release for version in newest for release in images[version])
