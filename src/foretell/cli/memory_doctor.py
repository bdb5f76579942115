"""``foretell memory doctor``: what can this kernel do, and what will surprise on it?

Exit status: 1 when there is a problem, 0 with surprises and notes only.
"""

from __future__ import annotations

import sys

from foretell.cli.memory_machine import make_parser, write_json

__all__ = ["doctor"]


def doctor(argv: list[str]) -> int:
    """Show abilities and findings; return the exit status."""
    from foretell.memory.doctor import abilities, examine
    from foretell.memory.doctor_tree import Tree
    from foretell.memory.kernels import rules_of
    from foretell.memory.unmodelled import Unmodelled
    from foretell.render.memory_doctor import (
        AbilityRow,
        FindingRow,
        doctor_json,
        render_doctor,
    )

    parser = make_parser("doctor")
    parser.add_argument("--root", metavar="DIR", default="/", help="the sysfs and proc below DIR")
    options = parser.parse_args(argv)
    tree = Tree(options.root)
    release = tree.text("proc/sys/kernel/osrelease") or ""
    try:
        rules = rules_of(release)
    except Unmodelled:
        rules = None
    can = [AbilityRow(*row) for row in abilities(tree)]
    findings = [FindingRow(*row) for row in examine(tree, rules)]
    if options.json:
        write_json(doctor_json(release, can, findings))
    else:
        sys.stdout.write(render_doctor(release, can, findings))
    return 1 if any(row.severity == "problem" for row in findings) else 0
