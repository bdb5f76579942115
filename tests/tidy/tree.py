"""Which files and which functions does the project have?"""

from __future__ import annotations

import ast
import functools
import os
import shutil
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SOURCE = "src/foretell/"
_NOT_OURS = ("__pycache__", "build", "dist", ".egg-info")  # as .gitignore, with hidden folders


@functools.cache
def files(suffix: str = "") -> list[str]:
    """Return the paths, relative to the root, of tracked and of new files, sorted."""
    names = ask_git() or walk()
    return sorted(
        name
        for name in set(names)
        if name.endswith(suffix) and os.path.isfile(os.path.join(ROOT, name))
    )


def ask_git() -> list[str]:
    """List what git tracks or would add; nothing where there is no git or no repository."""
    if shutil.which("git") is None:
        return []
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    return listing.stdout.split("\0")[:-1] if listing.returncode == 0 else []


def walk() -> list[str]:
    """List an unpacked tarball."""
    found = []
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [
            name
            for name in folders
            if not name.endswith(_NOT_OURS) and (name == ".ci" or not name.startswith("."))
        ]
        found += [os.path.relpath(os.path.join(folder, name), ROOT) for name in names]
    return found


def modules() -> list[str]:
    """Return the paths of the package's modules."""
    return [name for name in files(".py") if name.startswith(SOURCE)]


def read(name: str) -> str:
    """Return a file as text; what is not UTF-8 is replaced."""
    with open(os.path.join(ROOT, name), encoding="utf-8", errors="replace") as file:
        return file.read()


@functools.cache
def parse(name: str) -> ast.Module:
    """Return the syntax tree of a Python file."""
    return ast.parse(read(name), name)


def functions(name: str) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Return every function of a Python file, nested ones too."""
    return [
        node
        for node in ast.walk(parse(name))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
