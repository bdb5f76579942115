"""Does QEMU get the machine that was asked for, and is an impossible one refused?"""

from __future__ import annotations

import pytest

from foretell.errors import UsageError
from foretell.oracle.guest_machine import GuestMachine, GuestNode, GuestPath, machine_arguments

TWO = (GuestNode(128, cpus=2), GuestNode(64))


def test_nodes_have_memory_and_processors_or_an_initiator():
    machine = GuestMachine(nodes=TWO, paths=(GuestPath(0, 1, 250, 250, 7168, 7168),))
    assert machine_arguments(machine) == [
        *("-smp", "2", "-m", "192M"),
        *("-object", "memory-backend-ram,id=m0,size=128M,reserve=off"),
        *("-numa", "node,nodeid=0,memdev=m0,cpus=0-1"),
        *("-object", "memory-backend-ram,id=m1,size=64M,reserve=off"),
        *("-numa", "node,nodeid=1,memdev=m1,initiator=0"),
        "-numa",
        "hmat-lb,initiator=0,target=1,hierarchy=memory,data-type=access-latency,latency=250",
        "-numa",
        "hmat-lb,initiator=0,target=1,hierarchy=memory,data-type=access-bandwidth,bandwidth=7168M",
    ]


def test_reading_and_writing_that_differ_have_entries_of_their_own():
    machine = GuestMachine(nodes=TWO, paths=(GuestPath(0, 1, 1, 2, 3, 0),))
    kinds = [word.split(",", 4)[-1] for word in machine_arguments(machine) if "hmat" in word]
    assert kinds == [
        "data-type=read-latency,latency=1",
        "data-type=read-bandwidth,bandwidth=3M",
        "data-type=write-latency,latency=2",
    ]


def test_distances_are_complete():
    machine = GuestMachine(nodes=TWO, distances=((0, 1, 31),))
    words = [word for word in machine_arguments(machine) if word.startswith("dist,")]
    assert [word.rpartition("=")[2] for word in words] == ["10", "31", "20", "10"]


@pytest.mark.parametrize(
    ("machine", "why"),
    [
        (GuestMachine(nodes=()), "0 nodes"),
        (GuestMachine(nodes=TWO * 9), "18 nodes"),
        (GuestMachine(nodes=(GuestNode(64),)), "node 0"),
        (GuestMachine(nodes=(GuestNode(64, cpus=1), GuestNode(-1))), "negative"),
        (GuestMachine(nodes=(*TWO, GuestNode(64, initiator=1))), "initiator 1"),
        (GuestMachine(nodes=TWO, paths=(GuestPath(0, 2, 1),)), "no such node"),
        (GuestMachine(nodes=TWO, paths=(GuestPath(1, 0, 1),)), "no processor"),
        (GuestMachine(nodes=TWO, paths=(GuestPath(0, 1, -1),)), "negative"),
        (GuestMachine(nodes=TWO, paths=(GuestPath(0, 1, 65_535),)), "latency"),
        (GuestMachine(nodes=TWO, distances=((0, 2, 20),)), "no such node"),
        (GuestMachine(nodes=TWO, distances=((0, 0, 11),)), "distance of 11"),
        (GuestMachine(nodes=TWO, distances=((0, 1, 10),)), "distance of 10"),
        (GuestMachine(nodes=TWO, distances=((0, 1, 255),)), "distance of 255"),
    ],
)
def test_impossible_machine_is_refused(machine, why):
    with pytest.raises(UsageError, match=why) as caught:
        machine_arguments(machine)
    assert caught.value.code == "bad-machine"
