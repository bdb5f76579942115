"""How does apt 3.0 tell that a request cannot be satisfied?

solver3 ends with two decisions about one variable that contradict each other.  The text gives
both, each with the chain of decisions that leads to it; an alternative that failed is explained
where it is met first and is "as above" after that.  The grammar was learnt from about a hundred
failing requests to apt 3.0.4.

A variable is a package (``git:amd64``) or a version of it (``git:amd64=1:2.47.3-0+deb13u1``).
The caller gives the decisions with their causes; which of them are repetitions, how the steps are
numbered and what is left out is decided here.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = [
    "DEPTH_MAX",
    "ROOT",
    "Cause",
    "Decision",
    "demand_text",
    "dependency_text",
    "render_failure",
    "selection_text",
    "siblings_text",
    "state_text",
    "target_text",
    "version_text",
]

DEPTH_MAX = 150  # failed alternatives within failed alternatives; deeper ones are only named

_CHAIN_MAX = 1_000_000  # more decisions than any archive allows

_HEADLINE = "Unable to satisfy dependencies. Reached two conflicting"
ROOT = "(root)"  # the label of what owns the demands that no package makes
_STRICT = {"<<": "<", ">>": ">"}


class Cause:
    """The clause that decided a variable.

    - ``text``: the clause, as ``dependency_text`` and its siblings give it;
    - ``antecedent``: the decision that made the clause act: the owner, when the clause selects an
      alternative or excludes one; the selected alternative, when a negative clause excludes its
      owner; None when a clause excludes its owner because no alternative is left;
    - ``others``: the decisions about the alternatives of a positive clause, in order, without the
      one that was selected; empty for a negative clause;
    - ``has_choice``: the clause has more than one alternative (of either sign);
    - ``is_version``: the clause that a version implies its package, acting on the package: apt
      shows no step for it.
    """

    __slots__ = ("antecedent", "has_choice", "is_version", "others", "text")

    def __init__(
        self,
        text: str,
        antecedent: Decision | None,
        *,
        others: Sequence[Decision] = (),
        has_choice: bool = False,
        is_version: bool = False,
    ) -> None:
        assert antecedent is not None or not is_version, text
        self.text = text
        self.antecedent = antecedent
        self.others = others
        self.has_choice = has_choice
        self.is_version = is_version


class Decision:
    """What was decided about one variable, and why.

    ``label`` names the variable, ``state`` is a phrase from ``state_text``.  ``cause`` is None
    for what the user or the machine's state demands, for what backtracking excluded and for the
    root, which stands for demands that no package makes: its label is `ROOT`.  Give
    the same object wherever the same variable is meant: repetitions are found by identity.
    """

    __slots__ = ("cause", "label", "state")

    def __init__(self, label: str, state: str, cause: Cause | None = None) -> None:
        self.label = label
        self.state = state
        self.cause = cause

    def __str__(self) -> str:
        return f"{self.label} {self.state}"


def state_text(
    *,
    is_selected: bool | None,
    is_installed: bool = False,
    is_version: bool = False,
    order: int = 0,
) -> str:
    """Return the phrase for a decision; ``is_selected`` is None for what is not decided.

    ``is_installed``: some version of the package is installed; ``order``: how a version compares
    to the installed one (-1, 0, 1; 0 without one).

    >>> state_text(is_selected=True, is_version=True, is_installed=True, order=1)
    'is selected as an upgrade'
    >>> state_text(is_selected=False, is_installed=True)
    'is selected for removal'
    """
    if is_selected is None:
        return "is undecided"
    if not is_selected:
        is_removal = is_installed and not is_version
        return "is selected for removal" if is_removal else "is not selected for install"
    if is_version and is_installed and order:
        return "is selected as an upgrade" if order > 0 else "is selected as a downgrade"
    return "is selected for install"


def target_text(label: str, operator: str = "", version: str = "") -> str:
    """Return one alternative of a dependency, with apt's spelling of the operator.

    >>> target_text("libc6", ">>", "2.41"), target_text("awk")
    ('libc6 (> 2.41)', 'awk')
    """
    if not operator:
        return label
    return f"{label} ({_STRICT.get(operator, operator)} {version})"


def dependency_text(
    owner: str, kind: str, targets: Iterable[str], *more: tuple[str, Iterable[str]]
) -> str:
    """Return the clause of an or-group; ``owner`` is the label of the variable that owns it.

    ``more`` are kinds and targets of or-groups that became part of the clause.

    >>> dependency_text("a:amd64", "Pre-Depends", ["b (>= 1)", "c"])
    'a:amd64 PreDepends b (>= 1) | c'
    >>> dependency_text("a:amd64", "Depends", ["b"], ("Recommends", ["b (>= 1)"]))
    'a:amd64 Depends b and Recommends b (>= 1)'
    """
    groups = [(kind, targets), *more]
    return f"{owner} " + " and ".join(
        f"{field.replace('-', '')} {' | '.join(members)}" for field, members in groups
    )


def selection_text(package: str, versions: Sequence[str]) -> str:
    """Return the clause that a package means one of its versions.

    >>> selection_text("b:amd64", ["2", "1"])
    'b:amd64 is available in versions 2, 1'
    """
    noun = "version" if len(versions) == 1 else "versions"
    return f"{package} is available in {noun} {', '.join(versions)}"


def siblings_text(version: str) -> str:
    """Return the clause that versions of a package exclude each other."""
    return f"{version} conflicts with other versions of itself"


def version_text(version: str, package: str) -> str:
    """Return the clause that a version means its package; apt shows it unnamed."""
    return f"{version} ->  | {package}"


def demand_text(targets: Iterable[str]) -> str:
    """Return the clause that something is there, whoever needs it.

    >>> demand_text(["init:amd64"])
    '(root) ->  | init:amd64'
    """
    return f"{ROOT} -> " + "".join(f" | {target}" for target in targets)


def render_failure(first: Decision, second: Decision, *, noun: str = "decisions") -> str:
    """Return the text for two decisions about one variable that exclude each other.

    ``first`` is the decision that stands, ``second`` the opposite one that was demanded last;
    ``noun`` is what this version of apt calls them, "assignments" since 3.1.13.
    There is no prefix and no final line end.  apt prints the text on standard error behind
    "Error: " and indents every line but the first by three more spaces.
    """
    writer = _Writer()
    lines = [f"{_HEADLINE} {noun}:"]
    for number, decision in enumerate((first, second), 1):
        lines += _indent(f"{number}. ", writer.reason(_named(decision), 0))
    return "\n".join(lines)


def _named(decision: Decision) -> Decision:
    """Return the decision to name: a version speaks for the package that it implies."""
    while decision.cause is not None and decision.cause.is_version:
        assert decision.cause.antecedent is not None
        decision = decision.cause.antecedent
    return decision


def _indent(prefix: str, lines: Sequence[str]) -> list[str]:
    """Return the lines behind a prefix, the following ones below the first one's text."""
    blank = " " * len(prefix)
    return [(blank if index else prefix) + line for index, line in enumerate(lines)]


def _chain(decision: Decision) -> list[Decision]:
    """Return the decisions from the root down to this one."""
    chain = [decision]
    while decision.cause is not None and decision.cause.antecedent is not None:
        assert len(chain) < _CHAIN_MAX, "a decision causes itself"
        decision = decision.cause.antecedent
        chain.append(decision)
    chain.reverse()
    return chain


class _Writer:
    """Explain decisions, each of them once."""

    def __init__(self) -> None:
        self._seen: set[Decision] = set()

    def reason(self, decision: Decision, depth: int) -> list[str]:
        """Return the lines that explain a decision, whether or not it was explained before."""
        cause = decision.cause
        if cause is None or depth > DEPTH_MAX:
            return [str(decision)]
        if cause.antecedent is None:
            self._seen.add(decision)
            return [
                cause.text,
                "but none of the choices are installable:",
                *(self._choices(cause.others, depth) or ["[no choices]"]),
            ]
        chain = _chain(decision)
        lines = [f"{decision} because:", *self._steps(chain)]
        return lines + self._context(chain, depth)

    def _choices(self, decisions: Sequence[Decision], depth: int) -> list[str]:
        """Return one item for each alternative, explained where it comes first."""
        lines: list[str] = []
        for decision in decisions:
            if decision in self._seen:
                lines.append(f"- {decision} as above")
            else:
                lines += _indent("- ", self.reason(decision, depth + 1))
        return lines

    def _steps(self, chain: Sequence[Decision]) -> list[str]:
        """Return the numbered steps of a chain; what was shown before becomes one line."""
        lines: list[str] = []
        number = 0
        width = len(str(len(chain)))  # apt leaves room for steps that it does not show, too
        known: Decision | None = None  # the last of the steps that wait to be summed up

        for decision in chain:
            is_version = decision.cause is not None and decision.cause.is_version
            is_known = decision in self._seen and decision is not chain[-1]
            if known is not None and (is_version or not is_known):
                span = "1" if number == 1 else f"1-{number}"
                lines.append(f"{span}. {known} as above")
                known = None
            if is_version or decision.label == ROOT:
                continue
            number += 1
            if is_known:
                known = decision
            else:
                step = self._step(decision, decision is chain[-1])
                lines += _indent(f"{number:{width}}. ", step)
                self._seen.add(decision)
        return lines

    def _step(self, decision: Decision, is_last: bool) -> list[str]:
        """Return the clause of a step, and what was selected where there was a choice."""
        cause = decision.cause
        if cause is None:
            return [str(decision)]
        if not cause.has_choice:
            return [cause.text]
        if is_last and cause.antecedent is not None:
            return [cause.text, f"[selected {cause.antecedent.label}]"]
        return [cause.text, f"[selected {decision.label} for install]"]

    def _context(self, chain: Sequence[Decision], depth: int) -> list[str]:
        """Return what became of the alternatives that the steps of a chain did not take."""
        lines: list[str] = []
        for decision in chain:
            if decision.cause is not None and decision.cause.others:
                lines.append(f"* In {decision.cause.text}:")
                lines += _indent("  ", self._choices(decision.cause.others, depth))
        if lines:
            lines.insert(0, "For context, additional choices that could not be installed:")
        return lines
