"""Are the recorded facts of guests whole, and do they say what only a real kernel could tell?"""

from __future__ import annotations

import json

import pytest

from foretell.oracle.guest_build import KERNELS
from foretell.oracle.guest_facts import GuestFacts
from foretell.oracle.guest_machine import GuestMachine, GuestNode, GuestPath, machine_arguments
from tests.tidy.tree import read

KINDS = ("cma", "cxl")
NAMES = {row.name for row in KERNELS}


def records(kind):
    return [json.loads(line) for line in read(f"corpus/memory/{kind}.jsonl").splitlines()]


def machine_of(record):
    plain = record["machine"]
    return GuestMachine(
        tuple(GuestNode(**node) for node in plain["nodes"]),
        tuple(GuestPath(**path) for path in plain["paths"]),
        tuple(tuple(row) for row in plain["distances"]),
        tuple(plain["words"]),
    )


@pytest.mark.parametrize("kind", KINDS)
def test_records_can_be_asked_again(kind):
    for record in records(kind):
        assert record["kernel"] in NAMES
        assert machine_arguments(machine_of(record))
        if "died" not in record:
            assert tuple(record["facts"]) == GuestFacts._fields
            assert record["facts"]["release"].startswith(record["kernel"].partition("-")[0])


def test_areas_are_whole_page_blocks():
    seen = 0
    for record in records("cma"):
        for area in record["facts"]["cma"] if "facts" in record else ():
            seen += 1
            assert area["counters"]["total_pages"] % (1 << record["facts"]["page_block_order"]) == 0
    assert seen >= 60


def test_memory_is_put_into_use_as_the_policy_says():
    for record in records("cxl"):
        facts = record["facts"]
        movable = {zone["node"] for zone in facts["zones"] if zone["name"] == "Movable"}
        used = set(facts["states"]["has_memory"]) - {0}
        if record["policy"] == "offline":
            assert used == set()
        elif record["policy"] == "online_movable" and not record["refused"]:
            assert used == movable != set()
