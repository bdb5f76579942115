#!/usr/bin/env python3
"""How do the times of list, search, show and their kin compare with apt's?

    bench/queries.py [--runs N] ROOT [QUERY ...]

ROOT is a Debian root with downloaded lists and an apt, such as the oracle's (``make oracle``);
apt is asked through chroot(2), which needs root.  A QUERY is a verb with its words, "show git".
Measured as in ``bench/apt.py``, with warm caches; quote the ratios.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile

from apt import HEAD, compare  # type: ignore[import-not-found]  # bench/apt.py, beside this

QUERIES = (
    "list",
    "list --installed",
    "list vim*",
    "search game",
    "show git",
    "policy git",
    "policy",
    "depends git",
    "rdepends git",
    "rdepends libc6",
)


def main() -> None:
    """Print a table of both sides' times."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("root")
    parser.add_argument("queries", nargs="*", default=QUERIES)
    parser.add_argument("--runs", type=int, default=10)
    options = parser.parse_args()
    root = os.path.abspath(options.root)
    os.environ.pop("APT_CONFIG", None)
    caches = tempfile.mkdtemp(prefix="foretell-bench-", dir=os.path.join(root, "tmp"))
    inside = "/" + os.path.relpath(caches, root)
    os.environ["XDG_CACHE_HOME"] = os.path.join(caches, "ours")
    ours = [os.path.join(os.path.dirname(sys.executable), "foretell"), "apt"]
    os.makedirs(os.path.join(caches, "apt", "archives", "partial"))
    print(HEAD)
    try:
        for query in options.queries:
            verb, *words = query.split()
            real = ["chroot", root, "apt", "-o", f"Dir::Cache={inside}/apt", verb, *words]
            mine = [*ours, verb, "--root", root, *words]
            compare(query, real, mine, options.runs, lambda: None)
    finally:
        shutil.rmtree(caches, ignore_errors=True)


if __name__ == "__main__":
    main()
