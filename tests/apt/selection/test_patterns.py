"""Is an apt-patterns(7) expression understood as apt understands it?

Every message is that of apt 3.0.3 for the same text (``apt list TEXT``).
"""

from __future__ import annotations

import pytest

from foretell.apt.selection.patterns import DEPTH_MAX, PATTERN_BYTES_MAX, Pattern, parse_pattern
from foretell.errors import UsageError


def short(pattern):
    """Return a tree in one line."""
    inner = [repr(pattern.word)] if pattern.word else list(map(short, pattern.parts))
    return f"{pattern.name}({','.join(inner)})" if inner else pattern.name


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("~i", "installed"),
        ("?installed", "installed"),
        ("~nvim", "name('vim')"),
        ("?name( vim)", "name('vim')"),
        ("?name(vim )", "name('vim ')"),
        ("?name(vim,)", "name('vim')"),
        ("?name(a b~c?d)", "name('a b~c?d')"),
        ('~n"a b|c"', "name('a b|c')"),
        ("~nb~ea", "and(name('b'),source-package('a'))"),
        ("~nb\t~i", "and(name('b\\t'),installed)"),
        ("~i ~nb|~nc ~M", "or(and(installed,name('b')),and(name('c'),automatic))"),
        ("!~i(~T)", "and(not(installed),true)"),
        ("?and(~i , !~M)", "and(installed,not(automatic))"),
        ("?or()", "or"),
        ("?narrow(~i,~V1)", "any-version(and(installed,version('1')))"),
        ("~D~i|~nx", "depends(or(installed,name('x')))"),
        ("~D ~i ", "depends(installed)"),
        ("~DBreaks:~i", "breaks(installed)"),
        ("~RObsoletes:~i", "reverse-obsoletes(installed)"),
        ("?predepends(~i)", "predepends(installed)"),
        ("?reverse-predepends(~T)", "reverse-predepends(true)"),
        ("?x-name-fnmatch(a*)", "x-name-fnmatch('a*')"),
        ("?true ", "true"),
        ("\n~i", "installed"),
        ("~n\u00e9", "name('\u00e9')"),
    ],
)
def test_pattern_is_read(text, tree):
    assert short(parse_pattern(text)) == tree


@pytest.mark.parametrize(
    ("text", "start", "end", "message"),
    [
        ("?foo", 0, 4, "Unrecognized pattern '?foo'"),
        ("?INSTALLED", 0, 10, "Unrecognized pattern '?INSTALLED'"),
        ("?pre-depends(~T)", 0, 16, "Unrecognized pattern '?pre-depends'"),
        ("~DPre-Depends:~T", 0, 16, "Unrecognized pattern '?pre-depends'"),
        ("?narrow(?x,?y)", 8, 10, "Unrecognized pattern '?x'"),
        ("~x ~i", 0, 5, "Unknown short pattern"),
        ("~n\u00e9?x", 4, 6, "Unrecognized pattern '?x'"),
        ("?installed()", 0, 12, "?installed does not expect an argument list"),
        ("?not ~i", 0, 5, "?not expects an argument list"),
        ("?name()", 0, 7, "?name expects 1 arguments, but received 0 arguments"),
        ("(?not(~i,~i))", 0, 13, "?not expects 1 arguments, but received 2 arguments"),
        ("?depends(vim)", 9, 12, "Expected a pattern"),
        ("~DProvides:~i", 2, 11, "Expected a pattern"),
        ("?name(?installed)", 6, 16, "Expected a word"),
        ("~e!~i", 3, 5, "Expected a word"),
        ("~n vim", 3, 6, "Expected pattern, quoted word, or word"),
        ("~n,", 2, 3, "Expected pattern, quoted word, or word"),
        ("vim|bash", 0, 8, "Expected pattern"),
        ("! ~i", 1, 4, "Expected pattern"),
        ("?name(!b)", 7, 9, "Expected pattern"),
        ("~i ||~i", 4, 7, "Expected pattern after |"),
        ("()", 1, 2, "Expected pattern after '('"),
        ("(~i,~nb)", 3, 8, "Expected closing parenthesis"),
        ("~nvim ", 5, 6, "Expected end of file"),
        ("?(~i)", 0, 0, "Pattern must have a term/name"),
        ('~n"vim', 2, 0, "Could not find end of string"),
        (
            "?name(a|b)",
            6,
            7,
            "Expected closing parenthesis or comma after last argument, received |",
        ),
    ],
)
def test_error_is_apts(text, start, end, message):
    with pytest.raises(UsageError) as caught:
        parse_pattern(text)
    first, shown, *marks = str(caught.value).split("\n")
    assert first == f"input:{start}-{end}: error: {message}"
    assert shown == f"   {text}"
    assert marks == ([f"   {' ' * start}{'^' * (end - start)}"] if end > start else [])


def test_lines_of_a_pattern_stay_below_each_other():
    with pytest.raises(UsageError, match=r"\n   ~i\n   \?x\n      \^\^$"):
        parse_pattern("~i\n?x")


def test_deep_and_long_patterns_are_refused():
    assert parse_pattern("(" * DEPTH_MAX + "~i" + ")" * DEPTH_MAX) == Pattern("installed")
    with pytest.raises(UsageError, match="levels of nesting"):
        parse_pattern("~D" * (DEPTH_MAX + 1) + "~i")
    with pytest.raises(UsageError, match="characters"):
        parse_pattern("~n" + "a" * PATTERN_BYTES_MAX)
