"""How many unsatisfiable requests get a fix that was checked, and how long does the first take?

    python bench/why_not.py ROOT COUNT SEED

ROOT is a folder with a system (``foretell apt why-not --root``).  Requests are one to three random
words; those that cannot be fulfilled count.
"""

from __future__ import annotations

import os
import random
import statistics
import sys
import time

from foretell.apt.answers.why_not import Drawer, find_obstacle, try_change
from foretell.apt.packages.cache import cache_folder
from foretell.apt.packages.edges import relations_of
from foretell.apt.selection.catalogue import Catalogue
from foretell.apt.system.world import load_world
from foretell.errors import UsageError


def main(root: str, count: int, seed: int) -> None:
    """Ask random questions until ``count`` failed; print what became of them."""
    draw = random.Random(seed)  # noqa: S311 - to be repeated, not to be secret
    world = load_world(
        root, options=["APT::Solver=3.0"], environment={}, cache=cache_folder(os.environ)
    )
    catalogue = Catalogue(world, world.state())
    names = [catalogue.full_name(package) for package in catalogue.packages()]
    asked = failed = fixed = 0
    plain, first, lines = [], [], []
    kinds: dict[tuple[str, int], int] = {}
    while failed < count and asked < 40 * count:
        asked += 1
        words = draw.sample(names, draw.choice((1, 2, 2, 3)))
        package = catalogue.universe.find(words[0].encode())
        version = catalogue.candidate(package)
        needed = list(relations_of(catalogue.universe, version)) if version >= 0 else []
        if needed and draw.random() < 0.6:
            words = [words[0], catalogue.full_name(draw.choice(needed)[3][0]) + "-"]
        start = time.perf_counter()
        try:
            obstacle = find_obstacle(world, words)
        except UsageError:
            continue
        took = time.perf_counter() - start
        if obstacle.verdict != "conflict":
            continue
        failed += 1
        plain.append(took)
        lines.append(len(obstacle.facts))
        for number, change in enumerate(Drawer(obstacle).changes()):
            if number >= 40:
                break
            if try_change(obstacle, change) is not None:
                first.append((time.perf_counter() - start) / took)
                kinds[change.kind, number] = kinds.get((change.kind, number), 0) + 1
                fixed += 1
                break
    print(f"{asked} asked, {failed} failed, {fixed} with a checked fix")
    print(f"plain {statistics.median(plain):.3f} s, facts {statistics.median(lines)}")
    print(f"first fix after {statistics.median(first):.2f} of the plain time (median)")
    for key, value in sorted(kinds.items(), key=lambda row: -row[1])[:15]:
        print(*key, value)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
