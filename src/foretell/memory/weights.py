"""Which weight does weighted interleaving give each node?

Rules: ``Documentation/ABI/testing/sysfs-kernel-mm-mempolicy-weighted-interleave`` of Linux 6.16,
and what guests with 6.12 to 7.3 answered.  A node's bandwidth is the smaller of its read and write
bandwidth; 32 times it, in 32 bits, is divided by the sum over all nodes with memory, in 64 bits;
what is left is kept in 8 bits, at least 1; then all are divided by their greatest common divisor.
"""

from __future__ import annotations

from math import gcd
from typing import NamedTuple

from foretell.model.evidence import Evidence
from foretell.model.reason import Reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from foretell.memory.kernels import Rules
    from foretell.memory.machine import Machine

__all__ = [
    "SCALE",
    "Derived",
    "Refused",
    "WeightState",
    "boot_weights",
    "derive_weights",
    "explain_weights",
]

SCALE = 32  # the largest weight that the kernel aims at
_U32 = (1 << 32) - 1
_U8 = (1 << 8) - 1
_SIGNS = {"0": False, "n": False, "f": False, "1": True, "y": True, "t": True}


class Derived(NamedTuple):
    """How one weight came about: ``32 * bandwidth``, over ``total``, over the common divisor."""

    node: int
    bandwidth: int
    scaled: int
    total: int
    share: int
    divisor: int
    weight: int


class Refused(Exception):  # noqa: N818 - what the kernel says, not an error of ours
    """The kernel refuses a write; the argument is the name of the errno."""


def derive_weights(bandwidths: Mapping[int, int], nodes: Collection[int]) -> dict[int, Derived]:
    """Return the weights of ``nodes``, those with memory, from ``bandwidths`` in MB/s.

    >>> [it.weight for it in derive_weights({0: 40960, 1: 12288, 2: 7168}, {0, 1, 2}).values()]
    [7, 2, 1]
    """
    total = sum(bandwidths.get(node, 0) for node in nodes)
    shares = {}
    for node in sorted(nodes):
        scaled = SCALE * bandwidths.get(node, 0) & _U32
        fits = bool(bandwidths.get(node)) and scaled > total
        shares[node] = scaled, (scaled // total) & _U8 if fits else 1
    divisor = gcd(*(share for _, share in shares.values())) or 1
    return {
        node: Derived(
            node, bandwidths.get(node, 0), scaled, total, share, divisor, share // divisor
        )
        for node, (scaled, share) in shares.items()
    }


class WeightState:
    """The kernel's table of weights, as a sequence of events leaves it.

    Every event raises `Refused` exactly where the kernel answers with an errno.
    """

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self.nodes: set[int] = set()
        self.bandwidths: dict[int, int] = {}
        self.is_automatic = rules.is_automatic
        self._table: dict[int, int] = {}
        self._derived: dict[int, Derived] = {}

    def weight(self, node: int) -> int:
        """Return what the node's file shows; a node that was never told about has 1."""
        return self._table.get(node, 1)

    def weights(self) -> dict[int, int]:
        """Return the weights of the nodes with memory, in the order of their numbers."""
        return {node: self.weight(node) for node in sorted(self.nodes)}

    def derived(self, node: int) -> Derived | None:
        """Return how the kernel came to this weight, None when somebody wrote it."""
        found = self._derived.get(node)
        return found if found is not None and found.weight == self.weight(node) else None

    def load(self, weights: Mapping[int, int]) -> None:
        """Take over weights that somebody wrote: manual mode."""
        self._table = dict(weights)
        self._derived = {}
        self.is_automatic = False

    def add(self, node: int, bandwidth: int | None = None) -> None:
        """Bring a node's memory, then what is told of its bandwidth (MB/s), None when nothing."""
        self.nodes.add(node)
        if bandwidth is not None:
            self.tell(node, bandwidth)

    def tell(self, node: int, bandwidth: int) -> None:
        """Let firmware or a driver tell the bandwidth of a node, 0 included.

        A table whose values are all 0 is still one: the kernel derives weights of 1 from it.
        """
        if not self._rules.is_automatic:
            return
        self.bandwidths[node] = bandwidth
        if self.is_automatic:
            self._derive()

    def remove(self, node: int) -> None:
        """Take a node's memory away; the table and the bandwidth stay as they are."""
        if not self._rules.keeps_files:
            self.nodes.discard(node)

    def write(self, node: int, text: str) -> None:
        """Write to ``nodeN``: automatic mode ends, the other weights stay."""
        if node not in self.nodes:
            raise Refused("ENOENT")
        value = _unsigned(text)
        if value == 0 and self._rules.resets_weights:
            value = 1
        if not 1 <= value <= _U8:
            raise Refused("EINVAL")
        self._table[node] = value
        self._derived.pop(node, None)
        self.is_automatic = False

    def write_auto(self, text: str) -> None:
        """Write to ``auto``: 0 freezes the table, 1 derives it anew from all that was told."""
        if not self._rules.is_automatic:
            raise Refused("ENOENT")
        wanted = _boolean(text)
        if wanted == self.is_automatic:
            return
        if wanted and not self.bandwidths:
            raise Refused("ENODEV")
        self.is_automatic = wanted
        if wanted:
            self._derive()

    def _derive(self) -> None:
        self._derived = derive_weights(self.bandwidths, self.nodes)
        self._table = {node: it.weight for node, it in self._derived.items()}


def boot_weights(machine: Machine, rules: Rules) -> WeightState:
    """Return the table as it is after boot: all memory is there, then the firmware tells of it."""
    state = WeightState(rules)
    state.nodes = {node.number for node in machine.nodes if node.size}
    for node in machine.nodes:
        if node.access is not None:
            state.tell(node.number, node.bandwidth)
    return state


def explain_weights(state: WeightState, origins: Mapping[int, str]) -> list[Reason]:
    """Return one reason for each node with memory; ``origins`` says who told a bandwidth."""
    reasons = []
    for node in sorted(state.nodes):
        derived = state.derived(node)
        fields: dict[str, int | str] = {"node": node, "weight": state.weight(node)}
        if derived is None:
            kind = "weight-default" if state.weight(node) == 1 else "weight-written"
            reasons.append(Reason(kind, fields))
            continue
        told = Evidence("bandwidth", origins.get(node, ""), f"{derived.bandwidth} MB/s")
        fields |= derived._asdict()
        known = Reason(
            "bandwidth-told" if derived.bandwidth else "bandwidth-not-told",
            {"node": node, "bandwidth": derived.bandwidth},
            evidence=[told] if derived.bandwidth else [],
        )
        reasons.append(Reason("weight-derived", fields, parents=[known]))
    return reasons


def _unsigned(text: str) -> int:
    """Return a number as kstrtou8() reads it, -1 for what it refuses; nothing is 0."""
    digits = text.strip("\n").removeprefix("+")
    if not text.strip("\n"):
        return 0
    base = 16 if digits[:2].lower() == "0x" else 8 if digits[:1] == "0" else 10
    body = digits[2:] if base == 16 else digits
    if not body or not body.isascii() or not body.isalnum():
        return -1
    try:
        return int(body, base)
    except ValueError:
        return -1


def _boolean(text: str) -> bool:
    """Return a switch as kstrtobool() reads it."""
    word = text.strip("\n").lower()
    if word[:1] in _SIGNS:
        return _SIGNS[word[:1]]
    if word[:2] in {"on", "of"}:
        return word[:2] == "on"
    raise Refused("EINVAL")
