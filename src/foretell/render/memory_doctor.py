"""How are the findings about a kernel's memory shown?"""

from __future__ import annotations

from typing import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from foretell.model.evidence import Evidence

__all__ = ["AbilityRow", "FindingRow", "doctor_json", "render_doctor"]

SCHEMA = "foretell.memory.doctor/1"


class FindingRow(NamedTuple):
    """One finding, as `foretell.memory.doctor.Finding` has it."""

    kind: str
    severity: str
    fields: Mapping[str, int | str]
    evidence: Sequence[Evidence]


class AbilityRow(NamedTuple):
    """What a kernel can do: None is not known."""

    name: str
    can: bool | None
    place: str


def render_doctor(
    release: str, abilities: Sequence[AbilityRow], findings: Sequence[FindingRow]
) -> str:
    """Return what the kernel can do, and every finding with its evidence and remedy."""
    lines = [f"Kernel {release or 'of unknown release'}"]
    for can, title in ((True, "can"), (False, "cannot"), (None, "not known")):
        names = [row.name for row in abilities if row.can is can]
        if names:
            lines.append(f"  {title}: {', '.join(names)}")
    if not findings:
        lines.append("Nothing will surprise")
    for row in findings:
        what, remedy = sentences(row)
        lines.append(f"{row.severity}: {what} [{row.kind}]")
        lines += [f"  {fact.place}: {_shown(fact.text)}" for fact in row.evidence]
        if remedy:
            lines.append(f"  remedy: {remedy}")
    return "".join(f"{_visible(line)}\n" for line in lines)


def doctor_json(
    release: str, abilities: Sequence[AbilityRow], findings: Sequence[FindingRow]
) -> dict[str, object]:
    """Return the JSON document."""
    rows = []
    for row in findings:
        what, remedy = sentences(row)
        rows.append(
            {
                "kind": row.kind,
                "severity": row.severity,
                "what": what,
                "remedy": remedy or None,
                "fields": dict(row.fields),
                "evidence": [fact.as_json() for fact in row.evidence],
            }
        )
    return {
        "schema": SCHEMA,
        "kernel": release,
        "abilities": [row._asdict() for row in abilities],
        "findings": rows,
    }


def sentences(row: FindingRow) -> tuple[str, str]:
    """Return what is found and the remedy, "" for none."""
    what, remedy = _SENTENCES[row.kind]
    fields = dict(row.fields)
    return what.format_map(fields), remedy.format_map(fields)


def _shown(text: str) -> str:
    return " | ".join(text.splitlines()) or "empty"


def _visible(line: str) -> str:
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in line
    )


_SENTENCES = {
    "kernel-unknown": (
        "the rules of this kernel were never asked: what other verbs say of it is unknown",
        "ask them about the nearest series with --kernel",
    ),
    "auto-misnamed": (
        "the switch of automatic weights is named __auto_type: tools that write auto fail",
        "write to __auto_type, as `foretell memory weights --apply` does; 7.1 names it auto again",
    ),
    "no-automatic-weights": (
        "this kernel derives no weights from bandwidths: all are 1 until somebody writes them",
        "`foretell memory weights --better --apply`, or 6.16 and later",
    ),
    "weights-manual": (
        "weights are manual: memory that is added, or other bandwidths, change nothing",
        "write 1 to the switch beside them, if the kernel knows bandwidths",
    ),
    "weights-equal": (
        (
            "all weights are {weight} although there are {tiers} memory tiers:"
            " slow nodes are loaded like fast ones"
        ),
        "`foretell memory weights --bw … --better --apply` with the bandwidths that you measured",
    ),
    "bandwidth-missing": (
        "firmware tells no bandwidths (no HMAT): automatic weights are equal",
        "measure them, and write weights by hand",
    ),
    "one-tier": (
        "node{node} has no CPUs and is in the same tier as all others: nothing is demoted to it",
        "the firmware needs an HMAT; `foretell memory tiers` says what is missing",
    ),
    "reference-differs": (
        (
            "node{node} has CPUs and differs by more than 10 % from the first one with CPUs:"
            " the kernel derives no tiers at all"
        ),
        "`foretell memory tiers` shows the values; only other firmware tables help",
    ),
    "reference-incomplete": (
        (
            "the access of node{node}, which has CPUs, is told in part only: the kernel derives no"
            " tiers"
        ),
        "only other firmware tables help",
    ),
    "demotion-off": (
        "there are {tiers} memory tiers, but pages are swapped or dropped instead of demoted",
        "echo true > /sys/kernel/mm/numa/demotion_enabled",
    ),
    "promotion-off": (
        "kernel.numa_balancing is {value}: hot pages in a slow tier stay there",
        "sysctl kernel.numa_balancing=2",
    ),
    "cma-ignored": (
        "the command line asks for CMA ({asked}), but this kernel has none",
        "a kernel with CONFIG_DMA_CMA; Debian's amd64 kernels have it since 7.2",
    ),
    "cma-refused": (
        "the command line asks for CMA ({asked}), but there is no area",
        "`foretell memory cma --cmdline …` says why",
    ),
    "cma-per-node": (
        "cma= of {asked} bytes is reserved on each of {nodes} nodes once more: {size} bytes in all",
        "cma_pernuma=0 beside it",
    ),
    "cma-failures": (
        "{pages} pages of the CMA area {area} were asked for in vain",
        "a larger area; pinned pages in it cannot be moved away",
    ),
    "tracefs-not-mounted": (
        "tracefs is not mounted: DAMON's events and tools that need them do not work",
        "mount -t tracefs tracefs /sys/kernel/tracing",
    ),
    "damon-no-vaddr": (
        "DAMON cannot watch processes (no vaddr operations), only physical memory",
        "a kernel with CONFIG_DAMON_VADDR, or paddr",
    ),
    "damon-no-paddr": (
        "DAMON cannot watch physical memory (no paddr operations)",
        "a kernel with CONFIG_DAMON_PADDR",
    ),
    "cxl-unused": (
        "{devices} CXL memory devices are there and no region: their memory is not used",
        "cxl create-region; `foretell memory cxl plan` says what becomes of it",
    ),
    "cxl-bandwidth-missing": (
        "the kernel knows no bandwidth of {region}: weight 1 and tier 22, however fast it is",
        "firmware with a generic port; or write weights by hand",
    ),
    "cxl-latency-absurd": (
        "the kernel believes in a latency of {value} ns for {region}: its tier is far too low",
        "6.16 to 7.2 count a link as 17 us; 7.3 does not",
    ),
    "kernel-may-use": (
        (
            "node{node} has no CPUs and lies in ZONE_NORMAL: memory of the kernel may lie there,"
            " and it can then not be taken away"
        ),
        "online_movable in auto_online_blocks before the memory is added",
    ),
    "gigantic-refused": (
        "node{node} is all ZONE_MOVABLE: it gives no pages of 1 GiB",
        "sysctl vm.movable_gigantic_pages=1",
    ),
    "gigantic-impossible": (
        "node{node} is all ZONE_MOVABLE: it gives no pages of 1 GiB",
        "online it with online_kernel; 7.0 and later have vm.movable_gigantic_pages",
    ),
    "memory-offline": (
        "{blocks} memory blocks are offline: not used",
        "daxctl online-memory, or write online_movable to their state",
    ),
    "added-stays-offline": (
        "memory that a driver adds stays offline until somebody onlines it",
        "write online or online_movable to auto_online_blocks",
    ),
    "added-is-normal": (
        "memory that a driver adds comes into ZONE_NORMAL, where the kernel's own may lie",
        "write online_movable to auto_online_blocks before it is added",
    ),
    "large-blocks": (
        (
            "memory blocks have {size} bytes: added memory that does not begin and end"
            " at a multiple loses the rest"
        ),
        "`foretell memory cxl plan` says how much",
    ),
    "unreadable": ("{path} cannot be read, so nothing was concluded from it", ""),
}
