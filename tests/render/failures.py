"""Which decisions does solver3 take in small worlds that cannot work?

Each case is a world, a request and the two contradicting decisions, built by hand.  The unit
tests render them; the oracle test asks the real apt the same.
"""

from __future__ import annotations

from foretell.render.apt_failure import (
    Cause,
    Decision,
    dependency_text,
    selection_text,
    siblings_text,
    state_text,
    version_text,
)

SELECTED = "is selected for install"
UPGRADE = "is selected as an upgrade"
EXCLUDED = "is not selected for install"
REMOVED = "is selected for removal"


def label(name):
    """Return the label of a package "a" or of its version "a=1"."""
    package, equals, version = name.partition("=")
    return f"{package}:amd64{equals}{version}"


def root(name, state=SELECTED):
    return Decision(label(name), state)


def implied(version):
    """Return the decision for the package that a decided version implies."""
    package = version.label.split("=")[0]
    cause = Cause(version_text(version.label, package), version, is_version=True)
    return Decision(package, SELECTED, cause)


def asked(name):
    """Return a requested version and the package that it implies."""
    version = root(name)
    return version, implied(version)


def selected(name, owner, text, *, others=(), state=SELECTED):
    """Return a decision for what ``owner`` needs."""
    cause = Cause(
        dependency_text(owner.label, "Depends", text.split(" | ")),
        owner,
        others=others,
        has_choice=bool(others),
    )
    return Decision(label(name), state, cause)


def available(name, package, *versions):
    cause = Cause(selection_text(package.label, versions), package)
    return Decision(label(name), SELECTED, cause)


def conflicting(name, by, owner, target, *, has_choice=False, state=EXCLUDED, kind="Conflicts"):
    """Return the exclusion of ``name``, because ``by`` was selected and ``owner`` conflicts."""
    text = dependency_text(label(owner), kind, [target])
    return Decision(label(name), state, Cause(text, by, has_choice=has_choice))


def exhausted(name, text, *others):
    """Return the exclusion of ``name``, because no alternative of its clause is left."""
    return Decision(label(name), EXCLUDED, Cause(text, None, others=others))


def depends(name, *targets):
    return dependency_text(label(name), "Depends", targets)


def only(name, *others):
    """Return the exclusion of a package with one version."""
    return exhausted(name, selection_text(label(name), ["1"]), *others)


def pair():
    _, package = asked("a=1")
    other, _ = asked("b=1")
    return package, conflicting("a", other, "a", "b")


def missing():
    _, package = asked("a=1")
    return package, exhausted("a", depends("a", "nosuch", "other (>= 2)"))


def removed():
    keeper = root("a")
    return root("b", REMOVED), selected("b", keeper, "b")


def held():
    _, package = asked("a=1")
    holder = root("h=1")
    excluded = Decision(label("h=2"), EXCLUDED, Cause(siblings_text(label("h=1")), holder))
    return excluded, selected("h=2", package, "h (>= 2)", state=UPGRADE)


def backtracked():
    _, package = asked("a=1")
    middle = selected("m", package, "m")
    choice = selected("c", middle, "b | c", others=[root("b", EXCLUDED)])
    last = selected("e", choice, "d | e", others=[root("d", EXCLUDED)])
    return last, exhausted("e", depends("e", "nosuch4"))


def alternatives():
    _, package = asked("a=1")
    other, _ = asked("d=1")
    shared = only("y", conflicting("y=1", other, "d", "y"))
    b = exhausted("b", depends("b", "y", "y2"), shared, conflicting("y2", other, "y2", "d"))
    c = exhausted("c", depends("c", "y"), shared)
    return package, exhausted("a", depends("a", "b", "c"), b, c)


def provider():
    _, package = asked("a=1")
    other, _ = asked("d=1")
    first, second = (
        exhausted(f"{name}=1", f"{label(name)}=1 ->  | {label(name)}", excluded)
        for name in ("p1", "p2")
        for excluded in [conflicting(name, other, name, "d")]
    )
    return package, exhausted("a", depends("a", "v"), first, second)


def provider_chain():
    """Return a chain with a choice and a provider, repeated twice."""
    _, package = asked("a=1")
    old = root("p1=1", EXCLUDED)
    new_version = selected("p1=2", package, "v", others=[old])
    middle = selected("x", implied(new_version), "x")
    by_version = selected("y", new_version, "y")
    _, z_package = asked("z=1")
    alternatives_of_z = (
        only("d", conflicting("d=1", middle, "x", "d")),
        only("e", conflicting("e=1", middle, "x", "e")),
        only("e2", conflicting("e2=1", by_version, "y", "e2")),
    )
    return z_package, exhausted("z", depends("z", "d", "e", "e2"), *alternatives_of_z)


def upgrade_chain():
    wanted = root("a=2", UPGRADE)
    middle = selected("m=2", wanted, "m (>= 2)", state=UPGRADE)
    _, package = asked("b=1")
    excluded = [only(name, conflicting(f"{name}=1", middle, "m=2", name)) for name in ("y", "y3")]
    return package, exhausted("b", depends("b", "y", "y3"), *excluded)


def virtual():
    _, package = asked("a=1")
    other, _ = asked("p=1")
    return package, conflicting("a", other, "a", "v", has_choice=True)


def context():
    _, package = asked("a=1")
    other, _ = asked("b=1")
    blocked = conflicting("x0", other, "x0", "b")
    choice = selected("x", package, "x0 | x", others=[blocked])
    last = selected("n", selected("m", choice, "m"), "n")
    excluded = [only(name, conflicting(f"{name}=1", last, "n", name)) for name in ("y", "y3")]
    return implied(other), exhausted("b", depends("b", "y", "y3"), *excluded)


def own_conflict():
    _, package = asked("a=1")
    last = selected("x", selected("m", package, "m"), "x")
    excluded = [only(name, conflicting(f"{name}=1", last, "x", name)) for name in "pq"]
    return last, exhausted("x", depends("x", "p", "q"), *excluded)


def several_versions():
    _, package = asked("a=1")
    other, _ = asked("d=1")
    last = selected("b", package, "b")
    text = selection_text(label("b"), ["2", "1"])
    first = conflicting("b=2", other, "b=2", "d (>= 1)")
    return last, exhausted("b", text, first, root("b=1", EXCLUDED))


def installed_removed():
    _, package = asked("b=1")
    other, _ = asked("a=1")
    state = state_text(is_selected=False, is_installed=True)
    return package, exhausted(
        "b", depends("b", "d"), conflicting("d", other, "d", "a", state=state)
    )


# What is available, installed and automatic; the request; the decisions.
CASES = {
    "pair": ("a 1; Conflicts: b\nb 1", "", "", "a b", pair),
    "missing": ("a 1; Depends: nosuch | other (>= 2)", "", "", "a", missing),
    "removed": ("a 1; Depends: b\nb 1", "a 1; Depends: b\nb 1", "", "b-", removed),
    "held": (
        "a 1; Depends: h (>= 2)\nh 2",
        "h 1; Status: hold ok installed",
        "",
        "a",
        held,
    ),
    "backtracked": (
        (
            "a 1; Depends: m\nm 1; Depends: b | c\nb 1; Depends: nosuch\nc 1; Depends: d | e\n"
            "d 1; Depends: d2\nd2 1; Depends: nosuch3\ne 1; Depends: nosuch4"
        ),
        "",
        "",
        "a",
        backtracked,
    ),
    "alternatives": (
        (
            "a 1; Depends: b | c\nb 1; Depends: y | y2\nc 1; Depends: y\ny 1\ny2 1; Conflicts: d\n"
            "d 1; Conflicts: y"
        ),
        "",
        "",
        "a d",
        alternatives,
    ),
    "provider": (
        "a 1; Depends: v\np1 1; Provides: v; Conflicts: d\np2 1; Provides: v; Conflicts: d\nd 1",
        "",
        "",
        "a d",
        provider,
    ),
    "provider-chain": (
        (
            "a 1; Depends: v\np1 2; Provides: v; Depends: x, y\np1 1; Provides: v; Depends: x\n"
            "x 1; Conflicts: d, e\ny 1; Conflicts: e2\nz 1; Depends: d | e | e2\nd 1\ne 1\ne2 1"
        ),
        "",
        "",
        "a z",
        provider_chain,
    ),
    "upgrade-chain": (
        "a 2; Depends: m (>= 2)\nm 2; Conflicts: y, y3\nb 1; Depends: y | y3\ny 1\ny3 1",
        "a 1\nm 1",
        "",
        "a b",
        upgrade_chain,
    ),
    "virtual": (
        "a 1; Conflicts: v\np 1; Provides: v\nq 1; Provides: v\np 2; Provides: v",
        "",
        "",
        "a p=1",
        virtual,
    ),
    "context": (
        (
            "a 1; Depends: x0 | x\nx0 1; Conflicts: b\nx 1; Depends: m\nm 1; Depends: n\n"
            "n 1; Conflicts: y, y3\nb 1; Depends: y | y3\ny 1\ny3 1"
        ),
        "",
        "",
        "a b",
        context,
    ),
    "own-conflict": (
        "a 1; Depends: m\nm 1; Depends: x\nx 1; Depends: p | q; Conflicts: p, q\np 1\nq 1",
        "",
        "",
        "a",
        own_conflict,
    ),
    "several-versions": (
        "a 1; Depends: b\nb 1; Conflicts: d\nb 2; Conflicts: d (>= 1)\nd 1",
        "",
        "",
        "a d",
        several_versions,
    ),
    "installed-removed": (
        "a 1\nb 1; Depends: d\nd 2; Conflicts: a",
        "d 1; Conflicts: a",
        "d",
        "a b",
        installed_removed,
    ),
}
