"""Machines to ask about."""

from __future__ import annotations

from hypothesis import strategies as st

from foretell.memory.machine import Access, Machine, Node, make_machine

__all__ = ["machine_of", "machines"]


def machine_of(*nodes: tuple[int, int, bool], **arrivals: str) -> Machine:
    """Return a machine of ``(bandwidth MB/s, latency ns, has CPUs)``; 0 is not told.

    ``node1="dax"`` says how the memory of node 1 comes.
    """
    made = {
        number: Node(
            number,
            cpus,
            1 << 30,
            Access(bandwidth, bandwidth, latency, latency) if bandwidth or latency else None,
            arrivals.get(f"node{number}", "boot"),
            "a test",
        )
        for number, (bandwidth, latency, cpus) in enumerate(nodes)
    }
    return make_machine(made, {}, "a test")


@st.composite
def machines(draw: st.DrawFn) -> Machine:
    """Draw a machine of one to eight nodes, the first with CPUs."""
    told = st.tuples(st.integers(1, 1 << 20), st.integers(1, 2000), st.booleans())
    first = draw(st.tuples(st.integers(1, 1 << 20), st.integers(1, 2000), st.just(value=True)))
    return machine_of(first, *draw(st.lists(told, max_size=7)))
