"""Which library call does the same as this command line?"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

__all__ = ["library_call"]


def library_call(verb: str, options: Namespace) -> str:
    """Return a Python program that asks what the command line asks and prints the changes."""
    if options.world == "embedded":
        world = (
            "from foretell.apt.embedded import embedded_world\n"
            "world = embedded_world("
            f"{options.option!r}, cache=cache_folder(os.environ))\n"
        )
    else:
        world = (
            "from foretell.apt.world import load_world\n"
            "world = load_world(\n"
            f"    {options.root or '/'!r},\n"
            f"    status={options.status!r},\n"
            f"    options={options.option!r},\n"
            f"    target_release={options.target_release!r},\n"
            "    environment=os.environ,\n"
            "    cache=cache_folder(os.environ),\n"
            ")\n"
        )
    return (
        "import os\n"
        "\n"
        "from foretell.apt.cache import cache_folder\n"
        "from foretell.apt.predict import predict\n"
        "from foretell.apt.request import Request\n"
        f"{world}"
        f"request = Request({verb!r}, {options.words!r})\n"
        f"answer = predict(world, request, solver_version={options.solver_version!r})\n"
        "print(answer.verdict)\n"
        "universe = answer.state.universe\n"
        "for change in answer.changes:\n"
        "    print(change.action, universe.name(change.package).decode())\n"
    )
