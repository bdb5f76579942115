"""What is wrong, risky or out of date in the files that name sources?

Every rule has an id, a level and a reason (`RULES`); every finding has the place and the remedy.
Downloaded Release files are read where they are there; nothing is fetched.  Whether a suite has
reached its end is told for Debian and Ubuntu only, and only where its codename is known.
"""

from __future__ import annotations

import os
import re
import time
from typing import NamedTuple

from foretell.apt.sources.index_targets import index_targets, target_identifiers
from foretell.apt.sources.one_line import FIELD_NAMES, Entry, read_list
from foretell.apt.sources.release_ends import base_codename
from foretell.apt.sources.sources import (
    FIELDS,
    FILE_BYTES_MAX,
    MULTIVALUE,
    ONE_LINE_ONLY,
    OPTION_FIELDS,
    parse_deb822,
    site,
    source_files,
)
from foretell.apt.sources.sources_state import ALIASES, look_up, suite_codename
from foretell.apt.syntax.configuration import parse_bool, read_bytes
from foretell.apt.syntax.deb822 import parse_document
from foretell.errors import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from foretell.apt.sources.release_ends import Ends
    from foretell.apt.sources.sources import Source
    from foretell.apt.sources.sources_state import Known
    from foretell.apt.syntax.configuration import Configuration
    from foretell.apt.syntax.deb822 import Paragraph

    Signer = Callable[[Source], tuple[str, str]]

__all__ = ["LEVELS", "RULES", "Finding", "lint"]

LEVELS = ("error", "warning", "note")
# Rule -> (level, why it matters).
RULES: dict[str, tuple[str, str]] = {
    "syntax": ("error", "apt reads no source at all while one file is broken"),
    "conflicting-options": (
        "error",
        "apt reads no source at all while two entries of one repository contradict each other",
    ),
    "trusted": ("error", "without a signature whoever answers for the host installs as root"),
    "trusted-local": ("warning", "without a signature whoever can write there installs as root"),
    "allow-insecure": ("error", "a check of apt-secure(8) is switched off"),
    "unsigned": ("error", "nobody can tell who made what is installed from here"),
    "missing-keyring": ("error", "without the keyring apt refuses the source"),
    "unreadable-keyring": ("error", "apt verifies as the user _apt, who cannot read it"),
    "expired": ("error", "the archive is not kept up or the mirror is stale: updates are missing"),
    "end-of-life": ("error", "nobody publishes security updates for this release any more"),
    "long-term-support": (
        "warning",
        "the distribution's security team has stopped; what the long term support covers is less",
    ),
    "made-for-ended-release": (
        "warning",
        "what it is made for gets no security updates, and its packages may not fit a newer one",
    ),
    "http-without-signed-by": (
        "warning",
        "every trusted key may sign for this source, and the answer can be changed on the way",
    ),
    "missing-signed-by": (
        "warning",
        "every trusted key may sign for this source, not only its own",
    ),
    "password-in-uri": ("warning", "every user of the system can read the password"),
    "duplicate": ("warning", "apt warns at every start, and the two may get different options"),
    "mixed-suites": ("warning", "packages of one release may pull in those of another"),
    "ignored-option": ("warning", "apt does not know it here, so it does nothing"),
    "ignored-file": ("warning", "apt overlooks the file without a word"),
    "one-line": ("note", "the form is deprecated, and apt 3.0 offers to replace it"),
    "disabled": ("note", "nothing is fetched from here"),
}
_SWITCHES = ("allow-insecure", "allow-weak", "allow-downgrade-to-insecure")
_LOCAL = ("file:", "copy:", "cdrom:")
_OWN_FIELDS = frozenset(("types", "uris", "suites", "components", "enabled"))
_PASSWORD = re.compile(r"//([^/@:\s]*):[^/\s]+@")
_MODERNIZE = "foretell apt modernize-sources"
_ODD_NAME = "letters, digits, dots, dashes and underscores"


class Finding(NamedTuple):
    """One thing found: where, what, and what to do, as a stanza or a command."""

    rule: str
    path: str
    line: int  # 0 for the whole file
    message: str
    remedy: str

    @property
    def level(self) -> str:
        """How bad it is, one of `LEVELS`."""
        return RULES[self.rule][0]

    @property
    def why(self) -> str:
        """Why it matters."""
        return RULES[self.rule][1]


class _Lint:
    """What is looked at: the sources, the files, and what is known of the archives."""

    def __init__(self, configuration: Configuration, architectures: Sequence[str]) -> None:
        self.configuration = configuration
        self.architectures = architectures
        self.native = configuration.find("APT::Architecture")
        self.sources: list[Source] = []
        self.fields: dict[tuple[str, int], Paragraph] = {}
        self.found: list[Finding] = []
        self.told: set[tuple[str, str, int, str]] = set()
        self.signed: set[tuple[str, str]] = set()  # repositories of which one entry names keys
        self.known: dict[tuple[str, str], Known] = {}

    def add(self, rule: str, place: Source | tuple[str, int], message: str, remedy: str) -> None:
        path, line = place if isinstance(place, tuple) else (place.path, place.line)
        message, remedy = (_PASSWORD.sub(r"//\1:...@", text) for text in (message, remedy))
        if (rule, path, line, message) not in self.told:
            self.told.add((rule, path, line, message))
            self.found.append(Finding(rule, path, line, message, remedy))

    def place(self, source: Source, name: str) -> tuple[str, int]:
        """Return where a source sets a field; the stanza's first line when that is not known."""
        paragraph = self.fields.get((source.path, source.line))
        field = paragraph.field(name.encode()) if paragraph is not None else None
        return source.path, source.line if field is None else field.line


def lint(
    configuration: Configuration,
    *,
    architectures: Sequence[str],
    now: datetime,
    ends: Ends,
    signer: Signer,
) -> list[Finding]:
    """Return all findings, in the order of the files and lines.

    ``now`` has a time zone; ``signer`` says which keyring verifies a downloaded Release file.
    """
    state = _Lint(configuration, architectures)
    for path in source_files(configuration):
        try:
            data = read_bytes(path, FILE_BYTES_MAX)
            if path.endswith(".sources"):
                _read_stanzas(state, data, path)
            else:
                _read_lines(state, data, path)
        except InputError as error:
            remedy = f"mend the line ({error.rule})" if error.rule else "mend the line"
            place = error.path or path, error.line or 0
            state.add("syntax", place, error.message, remedy)
    groups: dict[tuple[str, str], list[Source]] = {}
    for source in state.sources:
        groups.setdefault((source.uri, source.suite), []).append(source)
    for key, group in groups.items():
        state.known[key] = look_up(group, configuration, now=now)
    state.signed = {(it.uri, it.suite) for it in state.sources if "signed-by" in it.options}
    _find_conflicts(state)
    _find_duplicates(state)
    for source in state.sources:
        _find_unknown_options(state, source)
        _find_trust(state, source, signer)
        _find_keyrings(state, source)
        _find_password(state, source)
        _find_state(state, source)
        _find_end(state, source, ends, now)
    _find_mixture(state, ends)
    _find_ignored_files(state)
    order = {path: number for number, path in enumerate(source_files(configuration))}

    def rank(finding: Finding) -> tuple[int, str, int, int]:
        number = order.get(finding.path, len(order))
        return number, finding.path, finding.line, LEVELS.index(finding.level)

    return sorted(state.found, key=rank)


def _read_lines(state: _Lint, data: bytes, path: str) -> None:
    """Take the entries of a file of the one-line form."""
    blocks = read_list(data, path, architecture=state.native)
    entries = [it for it in blocks if isinstance(it, Entry)]
    for entry in entries:
        if entry.is_enabled:
            state.sources.append(entry.source)
        else:
            what = f"{entry.source.uri} {entry.source.suite} is commented out"
            remedy = f"remove the line, or keep it as a stanza with Enabled: no: {_MODERNIZE}"
            state.add("disabled", entry.source, what, remedy)
    enabled = [it for it in entries if it.is_enabled]
    if enabled:
        count = f"{len(enabled)} {'entry has' if len(enabled) == 1 else 'entries have'}"
        message = f"{count} the one-line form"
        state.add("one-line", (path, enabled[0].line), message, _MODERNIZE)


def _read_stanzas(state: _Lint, data: bytes, path: str) -> None:
    """Take the stanzas of a file in deb822 form."""
    state.sources += parse_deb822(data, path, architecture=state.native)
    for paragraph in parse_document(data, path).paragraphs():
        state.fields[path, paragraph.line] = paragraph
        enabled = (paragraph.get(b"Enabled") or b"").decode("utf-8", "replace")
        if not parse_bool(enabled, default=True):
            field = paragraph.field(b"Enabled")
            line = paragraph.line if field is None else field.line
            remedy = "remove the stanza, or enable it: Enabled: yes"
            state.add("disabled", (path, line), "stanza is not enabled", remedy)
            continue
        for field in paragraph.fields():
            name = field.name.decode("utf-8", "replace")
            if not _is_known(name.lower()):
                message = f"{name} is no field that apt knows in a stanza"
                state.add("ignored-option", (path, field.line), message, _spelling(name))


def _is_known(name: str) -> bool:
    plain = name.removesuffix("-add").removesuffix("-remove")
    if plain != name:
        return plain in MULTIVALUE
    return name.startswith("x-") or name in _OWN_FIELDS or name in FIELDS - ONE_LINE_ONLY


def _spelling(name: str) -> str:
    """Return what to do about a name that apt ignores."""
    from difflib import get_close_matches

    one_line = {"arch": "Architectures", "lang": "Languages", "target": "Targets"}
    near = one_line.get(name.lower())
    if near is None:
        names = {**{it: it.title() for it in _OWN_FIELDS}, **FIELD_NAMES}
        found = get_close_matches(name.lower(), names, n=1)
        near = names[found[0]] if found and found[0] != name.lower() else None
    return f"write {near}, or remove it" if near else "remove it"


def _find_unknown_options(state: _Lint, source: Source) -> None:
    switches = target_identifiers(state.configuration)
    for name in source.other:
        if name not in switches:
            message = f"{name} is no option that apt knows in an entry of one line"
            plain = name.lower().rstrip("+-")
            near = {field: option for option, field in OPTION_FIELDS.items()}
            known = plain if plain in OPTION_FIELDS else near.get(plain, "")
            remedy = f"write {known}, or remove it" if known else "remove it"
            state.add("ignored-option", source, message, remedy)


def _find_conflicts(state: _Lint) -> None:
    try:
        index_targets(state.sources, state.configuration, architectures=state.architectures)
    except InputError as error:
        place = error.path or "", error.line or 0
        state.add("conflicting-options", place, error.message, "give both the same options")


def _find_duplicates(state: _Lint) -> None:
    """Find files that two sources name; one finding for each pair of sources."""
    seen: dict[tuple[str, str], Source] = {}
    pairs: dict[tuple[int, int], tuple[Source, Source, list[str]]] = {}
    for source in state.sources:
        for target in index_targets(
            [source], state.configuration, architectures=state.architectures
        ):
            if target.created_by == "Release":
                continue
            first = seen.setdefault((target.uri, target.created_by), source)
            if first is not source:
                pair = pairs.setdefault((id(first), id(source)), (first, source, []))
                pair[2].append(target.uri.removeprefix(target.release))
    for first, source, files in pairs.values():
        what = files[0] if len(files) == 1 else f"{files[0]} and {len(files) - 1} more"
        message = f"{what} of {source.uri} {source.suite}: also in {first.path}:{first.line}"
        remedy = "remove it from one of the two"
        if source.path.endswith(".list") and source.path == first.path:
            remedy += f"; {_MODERNIZE} joins them"
        state.add("duplicate", source, message, remedy)


def _find_trust(state: _Lint, source: Source, signer: Signer) -> None:
    """Find sources of which no signature, or one of any trusted key, is asked for."""
    known = state.known[source.uri, source.suite]
    is_trusted = parse_bool(" ".join(source.options.get("trusted", ())))
    if is_trusted:
        rule = "trusted-local" if source.uri.startswith(_LOCAL) else "trusted"
        message = f"{source.uri} is trusted without a signature"
        state.add(rule, state.place(source, "Trusted"), message, _signed(source, signer))
    for name in _SWITCHES:
        if parse_bool(" ".join(source.options.get(name, ()))):
            message = f"{FIELD_NAMES[name]} is set for {source.uri}"
            remedy = f"remove {FIELD_NAMES[name]}"
            state.add("allow-insecure", state.place(source, FIELD_NAMES[name]), message, remedy)
    if known.path and not known.is_signed:
        message = f"{source.uri} {source.suite} is not signed"
        remedy = "ask whoever runs the archive for a signed one, or remove the source"
        state.add("unsigned", source, message, remedy)
    elif not is_trusted and (source.uri, source.suite) not in state.signed:
        rule = "http-without-signed-by" if _is_plain(source.uri) else "missing-signed-by"
        message = f"{source.uri} has no Signed-By"
        state.add(rule, source, message, _signed(source, signer))


def _is_plain(uri: str) -> bool:
    return uri.partition(":")[0].rpartition("+")[2] in {"http", "ftp", "mirror"}


def _signed(source: Source, signer: Signer) -> str:
    """Return the source as a stanza that names its keyring, or how to get there."""
    keyring, reason = signer(source)
    if not keyring:
        return f"put the archive's key into /etc/apt/keyrings and name it in Signed-By ({reason})"
    if source.path.endswith(".sources"):
        return f"Signed-By: {keyring}"
    lines = [f"Types: {source.type}", f"URIs: {source.uri}", f"Suites: {source.suite}"]
    if source.components:
        lines.append(f"Components: {' '.join(source.components)}")
    for name, title in FIELD_NAMES.items():
        for sign in ("", "-add", "-remove"):
            words = source.options.get(name + sign)
            if words is not None and name not in {"trusted", "signed-by"}:
                lines.append(f"{title}{sign.title()}: {' '.join(words)}".rstrip())
    return "\n".join([*lines, f"Signed-By: {keyring}"])


def _find_keyrings(state: _Lint, source: Source) -> None:
    """Find keyrings that are named and are not there."""
    value = " ".join(source.options.get("signed-by", ()))
    if value.lstrip().startswith("-----BEGIN"):
        return
    for word in value.replace(",", " ").split():
        if not word.startswith("/"):
            continue
        path = os.path.join(state.configuration.root, word.lstrip("/"))
        place = state.place(source, "Signed-By")
        if not os.path.isfile(path):
            message = f"there is no keyring {word}"
            remedy = f"put the archive's key into {word}, or name another keyring"
            state.add("missing-keyring", place, message, remedy)
        elif not os.stat(path).st_mode & 0o004:
            message = f"not everybody may read {word}"
            state.add("unreadable-keyring", place, message, f"chmod a+r {word}")


def _find_password(state: _Lint, source: Source) -> None:
    """Find passwords in files that everybody may read."""
    match = _PASSWORD.search(source.uri)
    if match is None or not os.stat(source.path).st_mode & 0o004:
        return
    host = site(source.uri).rpartition("@")[2]
    message = f"{source.uri} holds a password"
    remedy = (
        f"take it out, and write to /etc/apt/auth.conf.d/{host}.conf, with mode 600:\n"
        f"machine {source.uri.partition(':')[0]}://{host} login {match[1]} password ..."
    )
    state.add("password-in-uri", state.place(source, "URIs"), message, remedy)


def _find_state(state: _Lint, source: Source) -> None:
    """Find Release files that are out of date."""
    known = state.known[source.uri, source.suite]
    if known.expired is not None and known.is_checked:
        until = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(known.expired))
        message = f"{source.uri} {source.suite} was valid until {until}{known.why}"
        if known.option and known.option not in source.options:
            giver = next(
                other
                for other in state.sources
                if (other.uri, other.suite) == (source.uri, source.suite)
                and known.option in other.options
            )
            message += f", which {giver.path}:{giver.line} says"
        remedy = "apt update; if that does not help, name another mirror"
        state.add("expired", source, message, remedy)


def _find_end(state: _Lint, source: Source, ends: Ends, now: datetime) -> None:
    """Find releases without security updates."""
    known = state.known[source.uri, source.suite]
    release = ends.releases.get(base_codename(known.codename))
    if release is None or release.end >= now.date():
        return
    name = f"{release.distribution.title()} {release.version} ({release.codename})"
    message = f"{name} has reached its end on {release.end}"
    if release.last > release.end:
        message += f", its long term support on {release.last}"
    if known.origin and known.origin.partition(" ")[0].lower() != release.distribution:
        rule = "made-for-ended-release"
        message += f"; Origin of {source.uri} is {known.origin}"
    elif release.last >= now.date():
        rule = "long-term-support"
        message = message.replace("its long term support on", "long term support goes on until")
    else:
        rule = "end-of-life"
    if _is_other(source, release.codename):
        message += f"; {source.suite} of {source.uri} is {known.codename} by its Release file"
    remedy = f"upgrade to a newer release (dates: {ends.source})"
    state.add(rule, state.place(source, "Suites"), message, remedy)


def _is_other(source: Source, codename: str) -> bool:
    """Say whether only the Release file, and not the suite's name, says what codename it has."""
    return base_codename(suite_codename(source.suite)) != codename


def _find_mixture(state: _Lint, ends: Ends) -> None:
    """Find packages of a second release of the same archive.

    Backports and what is not installed automatically are meant to stand beside a release; a
    codename and an alias may be the same release.
    """
    first: dict[tuple[str, bool], tuple[str, Source]] = {}
    for source in state.sources:
        known = state.known[source.uri, source.suite]
        alias = source.suite.partition("-")[0].partition("/")[0]
        name = base_codename(known.codename)
        is_alias = not known.codename and alias in ALIASES
        if is_alias:
            name = alias
        elif name not in ends.distributions or name == "experimental":
            continue
        if source.type != "deb" or known.is_not_automatic or "-backports" in source.suite:
            continue
        archive = known.origin or source.uri.partition(":")[2]  # over http or https
        other, place = first.setdefault((archive, is_alias), (name, source))
        if other != name:
            message = f"{name} beside {other}, which {place.path}:{place.line} names"
            for it, told in ((source, name), (place, other)):
                if not is_alias and _is_other(it, told):
                    message += f"; {it.suite} of {it.uri} is {told} by its Release file"
            which = f"a={name}" if is_alias else f"n={known.codename}"
            remedy = (
                "name one release, or say in /etc/apt/preferences.d which one is preferred:\n"
                f"Package: *\nPin: release {which}\nPin-Priority: 100"
            )
            state.add("mixed-suites", state.place(source, "Suites"), message, remedy)


def _find_ignored_files(state: _Lint) -> None:
    """Find files that look like sources and have a name that apt overlooks."""
    folder = state.configuration.find_path("Dir::Etc::sourceparts")
    read = set(source_files(state.configuration))
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return
    for name in names:
        path = os.path.join(folder, name)
        if name.endswith((".list", ".sources")) and path not in read and os.path.isfile(path):
            message = "apt reads no file of this name"
            remedy = f"rename it: {_ODD_NAME} are allowed"
            state.add("ignored-file", (path, 0), message, remedy)
