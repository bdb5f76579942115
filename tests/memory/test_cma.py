"""Are CMA areas as large as real kernels make them, and refused where they refuse?"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretell.errors import InputError, UsageError
from foretell.memory.cma import AREAS_MAX, Area, Declaration, Refusal, declare, share_or_separate
from foretell.memory.cma_choices import choices
from foretell.memory.cma_live import audit, page_size_of
from foretell.memory.cma_words import parse_number, read_words, reserve
from foretell.memory.kernels import rules_of
from foretell.memory.page_blocks import PAGE_SIZES, find_page_block
from foretell.memory.unmodelled import Unmodelled
from tests.fuzz.harness import check_parser, mutate

NEW, OLD = rules_of("7.3"), rules_of("6.12")
MIB = 1 << 20
SMALL, MIDDLE, LARGE = (find_page_block(NEW, size) for size in PAGE_SIZES)
KERNELS = {"amd64": (SMALL, 0), "arm64": (SMALL, 64), "arm64-16k": (MIDDLE, 64)}

# What guests with Debian's 7.3.4 said: RAM of the nodes, command line, MiB of each area.
SAID = [
    ("amd64", (256, 160, 160), "cma=20M", {"reserved": 20, "numa0": 20, "numa1": 20, "numa2": 20}),
    ("amd64", (256, 160, 160), "cma=20M cma_pernuma=0", {"reserved": 20}),
    (
        "amd64",
        (256, 160, 160),
        "cma=20M cma_pernuma=9M",
        {"reserved": 20, "numa0": 10, "numa1": 10, "numa2": 10},
    ),
    ("amd64", (256, 160, 160), "cma=20M numa_cma=1:9M", {"reserved": 20, "numa1": 10}),
    ("amd64", (256, 160, 160), "numa_cma=0:4M,2:7M,9:5M", {"numa0": 4, "numa2": 8}),
    ("amd64", (256, 160, 160), "cma_pernuma=3M", {"numa0": 4, "numa1": 4, "numa2": 4}),
    (
        "amd64",
        (256, 160, 160),
        "cma=20M numa_cma=1:9M cma_pernuma=5M",
        {"reserved": 20, "numa0": 6, "numa1": 10, "numa2": 6},
    ),
    ("amd64", (512,), "cma=3M@65M", {}),
    ("amd64", (512,), "cma=3M@64M", {}),
    ("amd64", (512,), "cma=3M@0-128M", {"reserved": 4}),
    ("amd64", (512,), "cma=3M@65M-200M", {"reserved": 4}),
    ("amd64", (512,), "cma=3M@64M-66M", {}),
    ("amd64", (512,), "cma=3M@64M-64M", {}),
    ("amd64", (512,), "cma=3M@16M", {}),
    ("amd64", (512,), "cma=abc", {}),
    ("amd64", (512,), "cma=010Mjunk", {"reserved": 8}),
    ("amd64", (512,), "cma=3M cma=5M", {"reserved": 6}),
    ("amd64", (512,), "cma=9T", {}),
    ("amd64", (512,), "cma=0x300000", {"reserved": 4}),
    ("amd64", (512,), "cma=1", {"reserved": 2}),
    ("amd64", (512,), "cma", {}),
    ("amd64", (512,), "cma=4M@64M cma=6M", {}),
    ("amd64", (256, 160, 160), "cma=20M cma_pernuma=abc", {"reserved": 20}),
    ("amd64", (256, 160, 160), "numa_cma=0x1:4M", {}),
    ("amd64", (256, 160, 160), "numa_cma=02:4M", {"numa2": 4}),
    ("amd64", (256, 160, 160), "cma=4M numa_cma=1:0", {"reserved": 4}),
    (
        "amd64",
        (256, 160, 160),
        "cma-pernuma=4M",
        {"numa0": 4, "numa1": 4, "numa2": 4},
    ),
    ("amd64", (512,), "cma=0 cma_pernuma=4M", {"numa0": 4}),
    ("amd64", (512,), "cma_pernuma=5M", {"numa0": 6}),
    ("amd64", (512,), "cma=0x", {}),
    ("amd64", (512,), "cma=08M", {}),
    ("amd64", (512,), "cma=1M@0-64M", {"reserved": 2}),
    ("amd64", (512,), "cma=100M", {"reserved": 100}),
    ("amd64", (256, 160), "cma=7M", {"reserved": 8, "numa0": 8, "numa1": 8}),  # 7.2
    ("arm64-16k", (512,), "cma=0", {}),
    ("arm64-16k", (256, 256), "", {"reserved": 64, "numa0": 64, "numa1": 64}),
    ("arm64-16k", (256, 256), "cma_pernuma=1M", {"reserved": 64, "numa0": 32, "numa1": 32}),
    ("arm64", (512,), "", {"reserved": 64}),
    ("amd64", (256, 160, 160), "cma=20M numa_cma=1", {"reserved": 20}),
    ("amd64", (512,), "cma=3M@-128M", {"reserved": 4}),
    ("amd64", (256, 160, 160), "numa_cma=1:9M numa_cma=2:3M", {"numa1": 10, "numa2": 4}),
    ("amd64", (256, 160, 160), "numa_cma=1", {}),
    ("amd64", (256, 160, 160), "numa_cma=1:9M:2", {"numa1": 10}),
    ("amd64", (256, 160, 160), "numa_cma=-1:9M,2:3M", {}),
    ("amd64", (256, 160, 160), "cma=20M numa_cma=9:9M", {"reserved": 20}),
    ("arm64", (512,), "cma=3M", {"reserved": 4}),
    ("arm64-16k", (512,), "", {"reserved": 64}),
    ("arm64-16k", (512,), "cma=33M", {"reserved": 64}),
    ("arm64-16k", (256, 256), "cma=20M", {"reserved": 32, "numa0": 32, "numa1": 32}),
]


def sizes(areas):
    return {it.name: it.found.size // MIB for it in areas if isinstance(it.found, Area)}


@pytest.mark.parametrize(("kernel", "nodes", "words", "areas"), SAID)
def test_as_guests_said(kernel, nodes, words, areas):
    block, configured = KERNELS[kernel]
    rooms = {number: size * MIB for number, size in enumerate(nodes)}
    found = reserve(read_words(words), NEW, block, rooms, configured * MIB)
    assert sizes(found) == areas


@pytest.mark.parametrize(
    ("rules", "page_size", "options", "order"),
    [
        (NEW, 4096, {}, 9),
        (NEW, 16384, {}, 11),
        (NEW, 65536, {}, 13),
        (NEW, 4096, {"huge_pages": False}, 10),
        (NEW, 65536, {"buddy_order": 7}, 7),
        (NEW, 65536, {"limit": 4}, 4),
        (OLD, 65536, {"buddy_order": 7}, 7),
    ],
)
def test_page_blocks(rules, page_size, options, order):
    block = find_page_block(rules, page_size, **options)
    assert (block.order, block.size) == (order, page_size << order)


@pytest.mark.parametrize(
    ("rules", "page_size", "options", "code"),
    [
        (NEW, 8192, {}, "bad-page-size"),
        (NEW, 4096, {"buddy_order": 0}, "bad-order"),
        (NEW, 4096, {"buddy_order": 21}, "bad-order"),
        (NEW, 4096, {"limit": 11}, "bad-order"),
        (NEW, 4096, {"limit": 0}, "bad-order"),
        (OLD, 4096, {"limit": 5}, "no-block-order"),
    ],
)
def test_no_such_page_block(rules, page_size, options, code):
    with pytest.raises(UsageError) as caught:
        find_page_block(rules, page_size, **options)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("wanted", "errno", "kind"),
    [
        (Declaration(MIB, areas=AREAS_MAX), "ENOSPC", "areas-full"),
        (Declaration(0), "EINVAL", "size-zero"),
        (Declaration(MIB, alignment=3 * MIB), "EINVAL", "alignment-odd"),
        (Declaration(MIB, base=3 * MIB, fixed=True), "EINVAL", "base-unaligned"),
        (Declaration(MIB, order_per_bit=10), "EINVAL", "unit-uneven"),
        (Declaration(3 * MIB, base=4 * MIB, limit=7 * MIB), "EINVAL", "limit-exceeded"),
        (Declaration(600 * MIB), "EINVAL", "limit-exceeded"),
    ],
)
def test_refused(wanted, errno, kind):
    found = declare(wanted, SMALL, ram_end=512 * MIB)
    assert isinstance(found, Refusal)
    assert (found.errno, found.reason.kind) == (errno, kind)


@given(
    st.integers(1, 1 << 40),
    st.integers(0, 1 << 40),
    st.sampled_from([SMALL, MIDDLE, LARGE]),
    st.booleans(),
)
def test_areas_are_whole_blocks(size, base, block, fixed):
    found = declare(Declaration(size, base=base, fixed=fixed), block)
    if isinstance(found, Refusal):
        assert fixed
        assert base % block.size
        return
    assert found.size % block.size == 0
    assert 0 <= found.wasted < block.size
    assert found.base in {None, base}


@given(st.lists(st.integers(1, 1 << 34), min_size=1, max_size=6), st.sampled_from(PAGE_SIZES))
def test_sharing_and_choices(needs, page_size):
    block = find_page_block(NEW, page_size)
    shared, separate = share_or_separate(needs, block)
    assert sum(needs) <= shared <= separate < sum(needs) + len(needs) * block.size
    smaller, buddy, guaranteed = choices(needs, block, NEW)
    assert 1 <= (smaller.parameter or 0) <= block.order
    assert sum(needs) <= (guaranteed.size or 0) <= (smaller.size or 0) <= separate
    pages = [-(-need // page_size) for need in needs]
    assert (buddy.size is None) == (max(pages) > 1 << block.buddy_order)
    if buddy.size is not None:
        assert buddy.size == sum(page_size * (1 << (count - 1).bit_length()) for count in pages)
    assert [it.is_proposal for it in (smaller, buddy, guaranteed)] == [False, False, True]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("64M@1G", (64 * MIB, 3)),
        ("0x10k", (16384, 5)),
        ("0x", (0, 1)),
        ("08", (0, 1)),
        ("1E", (1 << 60, 2)),
        ("99999999999999999999", (99999999999999999999 % (1 << 64), 20)),
        ("", (0, 0)),
        ("5MM", (5 * MIB, 2)),
    ],
)
def test_numbers(text, number):
    assert parse_number(text) == number


def test_words():
    found = read_words(
        'quiet cma-pernuma=3M "x=1 cma=7M" cma=64M@1G-2G numa_cma=1:2M,3:4M -- cma=1'
    )
    assert (found.size, found.base, found.limit) == (64 * MIB, 1 << 30, 2 << 30)
    assert not found.fixed
    assert found.per_node == 3 * MIB
    assert dict(found.by_node) == {1: 2 * MIB, 3: 4 * MIB}
    assert read_words("cma=64M@1G").fixed
    assert (read_words("cma").ignored, read_words("cma").fatal) == (("cma",), ())
    assert read_words("cma_pernuma numa-cma").fatal == ("cma_pernuma", "numa-cma")


def test_too_large_for_a_node():
    found = reserve(read_words("cma_pernuma=20M"), NEW, SMALL, {0: 64 * MIB, 1: 8 * MIB})
    assert [it.found.errno for it in found if isinstance(it.found, Refusal)] == ["ENOMEM"]
    first = reserve(read_words("cma=200M"), NEW, SMALL, {0: 64 * MIB, 1: 8 * MIB})
    assert [(it.name, type(it.found)) for it in first] == [("reserved", Refusal)]


def test_not_asked_of_older_kernels():
    words = read_words("cma=20M")
    assert sizes(reserve(words, OLD, SMALL, {0: None})) == {"reserved": 20}
    with pytest.raises(Unmodelled, match=r"6\.12 repeats"):
        reserve(words, OLD, SMALL, {0: None, 1: None})


@given(mutate(b"quiet cma=64M@1G-2G cma_pernuma=0x10M numa_cma=0:4M,2:7M cma"))
def test_fuzz_words(data):
    check_parser(lambda text: read_words(text.decode("latin-1")), data)


TREE = {
    "proc/cmdline": "quiet cma=20M numa_cma=1:9M\n",
    "proc/meminfo": "MemTotal: 1 kB\nCmaTotal:          30720 kB\nCmaFree:           30592 kB\n",
    "proc/pagetypeinfo": "Page block order: 9\nPages per block:  512\n",
    "sys/kernel/mm/transparent_hugepage/hpage_pmd_size": "2097152\n",
    "sys/kernel/mm/cma/reserved/total_pages": "5120\n",
    "sys/kernel/mm/cma/reserved/available_pages": "5000\n",
    "sys/kernel/mm/cma/reserved/alloc_pages_fail": "7\n",
    "sys/kernel/mm/cma/numa1/total_pages": "2560\n",
}
NODES = {0: 256 * MIB, 1: 160 * MIB}


@pytest.fixture
def tree(tmp_path):
    def make(changes=None):
        for name, text in {**TREE, **(changes or {})}.items():
            if text is None:
                continue
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return str(tmp_path)

    return make


def test_audit(tree):
    found = audit(tree(), 4096, NODES, NEW)
    assert (found.total, found.free, found.expected) == (30 * MIB, 30592 << 10, 30 * MIB)
    assert [(it.name, it.asked, it.size, it.failed) for it in found.areas] == [
        ("numa1", 9 * MIB, 10 * MIB, None),
        ("reserved", 20 * MIB, 20 * MIB, 7),
    ]
    assert not found.missing
    assert not found.differing


def test_audit_of_another_size(tree):
    found = audit(tree({"proc/cmdline": "cma=64M numa_cma=0:2M"}), 4096, NODES, NEW)
    assert found.differing == (("reserved", 64 * MIB),)
    assert found.missing == (("numa0", 2 * MIB, ""),)
    assert [it.asked for it in found.areas] == [None, 64 * MIB]


def test_audit_of_a_node_that_came_later(tree):
    changes = {"proc/cmdline": "cma=20M", "sys/kernel/mm/cma/numa0/total_pages": "5120"}
    found = audit(tree({**changes, "sys/kernel/mm/cma/numa1/total_pages": "5120"}), 4096,
                  {**NODES, 2: 256 * MIB}, NEW)  # fmt: skip
    assert (found.missing, found.differing) == ((), ())


def test_audit_without_cma(tree):
    found = audit(tree({"proc/meminfo": "MemTotal: 1 kB\n"}), 4096, NODES, OLD)
    assert (found.total, found.expected) == (None, 0)


def test_page_size_of_a_tree(tree, tmp_path):
    assert page_size_of(str(tmp_path)) == 4096
    assert page_size_of(tree()) == 4096
    name = "sys/kernel/mm/transparent_hugepage/hpage_pmd_size"
    assert page_size_of(tree({name: str(32 * MIB)})) == 16384
    with pytest.raises(InputError, match="belong to no page size"):
        page_size_of(tree({name: "77"}))


@pytest.mark.parametrize("name", sorted(TREE))
@pytest.mark.parametrize("text", [None, "", "x\n", "-1\n", "9" * 400, b"\xff\0", "1" * 70_000])
def test_absurd_tree(tree, name, text):
    root = tree({name: text})
    check_parser(lambda _: audit(root, page_size_of(root), NODES, NEW), b"")
