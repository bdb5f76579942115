"""What happens to the lists of each suite when they are brought up to date?

`Update` makes one task for each suite: fetch its Release file, verify who signed it, check what it
says, fetch the index files that changed, and put all of it in place at once.  Whatever fails, the
old lists of that suite stay as they are, and the other suites go on.
Sources: apt-secure(8), apt.conf(5), sources.list(5), experiments with apt 3.0.
"""

from __future__ import annotations

import os
from functools import partial

from foretell.apt.acquire.copying import unpack
from foretell.apt.acquire.fetch import SCHEMES, Download, Fetched, Loop, Work, unsupported
from foretell.apt.acquire.fetch_settings import FetchSettings
from foretell.apt.acquire.trust import verify_release
from foretell.apt.sources.release import FILE_BYTES_MAX, parse_release, unwrap
from foretell.apt.sources.release_checks import (
    check_changes,
    check_dates,
    check_hashes,
    is_older,
    name_warning,
)
from foretell.apt.sources.sources import LIST_EXTENSIONS, list_file_name
from foretell.apt.sources.targets import (
    KINDS,
    group_suites,
    languages,
    plain_uri,
    plan_target,
    targets_of,
    uses_by_hash,
)
from foretell.errors import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence
    from typing import Any

    from foretell.apt.acquire.lists_folder import ListsFolder
    from foretell.apt.acquire.trust import Verifier
    from foretell.apt.sources.release import Release
    from foretell.apt.sources.sources import Source
    from foretell.apt.sources.targets import Candidate, Suite, Target
    from foretell.apt.syntax.configuration import Configuration

    Step = Generator[Sequence[Download | Work], list[Any], Any]
    Report = Callable[[str, str, int], object]

__all__ = ["Outcome", "Update"]

SIGNATURE_BYTES_MAX = 1 << 20
# A Packages file without a Release file that knows its size (only if the source is trusted).
UNKNOWN_BYTES_MAX = 1 << 30


class Outcome:
    """What became of a suite.

    ``status`` is ``updated``, ``unchanged``, ``kept`` (what the mirror has is older) or
    ``failed``; then ``error`` says why.  ``received`` counts bytes that came over the network.
    """

    __slots__ = ("error", "files", "received", "signers", "status", "suite", "warnings")

    def __init__(self, suite: Suite) -> None:
        self.suite = suite
        self.status = "failed"
        self.error: InputError | None = None
        self.warnings: list[str] = []
        self.signers: list[str] = []
        self.files: list[str] = []
        self.received = 0


class _Found:
    """A Release file: its bytes, its text, how it was signed, and its file among the lists."""

    __slots__ = ("is_hit", "names", "release", "signed", "text")

    def __init__(self, text: bytes, *, signed: bool, names: dict[str, str], is_hit: bool) -> None:
        self.text = text
        self.signed = signed
        self.names = names
        self.is_hit = is_hit
        self.release: Release | None = None


class Update:
    """One run over all sources.

    ``report`` hears (``Hit``, ``Get``, ``Ign`` or ``Err``, what, bytes) of each file.
    """

    def __init__(
        self,
        sources: Sequence[Source],
        configuration: Configuration,
        folder: ListsFolder,
        verifier: Verifier,
        *,
        architectures: Sequence[str],
        environment: Mapping[str, str],
        now: float,
        report: Report,
    ) -> None:
        self.configuration = configuration
        self.folder = folder
        self.verifier = verifier
        self.architectures = list(architectures)
        self.languages = languages(configuration, environment)
        self.now = now
        self.report = report
        self.settings = FetchSettings(configuration, environment)
        self.suites = group_suites(sources)
        self.prefixes = [_prefix(suite) for suite in self.suites]
        self.wanted_partial: set[str] = set()

    def run(self, watch: Callable[[str, Download], object] | None = None) -> list[Outcome]:
        """Bring all suites up to date and return what became of each; the folder is locked."""
        tasks = [_SuiteTask(self, suite) for suite in self.suites]
        Loop(self.settings, watch).run([task.run() for task in tasks])
        self._clean()
        return [task.outcome for task in tasks]

    def own_names(self, suite: Suite) -> list[str]:
        """Return the lists that are there of a suite, and of no other one."""
        prefix = _prefix(suite)
        longer = tuple(it for it in self.prefixes if it != prefix and it.startswith(prefix))
        return [
            name
            for name in self.folder.names()
            if name.startswith(prefix) and not (longer and name.startswith(longer))
        ]

    def _clean(self) -> None:
        """Remove the lists of suites that no source names any more, and old pieces."""
        if self.configuration.find_bool("APT::Get::List-Cleanup", True):
            prefixes = tuple(self.prefixes)
            gone = [
                name
                for name in self.folder.names()
                if not prefixes or not name.startswith(prefixes)
            ]
            self.folder.replace({}, gone)
        for entry in os.scandir(self.folder.partial):
            if entry.is_file(follow_symlinks=False) and entry.path not in self.wanted_partial:
                os.unlink(entry.path)


def _prefix(suite: Suite) -> str:
    return list_file_name(suite.uri, suite.suite, "", "").removesuffix("InRelease")


class _SuiteTask:
    """The steps of one suite."""

    def __init__(self, update: Update, suite: Suite) -> None:
        self.update = update
        self.suite = suite
        self.outcome = Outcome(suite)
        self.prefix = _prefix(suite)
        self.is_trusted = suite.option("trusted").lower() in {
            "yes",
            "true",
            "with",
            "on",
            "enable",
            "1",
        }
        self.folder = update.folder
        self.configuration = update.configuration

    def run(self) -> Step:
        """Bring the suite up to date; the outcome says how that went."""
        outcome = self.outcome
        try:
            yield from self._run()
        except InputError as error:
            outcome.error = error
        except OSError as error:
            outcome.error = InputError(
                "system-call",
                f"the system refused: {error.strerror}",
                path=os.fsdecode(error.filename) if error.filename else self.folder.path,
            )
        if outcome.error is not None:
            outcome.status = "failed"
            self.update.report("Err", f"{self.suite.title}: {outcome.error.message}", 0)

    def _run(self) -> Step:
        if self.suite.uri.partition(":")[0] not in SCHEMES:
            raise unsupported(self.suite.uri)
        old = self._read_old()
        found = yield from self._fetch_release(old)
        if found is None:
            yield from self._fetch_unlisted()
            return
        release = found.release = parse_release(found.text, self._uri("Release"))
        check_hashes(release, self._uri("Release"))
        self._check(release, old)
        if old is not None and old.release is not None and is_older(release, old.release):
            self.outcome.status = "kept"
            self.outcome.warnings.append(
                f"mirror has an older Release file: of {release.date or 'no Date'}, here is one of "
                f"{old.release.date}, which is kept"
            )
            self._discard(found)
            return
        yield from self._fetch_indexes(found, old)

    # -- the Release file ----------------------------------------------------------------------

    def _uri(self, name: str) -> str:
        return self.suite.base + name

    def staged(self, name: str, *, goes_on: bool = False) -> str:
        """Return where a new list is kept until all of its suite are here.

        One that ``goes_on`` stays when the suite fails: the next update takes the rest of it.
        """
        path = os.path.join(self.folder.partial, name)
        if goes_on:
            self.update.wanted_partial.add(path)
        return path

    def _read_old(self) -> _Found | None:
        """Return the Release file that is there."""
        names = {name: self.folder.file(self.prefix + name) for name in ("InRelease", "Release")}
        for name, path in names.items():
            try:
                with open(path, "rb") as file:
                    data = file.read(FILE_BYTES_MAX)
                text, signed = unwrap(data, path)
                signature = self.folder.file(self.prefix + "Release.gpg")
                found = _Found(
                    text,
                    signed=signed or (name == "Release" and os.path.exists(signature)),
                    names={self.prefix + name: path},
                    is_hit=True,
                )
                if name == "Release" and os.path.exists(signature):
                    found.names[self.prefix + "Release.gpg"] = signature
                found.release = parse_release(text, path)
            except (OSError, InputError):
                continue
            return found
        return None

    def _fetch_release(self, old: _Found | None) -> Step:
        """Return the verified Release file; None when there is none and none is needed."""
        name = self.prefix + "InRelease"
        current = self.folder.file(name)
        has_old = old is not None and name in old.names
        download = Download(
            self._uri("InRelease"),
            self.staged(name),
            title=f"{self.suite.title} InRelease",
            size_max=FILE_BYTES_MAX,
            since=os.stat(current).st_mtime if has_old else None,
        )
        [result] = yield [download]
        if isinstance(result, InputError):
            if result.code != "not-found":
                raise result
            self.update.report("Ign", download.title, 0)
            return (yield from self._fetch_detached(old))
        path = current if result.is_unchanged else download.path
        self._count(result, download.title)
        data = _read(path)
        if has_old and not result.is_unchanged and data == _read(current):
            os.unlink(path)  # the mirror knows no dates
            path, result.is_unchanged = current, True
        names = {name: path}
        try:
            text = self._verify(data, None, self._uri("InRelease"))
        except InputError as error:
            if not self.is_trusted:
                raise
            self.outcome.warnings.append(f"not verified, but trusted: {error.message}")
            if error.code == "bad-clearsigned":
                return (yield from self._fetch_detached(old))
            text, _ = unwrap(data, path)
            # apt keeps what is not verified under the name of the unsigned file
            names = {self.prefix + "Release": path}
        return _Found(text, signed=True, names=names, is_hit=result.is_unchanged)

    def _fetch_detached(self, old: _Found | None) -> Step:
        """Fetch Release and Release.gpg."""
        name = self.prefix + "Release"
        names = {part: self.prefix + part for part in ("Release", "Release.gpg")}
        since = os.stat(self.folder.file(name)).st_mtime if old and name in old.names else None
        wanted = [
            Download(
                self._uri(part),
                self.staged(names[part]),
                title=f"{self.suite.title} {part}",
                size_max=FILE_BYTES_MAX if part == "Release" else SIGNATURE_BYTES_MAX,
                since=since if part == "Release" else None,
            )
            for part in names
        ]
        release, signature = yield wanted
        if isinstance(release, InputError):
            if release.code != "not-found":
                raise release
            return self._without_release()
        path = self.folder.file(name) if release.is_unchanged else wanted[0].path
        self._count(release, wanted[0].title)
        data = _read(path)
        if isinstance(signature, InputError):
            if signature.code != "not-found":
                raise signature
            self.update.report("Ign", wanted[1].title, 0)
            self._allow_unsigned(old)
            text, _ = unwrap(data, path)
            return _Found(text, signed=False, names={name: path}, is_hit=release.is_unchanged)
        self._count(signature, wanted[1].title)
        files = {name: path, names["Release.gpg"]: wanted[1].path}
        try:
            self._verify(data, _read(wanted[1].path), self._uri("Release.gpg"))
        except InputError as error:
            if not self.is_trusted:
                raise
            self.outcome.warnings.append(f"not verified, but trusted: {error.message}")
            del files[names["Release.gpg"]]
        return _Found(data, signed=True, names=files, is_hit=release.is_unchanged)

    def _verify(self, data: bytes, signature: bytes | None, uri: str) -> bytes:
        """Return the verified text; raises `InputError`."""
        old = self._read_old()
        signed_by = self.suite.option("signed-by")
        if not signed_by and old is not None and old.release is not None and old.signed:
            signed_by = old.release.signed_by
        found = verify_release(
            data,
            signature,
            path=plain_uri(uri),
            signed_by=signed_by,
            configuration=self.configuration,
            verifier=self.update.verifier,
            now=self.update.now,
        )
        self.outcome.signers = found.signers
        self.outcome.warnings += found.warnings
        return found.text

    def _without_release(self) -> None:
        if self.is_trusted:
            return
        raise InputError(
            "no-release",
            "archive has no Release file",
            path=plain_uri(self.suite.base),
            rule="only archives with a signed Release file are used (apt-secure(8))",
            hint="are URI and suite spelt right? A local archive can be trusted: Trusted: yes",
        )

    def _allow_unsigned(self, old: _Found | None) -> None:
        """Raise `InputError` unless the suite may do without a signature."""
        if self.is_trusted:
            return
        find = self.configuration.find_bool
        is_downgrade = old is not None and old.signed
        kind = "DowngradeToInsecure" if is_downgrade else "Insecure"
        setting = f"Acquire::Allow{kind}Repositories"
        if not find(setting, False):
            raise InputError(
                "not-signed",
                "Release file is not signed" + " any more" * is_downgrade,
                path=plain_uri(self._uri("Release")),
                rule="only archives with a signed Release file are used (apt-secure(8))",
                hint="ask the archive's owner to sign it; a local one can be trusted: Trusted: yes",
            )
        self.outcome.warnings.append(f"Release file is not signed, which {setting} allows")

    def _check(self, release: Release, old: _Found | None) -> None:
        """Check what the Release file says of itself."""
        path = plain_uri(self._uri("Release"))
        warnings = self.outcome.warnings
        merged = self._merged_options()
        warnings += check_dates(release, merged, self.configuration, path=path, now=self.update.now)
        if old is not None and old.release is not None:
            check_changes(release, old.release, self.configuration, path=path)
        warning = name_warning(release, self.suite.suite)
        if warning:
            warnings.append(warning)

    def _merged_options(self) -> Source:
        """Return a source of the suite that has the options of all."""
        first = self.suite.sources[0]
        for source in self.suite.sources[1:]:
            for field, words in source.options.items():
                first.options.setdefault(field, words)
        return first

    def _count(self, result: Fetched, title: str) -> None:
        self.outcome.received += result.received
        self.update.report("Hit" if result.is_unchanged else "Get", title, result.received)

    def _discard(self, found: _Found) -> None:
        """Remove a Release file that is not wanted."""
        for path in found.names.values():
            if os.path.dirname(path) == self.folder.partial:
                os.unlink(path)

    # -- the index files -----------------------------------------------------------------------

    def _fetch_indexes(self, found: _Found, old: _Found | None) -> Step:
        """Fetch what changed, and put it in place with the Release file."""
        assert found.release is not None
        release = found.release
        new = dict(found.names)
        kept: list[str] = []
        pending: list[_Index] = []
        for target in targets_of(self.suite, self.update.architectures, self.update.languages):
            candidates, reason = plan_target(target, release, self.configuration)
            if reason:
                self.outcome.warnings.append(f"archive {reason}")
            if not candidates:
                continue
            current = self._current(target, release, old)
            if current:
                kept.append(current)
                continue
            pending.append(_Index(self, target, candidates, release))
        while pending:
            results = yield [index.download() for index in pending]
            again = []
            for index, result in zip(pending, results, strict=True):
                if isinstance(result, InputError):
                    if not index.go_on(result):
                        raise result
                    again.append(index)
                else:
                    new[index.target.list_name + index.kept_extension] = result
                    self.outcome.received += index.received
                    self.update.report("Get", index.title, index.received)
            pending = again
        self._commit(new, kept, is_hit=found.is_hit)

    def _current(self, target: Target, release: Release, old: _Found | None) -> str:
        """Return the name of the list that is there already, "" if it has to be fetched."""
        if old is None or old.release is None:
            return ""
        for algorithm in ("sha512", "sha256"):
            entry = release.hashes(algorithm).get(target.key)
            if entry is None:
                continue
            if old.release.hashes(algorithm).get(target.key) != entry:
                return ""
            for extension in LIST_EXTENSIONS:
                path = self.folder.file(target.list_name + extension)
                if os.path.isfile(path) and (extension or os.stat(path).st_size == entry[0]):
                    return target.list_name + extension
            return ""
        return ""

    def _fetch_unlisted(self) -> Step:
        """Fetch the index files of a trusted archive that has no Release file."""
        new: dict[str, str] = {}
        for target in targets_of(self.suite, self.update.architectures, self.update.languages):
            if target.kind == "Translations" or target.architecture == "all":
                continue
            error: InputError | None = None
            for extension in (".xz", ".gz", ""):
                title = f"{self.suite.title} {target.key}{extension}"
                path = self.staged(target.list_name + extension)
                download = Download(
                    self._uri(target.key + extension), path, title=title, size_max=UNKNOWN_BYTES_MAX
                )
                [result] = yield [download]
                if isinstance(result, Fetched):
                    self._count(result, title)
                    uri, goal = plain_uri(download.uri), self.staged(f"{target.list_name}.new")
                    [result] = yield [Work(partial(unpack, path, goal, None, None, uri))]
                if not isinstance(result, InputError):
                    new[target.list_name] = result
                    error = None
                    break
                error = result
                if result.code != "not-found":
                    break
            if error is not None:
                raise error
        self.outcome.warnings.append("archive has no Release file: nothing is verified")
        self._commit(new, [], is_hit=False)

    def _commit(self, new: dict[str, str], kept: list[str], *, is_hit: bool) -> None:
        """Put the new lists of the suite in place and drop what it has no more."""
        for path in new.values():
            if os.path.dirname(path) == self.folder.partial:
                os.chmod(path, 0o644)
        names = {*new, *kept}
        gone = [name for name in self.update.own_names(self.suite) if name not in names]
        is_new = any(path != self.folder.file(name) for name, path in new.items())
        self.folder.replace(new, [] if is_hit and not is_new else gone)
        self.outcome.files = sorted(names)
        self.outcome.status = "updated" if is_new or not is_hit else "unchanged"


class _Index:
    """One index file on its way: which of its forms and places is tried now."""

    def __init__(
        self, task: _SuiteTask, target: Target, candidates: list[Candidate], release: Release
    ) -> None:
        self.target = target
        self.received = 0
        self._task = task
        self._tries: list[tuple[str, Candidate]] = []
        by_hash = uses_by_hash(task.suite, release, task.configuration)
        base = task.suite.base
        for candidate in candidates:
            if by_hash:
                algorithm, digest = candidate.digest
                folder = candidate.name.rpartition("/")[0]
                place = f"{folder}/" if folder else ""
                self._tries.append(
                    (f"{base}{place}by-hash/{algorithm.upper()}/{digest}", candidate)
                )
            self._tries.append((base + candidate.name, candidate))
        self._plain = next(
            (size, (name, digest))
            for name in ("sha512", "sha256")
            for size, digest in [release.hashes(name).get(target.key, (0, ""))]
            if digest
        )
        self._keeps = task.configuration.find_bool("Acquire::GzipIndexes", False)

    @property
    def title(self) -> str:
        """What is fetched, as apt says it."""
        target = self.target
        name = target.key.rpartition("/")[2]
        words = (target.component, target.architecture if target.kind == "Packages" else "", name)
        suite = self._task.suite
        place = "/".join(word for word in (suite.suite, words[0]) if word)
        return " ".join(word for word in (plain_uri(suite.uri), place, words[1], words[2]) if word)

    @property
    def kept_extension(self) -> str:
        """The extension under which the list is kept."""
        return self._tries[0][1].extension if self._keeps else ""

    def download(self) -> Download:
        """Return the next try; its result is the path of the checked, unpacked file."""
        uri, candidate = self._tries[0]
        name = f"{self.target.list_name}.{candidate.digest[1][:16]}{candidate.extension}"
        path = self._task.staged(name, goes_on=True)
        return Download(
            uri,
            path,
            title=self.title,
            size=candidate.size,
            digest=candidate.digest,
            then=lambda fetched: self._arrived(fetched, path, uri, candidate),
        )

    def _arrived(self, fetched: Fetched, path: str, uri: str, candidate: Candidate) -> str:
        self.received = fetched.received
        if not candidate.extension or self._keeps:
            return path
        size, digest = self._plain
        return unpack(path, path.removesuffix(candidate.extension) + ".new", size, digest, uri)

    def go_on(self, error: InputError) -> bool:
        """Say whether there is another try after this error."""
        del self._tries[0]
        return error.code == "not-found" and bool(self._tries)


def _read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read(FILE_BYTES_MAX + 1)


assert set(KINDS.values()) == set(LIST_EXTENSIONS)
