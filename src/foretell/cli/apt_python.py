"""Which library call does the same as this command line?

The program that is printed reads the same world, derives the request from the same settings and
asks the same solver; what it prints are the rows of ``--json``.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

__all__ = ["check_alone", "library_call", "replay_call"]

_MODULES = {"predict": "answers.predict", "normalize": "answers.normalizing"}
_REPORT = """\
print(answer.verdict)
if answer.verdict == "ok":
    universe = answer.state.universe
    for change in answer.changes:
        version = change.new if change.new >= 0 else change.old
        print(
            change.action,
            universe.name(change.package).decode(),
            universe.version_string(version).decode() if version >= 0 else "-",
            "automatic" if change.automatic else "manual",
        )
"""
_WEIGH = """\
print(answer.verdict)
if answer.verdict == "ok":
    label = answer.state.universe.full_name
    footprint = measure(answer)
    for what, load in [("total", footprint.total), *footprint.words]:
        print(what, *load)
    for package, part in footprint.parts.items():
        print(label(package), *part.retained)
    cuts = find_cuts(footprint, {cuts}, {version})
    for cut in (*cuts.own, *cuts.packagers):
        print(cut.way, *cut.saved, *cut.words, *(cut.edge.texts if cut.edge else ()))
"""


def check_alone(options: Namespace) -> None:
    """Raise `UsageError` for ``--as-python`` beside a file that only an answer could fill."""
    from foretell.errors import UsageError

    for name in ("graph", "capture"):
        if getattr(options, name, None):
            raise UsageError(
                "no-answer", f"--as-python prints a program and asks nothing: it takes no --{name}"
            )


def library_call(verb: str, options: Namespace, function: str = "predict") -> str:
    """Return a Python program that asks what the command line asks and prints the changes.

    ``function`` is the one of the library to ask: ``predict`` or ``normalize``.
    """
    modules = {_MODULES[function]: function, "requests.settings": "configured_request"}
    return (
        f"{_world_code(options, modules)}"
        f"request = configured_request({verb!r}, {options.words!r}, world.configuration)\n"
        f"answer = {function}(world, request, solver_version={options.solver_version!r})"
        f"{'.normalized' * (function == 'normalize')}\n{_REPORT}"
    )


def footprint_call(options: Namespace) -> str:
    """Return a Python program that weighs what the command line names, and what could be saved."""
    modules = {
        "footprints.footprint": "measure",
        "footprints.footprint_cuts": "find_cuts",
        "answers.predict": "predict",
        "requests.settings": "configured_request",
    }
    version = f"solver_version={options.solver_version!r}"
    empty = ""
    if options.empty:
        modules["footprints.supposed"] = "emptied"
        empty = f"world = emptied(world, {version}).world\n"
    return (
        f"{_world_code(options, modules)}{empty}"
        f"request = configured_request('install', {options.words!r}, world.configuration)\n"
        f"answer = predict(world, request, {version})\n"
        f"{_WEIGH.format(cuts=options.cuts, version=version)}"
    )


def _world_code(options: Namespace, modules: dict[str, str]) -> str:
    """Return the imports of a program, by module, and how it gets the world."""
    names = {"packages.cache": "cache_folder", **modules}
    is_chosen = options.root is not None or options.status is not None
    load = _load_call(options)
    embedded = _embedded_call(options)
    if options.world == "embedded":
        names["cases.embedded"] = "embedded_world"
        world = embedded
    elif options.world == "host" or is_chosen:
        names["system.world"] = "load_world"
        world = load
    else:
        names |= {"cases.embedded": "embedded_world", "system.world": "load_world"}
        world = f"try:\n{_indent(load)}except MissingError:\n{_indent(embedded)}"
    imports = "".join(
        f"from foretell.apt.{module} import {name}\n" for module, name in sorted(names.items())
    )
    if "MissingError" in world:
        imports += "from foretell.errors import MissingError\n"
    return f"import os\n\n{imports}\n{world}"


def replay_call(path: str) -> str:
    """Return a Python program that answers the question captured in the file at ``path``."""
    return (
        "from foretell.apt.cases.capture import read_capture\n"
        "from foretell.apt.answers.predict import predict\n"
        "\n"
        f"world, request, solver_version = read_capture({path!r})\n"
        f"answer = predict(world, request, solver_version=solver_version)\n{_REPORT}"
    )


def _load_call(options: Namespace) -> str:
    return (
        "world = load_world(\n"
        f"    {options.root or '/'!r},\n"
        f"    status={options.status!r},\n"
        f"    options={options.option!r},\n"
        f"    target_release={options.target_release!r},\n"
        "    environment=os.environ,\n"
        "    cache=cache_folder(os.environ),\n"
        ")\n"
    )


def _embedded_call(options: Namespace) -> str:
    return (
        "world = embedded_world(\n"
        f"    {options.option!r},\n"
        f"    target_release={options.target_release!r},\n"
        "    cache=cache_folder(os.environ),\n"
        ")\n"
    )


def _indent(text: str) -> str:
    return "".join(f"    {line}\n" for line in text.splitlines())
