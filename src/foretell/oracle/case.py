"""What is a recorded question, and how is it put to the real libapt?

A case is a JSON document of the schema ``foretell.apt.case/1`` (docs/reference/schemas): package
lists, status, marks, settings and a request, with the answer that a named oracle gave.  Here it
becomes a *scratch root*: a folder with plain files only, which libapt and foretell both read.
"""

from __future__ import annotations

import json
import os

from foretell.errors import InputError
from foretell.oracle.answer import Answer, Change, Request

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    Document = dict[str, Any]
    Stanza = Mapping[str, str]

__all__ = [
    "SCHEMA",
    "case_request",
    "expected_answer",
    "format_expected",
    "format_stanzas",
    "read_case",
    "write_root",
]

SCHEMA = "foretell.apt.case/1"
CASE_BYTES_MAX = 256 << 20
_SITE = "example.org"


def read_case(path: str) -> Document:
    """Return the document of a case file; raise `InputError` when it is not one."""
    with open(path, "rb") as file:
        data = file.read(CASE_BYTES_MAX + 1)
    if len(data) > CASE_BYTES_MAX:
        raise InputError("file-too-long", f"more than {CASE_BYTES_MAX} bytes", path=path)
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise InputError("bad-json", f"not JSON: {error}", path=path) from None
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise InputError("not-a-case", f"the schema is not {SCHEMA}", path=path)
    missing = {"native", "request", "status", "lists"} - document.keys()
    if missing:
        raise InputError("bad-case", f"it has no {', '.join(sorted(missing))}", path=path)
    return document


def case_request(document: Document) -> Request:
    """Return what is asked; settings are part of the scratch root, not of the request."""
    asked = document["request"]
    verb = asked["verb"]
    if verb == "upgrade" and asked.get("allow-new", True):
        verb = "upgrade-new"
    elif verb == "install" and asked.get("reinstall", False):
        verb = "reinstall"
    return Request(verb, tuple(asked.get("words", ())))


def expected_answer(document: Document) -> Answer:
    """Return the recorded answer."""
    expected = document["expected"]
    if expected["verdict"] != "ok":
        verdict = "failed" if expected["verdict"] == "unsatisfiable" else "unknown"
        return Answer(verdict=verdict)
    return Answer(
        verdict="ok",
        changes=tuple(sorted(map(_read_change, expected.get("changes", ())))),
        marks=tuple(
            sorted(
                (row["package"], row["architecture"], row["automatic"])
                for row in expected.get("marks", ())
            )
        ),
        autoremovable=tuple(
            sorted((row["package"], row["architecture"]) for row in expected["autoremovable"])
        ),
    )


def _read_change(row: Document) -> Change:
    return Change(
        row["package"],
        row["architecture"],
        row["action"],
        row["version"] or "",
        row["from"] or "",
        row["automatic"],
    )


def format_expected(answer: Answer) -> Document:
    """Return an answer as the member ``expected`` of a case."""
    if answer.verdict != "ok":
        return {"verdict": "unsatisfiable"}
    return {
        "verdict": "ok",
        "changes": [
            {
                "package": change.package,
                "architecture": change.architecture,
                "action": change.action,
                "version": change.version or None,
                "from": change.previous or None,
                "automatic": change.automatic,
            }
            for change in answer.changes
        ],
        "marks": [
            {"package": name, "architecture": architecture, "automatic": automatic}
            for name, architecture, automatic in answer.marks
        ],
        "autoremovable": [
            {"package": name, "architecture": architecture}
            for name, architecture in answer.autoremovable
        ],
    }


# -- the scratch root --------------------------------------------------------------------------


def format_stanzas(stanzas: Sequence[Stanza]) -> str:
    """Return stanzas as a control file.

    >>> format_stanzas([{"Package": "a", "Version": "1"}])
    'Package: a\\nVersion: 1\\n\\n'
    """
    return "".join(
        "".join(f"{name}: {value}\n" for name, value in stanza.items()) + "\n" for stanza in stanzas
    )


def write_root(document: Document, folder: str) -> None:
    """Write the plain files of a case below ``folder``, which exists and is empty."""
    for name in ("etc/apt/apt.conf.d", "etc/apt/preferences.d", "etc/apt/sources.list.d"):
        os.makedirs(os.path.join(folder, name))
    sources = []
    for number, entry in enumerate(document["lists"]):
        sources.append(_write_list(folder, number, entry, document["native"]))
    _write(folder, "etc/apt/sources.list", "".join(sources))
    settings = dict(document.get("settings", {}))
    if document.get("target-release"):
        settings["APT::Default-Release"] = document["target-release"]
    _write(folder, "etc/apt/apt.conf", _settings(settings))
    _write(folder, "etc/apt/preferences", format_stanzas(document.get("pins", ())))
    _write(folder, "var/lib/dpkg/status", format_stanzas(document["status"]))
    architectures = [document["native"], *document.get("foreign", ())]
    _write(folder, "var/lib/dpkg/arch", "\n".join(architectures) + "\n")
    marks = [
        {"Package": row["package"], "Architecture": row["architecture"], "Auto-Installed": "1"}
        for row in document.get("automatic", ())
    ]
    _write(folder, "var/lib/apt/extended_states", format_stanzas(marks))


def _write_list(folder: str, number: int, entry: Document, native: str) -> str:
    """Write one package list and its Release file; return its line of sources.list."""
    release = entry.get("release", {})
    site = release.get("site") or _SITE
    suite = release.get("archive") or release.get("codename") or "stable"
    component = release.get("component") or "main"
    base = f"var/lib/apt/lists/{site}_list{number}_dists_{suite.replace('/', '_')}"
    architecture = release.get("architecture") or native
    name = f"{base}_{component}_binary-{architecture}_Packages"
    # apt-get, which fetches, wants to know from where.
    stanzas = [{**stanza, "Filename": "pool/none.deb"} for stanza in entry["stanzas"]]
    _write(folder, name, format_stanzas(stanzas))
    fields = {
        "Origin": release.get("origin", ""),
        "Label": release.get("label", ""),
        "Suite": release.get("archive", suite),
        "Version": release.get("version", ""),
        "Codename": release.get("codename", ""),
        "NotAutomatic": "yes" if release.get("not-automatic") else "",
        "ButAutomaticUpgrades": "yes" if release.get("but-automatic-upgrades") else "",
        "Date": "Thu, 01 Jan 2026 00:00:00 UTC",
        "Architectures": architecture,
        "Components": component,
    }
    kept = {field: value for field, value in fields.items() if value}
    _write(folder, f"{base}_Release", format_stanzas([kept]))
    option = "" if architecture == native else f" arch={architecture}"
    return f"deb [trusted=yes{option}] http://{site}/list{number} {suite} {component}\n"


def _settings(settings: Mapping[str, str | Sequence[str]]) -> str:
    """Return settings as apt.conf(5) text."""
    lines = []
    for name, value in settings.items():
        values = [value] if isinstance(value, str) else value
        if any('"' in text or "\n" in text for text in [name, *values]):
            raise InputError("bad-setting", f"{name} has a quote or a newline")
        suffix = "" if isinstance(value, str) else "::"
        lines += [f'{name}{suffix} "{text}";\n' for text in values]
    return "".join(lines)


def _write(folder: str, name: str, text: str) -> None:
    path = os.path.join(folder, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8", errors="surrogateescape") as file:
        file.write(text)
