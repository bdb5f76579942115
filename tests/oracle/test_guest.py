"""Is a guest asked as it should be, and is it clear why one did not answer?"""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import textwrap
import time

import pytest

from foretell.errors import MissingError, UsageError
from foretell.oracle.guest import Guest, PageWish, Placed
from foretell.oracle.guest_build import KERNELS, GuestKernel, GuestParts
from foretell.oracle.guest_facts import NodeAccess, Weights, read_facts, read_weights
from foretell.oracle.guest_machine import GuestMachine, GuestNode, GuestPath
from tests.oracle.real_guests import guests_or_skip
from tests.tidy.tree import ROOT

INTERLEAVE = "/sys/kernel/mm/mempolicy/weighted_interleave"
EINVAL = 22
# Nodes with 40, 12 and 7 GiB/s: weights 7, 2 and 1.
MACHINE = GuestMachine(
    nodes=(GuestNode(128, cpus=1), GuestNode(32), GuestNode(32)),
    paths=(
        GuestPath(0, 0, 80, 80, 40960, 40960),
        GuestPath(0, 1, 250, 250, 12288, 12288),
        GuestPath(0, 2, 400, 400, 7168, 7168),
    ),
)
HELLO = 'print(\'\\n{"release": "7", "page": 4096}\', flush=True)\n'


class Parts(GuestParts):
    """Stands for the parts of guests; QEMU is a program in Python."""

    def __init__(self, folder, program):
        self.agents = {"amd64": os.path.join(folder, "agent")}
        self.program = os.path.join(folder, "qemu")
        with open(self.agents["amd64"], "wb"):
            pass
        with open(self.program, "w", encoding="utf-8") as file:
            file.write(f"#!{sys.executable}\nimport os, sys, time\n{textwrap.dedent(program)}")
        os.chmod(self.program, stat.S_IRWXU)
        self.folder = str(folder)

    def require(self):
        pass

    def kernel(self, name):
        return GuestKernel(KERNELS[0], "7", f"{self.folder}/image", self.folder)

    def qemu(self, architecture):
        return [self.program], {}


def stub(tmp_path, program, **options):
    return Guest(Parts(tmp_path, program), "7", **options)


def test_requests_are_lines_and_answers_are_json(tmp_path):
    program = (
        HELLO
        + """
    for line in sys.stdin:
        if line == "off\\n":
            break
        print('{"text": "%s\\\\n"}' % line.strip(), flush=True)
    """.replace("\n    ", "\n")
    )
    with stub(tmp_path, program) as guest:
        paths = [f"/{'x' * 100}/{number}" for number in range(40)]
        assert guest.read_all(paths) == {path: f"read {path}" for path in paths}
        assert (guest.release, guest.page_bytes) == ("7", 4096)


@pytest.mark.parametrize(
    ("program", "code", "message"),
    [
        ("sys.exit(3)", "guest-died", "status 3"),
        (HELLO + "sys.exit(0)", "guest-died", "status 0"),
        ("time.sleep(99)", "guest-late", "in time"),
        (HELLO + "time.sleep(99)", "guest-late", "in time"),
        ("print('[ 0.1] kernel panic', flush=True); time.sleep(99)", "bad-answer", "kernel panic"),
        ("print('[1]', flush=True); time.sleep(99)", "bad-answer", "1"),
        ('print(\'{"release": "8", "page": 1}\', flush=True)', "wrong-kernel", "8 instead of 7"),
    ],
)
def test_guest_that_does_not_answer(tmp_path, program, code, message):
    with pytest.raises(MissingError, match=message) as caught:  # noqa: SIM117 - either may raise
        with stub(tmp_path, program, boot_seconds=2.0, timeout_seconds=0.5) as guest:
            guest.read("/proc/version")
    assert caught.value.code == code


def test_guest_ends_with_who_started_it(tmp_path):
    """Its parent is killed, so that nothing can be tidied up."""
    where = tmp_path / "number"
    parts = f"Parts({str(tmp_path)!r}, {HELLO + 'time.sleep(60)'!r})"
    program = f"""
import os
from foretell.oracle.guest import Guest
from tests.oracle.test_guest import Parts
guest = Guest({parts}, "7").__enter__()
with open({str(where)!r}, "w") as file:
    file.write(str(guest._child.pid))
os.kill(os.getpid(), 9)
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT)
    assert done.returncode == -9
    deadline = time.monotonic() + 20
    while is_running(int(where.read_text())):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def is_running(number):
    try:
        with open(f"/proc/{number}/stat", encoding="ascii") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_last_words_are_told(tmp_path):
    program = """
    where = [word for word in sys.argv if word.startswith("file:")][0].removeprefix("file:")
    with open(where, "w") as file:
        file.write("first\\nKernel panic - not syncing\\n")
    print("qemu: no memory", file=sys.stderr)
    sys.exit(1)
    """
    with pytest.raises(MissingError) as caught, stub(tmp_path, program):
        pass
    assert caught.value.hint == "first; Kernel panic - not syncing; qemu: no memory"


def test_request_that_would_be_two_is_refused(tmp_path):
    with stub(tmp_path, HELLO + "sys.stdin.readline()") as guest:
        with pytest.raises(UsageError):
            guest.write("/sys/x\noff", "1")
        with pytest.raises(UsageError):
            guest.read("/" * 5000)


def test_guest_that_is_not_running_cannot_be_asked(tmp_path):
    with pytest.raises(UsageError) as caught:
        stub(tmp_path, "").read("/proc/version")
    assert caught.value.code == "no-guest"


@pytest.mark.oracle
def test_real_kernel_has_the_machine_that_was_asked_for(require):
    with Guest(guests_or_skip(require, "7.3"), "7.3", MACHINE) as guest:
        facts = read_facts(guest)
        assert facts.weights == Weights("auto", "true", {0: 7, 1: 2, 2: 1})
        assert facts.tiers == {4: (0,), 46: (1,), 128: (2,)}
        assert NodeAccess(2, 0, (0,), 7168, 7168, 400, 400) in facts.accesses
        assert facts.demotion[0] == (0, (1,), (1, 2))
        refused = [guest.write(f"{INTERLEAVE}/node1", text) for text in ("0", "256", "x", "\n")]
        assert refused == [EINVAL] * 4
        assert guest.write(f"{INTERLEAVE}/node1", "3") == 0
        assert read_weights(guest) == Weights("auto", "false", {0: 7, 1: 3, 2: 1})
        (placed,) = guest.place([PageWish(22, mode=6, nodes=(0, 1, 2))])
        counts = [placed.nodes().count(node) for node in (0, 1, 2)]
        assert counts == [14, 6, 2]
        assert guest.place([PageWish(1, mode=99)]) == [Placed(errno=EINVAL, call="mbind")]
        assert guest.read("/none") is None


@pytest.mark.oracle
def test_real_kernel_of_another_architecture_rounds_areas_up(require):
    machine = GuestMachine(nodes=(GuestNode(512, cpus=1),), words=("cma=1M",))
    with Guest(guests_or_skip(require, "7.3-arm64-16k"), "7.3-arm64-16k", machine) as guest:
        facts = read_facts(guest)
        assert facts.page_bytes == 16 << 10
        assert facts.page_block_order == 11
        assert facts.meminfo["CmaTotal"] == 32 << 10
        assert [area.counters["total_pages"] for area in facts.cma] == [2048]
        assert any("cma: Reserved 1 MiB" in line for line in guest.dmesg("cma"))
