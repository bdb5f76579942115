"""Do the Python files keep the house rules that ruff cannot check?"""

from __future__ import annotations

import ast
import importlib

import pytest

from tests.tidy.tree import SOURCE, files, functions, modules, parse, read

MODULE_LINES_MAX = 600
TEST_LINES_MAX = 1000
FUNCTION_LINES_MAX = 60
FORBIDDEN_CALLS = {"print", "exit", "quit", "input", "breakpoint"}
FORBIDDEN_ATTRIBUTES = {("sys", "argv"), ("sys", "exit"), ("sys", "stdout"), ("sys", "stderr")}


def is_main_guard(node: ast.AST) -> bool:
    """Say whether ``node`` is ``if __name__ == "__main__":``."""
    return isinstance(node, ast.If) and ast.unparse(node.test) == "__name__ == '__main__'"


def talk(tree: ast.Module) -> list[str]:
    """Return ``LINE: name`` for all that prints, exits or reads argv, but for a main guard."""
    found = []
    nodes: list[ast.AST] = [tree]
    while nodes:
        node = nodes.pop()
        if is_main_guard(node):
            continue
        nodes += ast.iter_child_nodes(node)
        match node:
            case ast.Call(func=ast.Name(id=name)) if name in FORBIDDEN_CALLS:
                found.append(f"{node.lineno}: {name}")
            case ast.Attribute(value=ast.Name(id=owner), attr=name) if (
                owner,
                name,
            ) in FORBIDDEN_ATTRIBUTES:
                found.append(f"{node.lineno}: {owner}.{name}")
            case _:
                continue
    return sorted(found)


def exported(name: str) -> list[str] | None:
    """Return a module's ``__all__`` as it is written, or None."""
    for node in parse(name).body:
        match node:
            case (
                ast.Assign(targets=[ast.Name(id="__all__")], value=ast.List() as value)
                | ast.AnnAssign(target=ast.Name(id="__all__"), value=ast.List() as value)
            ):
                return list(ast.literal_eval(value))
            case _:
                continue
    return None


def sort_key(name: str) -> tuple[int, str]:
    """Order as ruff's RUF022 does: constants, classes, the rest."""
    return (0 if name.isupper() else 1 if name[:1].isupper() else 2, name)


@pytest.mark.parametrize("name", files(".py"))
def test_file_is_not_too_long(name):
    limit = MODULE_LINES_MAX if name.startswith(SOURCE) else TEST_LINES_MAX
    lines = read(name).count("\n")
    assert lines <= limit


@pytest.mark.parametrize("name", files(".py"))
def test_functions_are_not_too_long(name):
    lines = {node.name: (node.end_lineno or 0) - node.lineno + 1 for node in functions(name)}
    assert {name: count for name, count in lines.items() if count > FUNCTION_LINES_MAX} == {}


@pytest.mark.parametrize("name", files(".py"))
def test_file_has_a_docstring(name):
    assert ast.get_docstring(parse(name))


@pytest.mark.parametrize("name", modules())
def test_module_exports_sorted_names_that_exist(name):
    names = exported(name)
    if names is None:
        assert len(parse(name).body) == 1, "a module that defines something says what is public"
        names = []
    assert names == sorted(set(names), key=sort_key)
    assert not [word for word in names if word.startswith("_") and word != "__version__"]
    dotted = name.removeprefix("src/").removesuffix(".py").removesuffix("/__init__")
    module = importlib.import_module(dotted.replace("/", "."))
    assert [word for word in names if not hasattr(module, word)] == []


@pytest.mark.parametrize("name", [name for name in modules() if "/cli/" not in name])
def test_only_the_command_line_talks(name):
    assert talk(parse(name)) == []


@pytest.mark.parametrize(
    "text", ["print(1)", "def f():\n    return sys.argv[1:]", "sys.exit()", "sys.stdout.write('')"]
)
def test_talk_is_noticed(text):
    assert len(talk(ast.parse(text))) == 1


def test_main_guard_may_talk():
    assert talk(ast.parse("if __name__ == '__main__':\n    raise SystemExit(main(sys.argv))")) == []
