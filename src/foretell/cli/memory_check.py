"""``foretell memory check``: do real kernels do what is predicted?

Guests of QEMU are started on random machines, each for a few seconds; ``make oracle`` fetches the
kernels.  Exit status: 1 when anything differs.
"""

from __future__ import annotations

import os
import sys

from foretell.cli.memory_machine import make_parser, write_json
from foretell.errors import MissingError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from foretell.memory.guest_check import Compared
    from foretell.oracle.guest_build import GuestParts

__all__ = ["check"]

_CASES_MAX = 10_000


def check(argv: list[str]) -> int:
    """Compare, show a table and what differs; return the exit status."""
    from foretell.memory.guest_check import KINDS
    from foretell.oracle.guest_build import GuestParts
    from foretell.oracle.rootfs import oracle_folder
    from foretell.render.memory_check import CheckRow, check_json, render_check

    parser = make_parser("check")
    parser.add_argument(
        "--kernels", metavar="NAME,…", help="kernels to start (default: all that are there)"
    )
    parser.add_argument(
        "--cases",
        type=int,
        default=1,
        metavar="N",
        help="machines for each (1), and a quarter more whose memory comes later",
    )
    parser.add_argument("--seed", default="1", metavar="S", help="which random machines (1)")
    options = parser.parse_args(argv)
    if not 1 <= options.cases <= _CASES_MAX:
        raise UsageError("bad-usage", f"--cases is from 1 to {_CASES_MAX}")
    parts = GuestParts(oracle_folder(os.environ))
    rows = []
    for kernel in _kernels(options, parts):
        found = [_check_one(parts, kernel, seed) for seed in _seeds(options, kernel)]
        rows.append(
            CheckRow(
                kernel,
                len(found),
                {kind: sum(it.counts[kind] for it in found) for kind in KINDS},
                [(it.seed, kind, text) for it in found for kind, text in it.differences],
                [(it.seed, text) for it in found for text in it.unknown],
            )
        )
    if options.json:
        write_json(check_json(rows))
    else:
        sys.stdout.write(render_check(rows))
    return 1 if any(row.differences for row in rows) else 0


def _kernels(options: Namespace, parts: GuestParts) -> list[str]:
    """Return the kernels that are meant; those of other processors have no HMAT."""
    from foretell.memory.kernels import known_series
    from foretell.oracle.guest_build import find_row

    if options.kernels is None:
        found = [name for name in parts.kernels() if name in known_series()]
        if not found:
            raise MissingError(
                "no-kernel", "there is no kernel to compare with", path=parts.folder,
                hint="make oracle",
            )  # fmt: skip
        return found
    names: list[str] = options.kernels.split(",")
    for name in names:
        if find_row(name).architecture != "amd64":
            raise UsageError("no-such-kernel", f"{name} has no machines with several nodes here")
    return names


def _seeds(options: Namespace, kernel: str) -> list[str]:
    """Return the seeds of the machines: one in four also with memory that comes later."""
    first = f"{options.seed}-{kernel}"
    plain = [f"{first}-{number}" for number in range(options.cases)]
    return plain + [f"{first}-later-{number}" for number in range(0, options.cases, 4)]


def _check_one(parts: GuestParts, kernel: str, seed: str) -> Compared:
    from foretell.memory.guest_check import check_case
    from foretell.oracle.guest_cases import draw_case, draw_later_case

    draw = draw_later_case if "-later-" in seed else draw_case
    found = check_case(parts, kernel, draw(seed))
    compared = sum(found.counts.values())
    sys.stderr.write(f"{seed}: {compared - len(found.differences)} of {compared}\n")
    sys.stderr.flush()
    return found
