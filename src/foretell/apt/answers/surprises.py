"""What in this plan would an administrator not expect, and by which fact?

Each kind has a weight; the heavier ones come first, then what is larger, then by name.  A surprise
is a `Reason` whose evidence are the stanzas that it rests on: with these and the plan alone it can
be found again.  What the request names is no surprise, unless the system may not start without it.
"""

from __future__ import annotations

import re

from foretell.apt.model import (
    DEPENDS,
    ESSENTIAL,
    IMPORTANT,
    PRE_DEPENDS,
    PRIORITIES,
    PRIORITY_MASK,
    PRIORITY_SHIFT,
    PROVIDES,
    RECOMMENDS,
    RELATION_FIELDS,
)
from foretell.apt.system.kernels import image_release
from foretell.model.evidence import Evidence
from foretell.model.reason import Reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from foretell.apt.answers.predict import Answer, Change
    from foretell.apt.system.policy import PackageFile
    from foretell.model.value import Field

    # Kind, what orders those of a kind (the largest first), fields, evidence.
    _Surprise = tuple[str, int, dict[str, Field], list[Evidence]]

__all__ = ["WEIGHTS", "find_surprises"]

# Kind -> weight; docs/concepts/surprises.md says why in this order.
WEIGHTS = {
    "essential-removed": 100,
    "kernel-removed": 95,
    "boot-loader-removed": 90,
    "downgraded": 85,
    "desktop-removed": 80,
    "important-removed": 75,
    "metapackage-removed": 70,
    "manual-removed": 65,
    "essential-added": 60,
    "provider-switched": 50,
    "other-suite": 40,
    "configuration-purged": 30,
    "large-download": 20,
    "large-installation": 15,
}
LARGE_DOWNLOAD_BYTES = 100_000_000
LARGE_DISK_BYTES = 500_000_000
LARGE_SHARE_PERCENT = 30
CONFFILES_MIN = 5
MEMBERS_MAX = 8  # packages that are named of many
HOME_PACKAGE = b"dpkg"  # the suite that it comes from is the system's own
_BOOT_LOADERS = re.compile(
    r"grub-(?:pc|efi-[a-z0-9]+|ieee1275|coreboot|xen)|systemd-boot|lilo|extlinux|refind|elilo"
)
_DESKTOP = re.compile(r"task-(?:.*-)?desktop")
_META_SECTIONS = frozenset((b"metapackages", b"tasks"))
_IMPORTANT_PRIORITIES = (b"required", b"important", b"standard")
_NEEDING = (PRE_DEPENDS, DEPENDS, RECOMMENDS)
# Flag -> the fields that give it: of deb-control(5), and Important, which apt reads alike.
_VITAL = ((ESSENTIAL, ("Essential",)), (IMPORTANT, ("Protected", "Important")))


def find_surprises(answer: Answer) -> list[Reason]:
    """Return the surprises of a plan that works, the greatest first; empty for another answer."""
    if answer.state is None or answer.planned is None or answer.verdict != "ok":
        return []
    return _Finder(answer).find()


class _Finder:
    """Looks through one plan."""

    def __init__(self, answer: Answer) -> None:
        assert answer.state is not None
        assert answer.planned is not None
        self.answer = answer
        self.world = answer.world
        self.state = answer.state
        self.universe = answer.state.universe
        self.final = answer.planned.versions
        self.named = {*answer.state.protected, *answer.state.mode}
        self.going = [change for change in answer.changes if change.new < 0 <= change.old]
        self.coming = [change for change in answer.changes if change.new >= 0]
        self._targets: dict[int, list[Change]] = {}
        self._lines: dict[tuple[bytes, bytes], int] | None = None

    def find(self) -> list[Reason]:
        found: list[tuple[tuple[int, int, str], Reason]] = []
        switches = list(self._switches())
        switched = {str(fields["package"]) for _, _, fields, _ in switches}
        removals = list(map(self._removal, self.going))
        untold = [it for it, told in zip(self.going, removals, strict=True) if told is None]
        told = (
            *removals,
            self._manual_removals(untold, switched),
            *map(self._arrival, self.coming),
            *switches,
            *self._other_suites(),
            *self._large(),
        )
        for number, surprise in enumerate(told):
            if surprise is None:
                continue
            kind, size, fields, evidence = surprise
            weight = WEIGHTS[kind]
            reason = Reason(kind, {**fields, "weight": weight}, evidence=evidence)
            found.append(((-weight, -size, f"{fields['package']} {number:06}"), reason))
        return [reason for _, reason in sorted(found, key=lambda row: row[0])]

    # -- what goes ------------------------------------------------------------------------

    def _removal(self, change: Change) -> _Surprise | None:
        """Return the greatest surprise about a package that goes, or None."""
        package, name = change.package, self._name(change.package)
        for version in self.universe.versions(package):
            for flag, names in _VITAL:
                if self.universe.meta(version) & flag:
                    proof = self._vital_proof(version, names)
                    return "essential-removed", 0, self._fields(change, field=names[0]), proof
        release = image_release(name)
        if release and release == self.state.running_kernel:
            proof = self._proof(change.old, f"Package: {name}")
            return "kernel-removed", 0, self._fields(change, release=release), proof
        if _BOOT_LOADERS.fullmatch(name) and not self._boot_loader_stays():
            proof = self._proof(change.old, f"Package: {name}")
            return "boot-loader-removed", 0, self._fields(change), proof
        if package in self.named:
            return None
        return self._unasked_removal(change, name)

    def _unasked_removal(self, change: Change, name: str) -> _Surprise | None:
        facts = self.universe.facts(change.old)
        if _DESKTOP.fullmatch(name):
            proof = self._proof(change.old, f"Package: {name}")
            return "desktop-removed", 0, self._fields(change), proof
        priority = self.universe.meta(change.old) >> PRIORITY_SHIFT & PRIORITY_MASK
        for text in _IMPORTANT_PRIORITIES:
            if priority == PRIORITIES[text]:
                word = text.decode()
                proof = self._proof(change.old, f"Priority: {word}")
                size = PRIORITY_MASK - priority
                return "important-removed", size, self._fields(change, priority=word), proof
        if facts.section.rpartition(b"/")[2] in _META_SECTIONS:
            members = self._staying_members(change.old)
            shown = sorted(members)[:MEMBERS_MAX]
            fields = self._fields(
                change,
                manual=self._is_manual(change.package),
                members=tuple(shown),
                count=len(members),
            )
            section = facts.section.decode("utf-8", "replace")
            proof = self._proof(change.old, f"Section: {section}")
            for group, version in self._needs(change.old, [members[label] for label in shown]):
                proof += self._need_proof(change.old, group, version)
            return "metapackage-removed", len(members), fields, list(dict.fromkeys(proof))
        if self._is_manual(change.package):
            return None  # told of with the others of its kind
        count = self._conffiles(change.package)
        if change.action == "purge" and count >= CONFFILES_MIN:
            proof = self._proof(change.old, "Conffiles:", is_status=True)
            return "configuration-purged", count, self._fields(change, count=count), proof
        return None

    def _manual_removals(self, untold: list[Change], switched: set[str]) -> _Surprise | None:
        """Return what goes unasked though it was installed by hand, and is told of nowhere else."""
        changes = [
            change
            for change in untold
            if change.package not in self.named
            and self._is_manual(change.package)
            and self._label(change.package) not in switched
        ]
        if not changes:
            return None
        changes.sort(key=lambda change: self._label(change.package))
        names = tuple(self._label(change.package) for change in changes)
        fields = self._fields(changes[0], packages=names[:MEMBERS_MAX], count=len(names))
        proof = [
            evidence
            for change in changes[:MEMBERS_MAX]
            for evidence in self._name_proof(change.old, is_status=True)
        ]
        return "manual-removed", len(names), fields, proof

    def _is_manual(self, package: int) -> bool:
        return package not in self.state.was_automatic

    def _boot_loader_stays(self) -> bool:
        return any(_BOOT_LOADERS.fullmatch(self._name(package)) for package in self.final)

    def _staying_members(self, version: int) -> dict[str, int]:
        """Return what a metapackage needs and stays installed, by name: the versions."""
        installed = self.state.installed
        found = {
            self.universe.package(there): there
            for kind in _NEEDING
            for group in self.universe.groups(version, kind)
            for there in self._there(group, installed)
        }
        return {
            self._label(package): there for package, there in found.items() if package in self.final
        }

    def _needs(self, version: int, members: list[int]) -> list[tuple[int, int]]:
        """Return (relation, member) for so many relations that each member is needed by one."""
        found = {
            group: {*members}.intersection(self._there(group, self.state.installed))
            for kind in _NEEDING
            for group in self.universe.groups(version, kind)
        }
        counts: dict[int, int] = {}
        for member in (it for mine in found.values() for it in mine):
            counts[member] = counts.get(member, 0) + 1
        for group, mine in list(found.items()):
            if all(counts[it] > 1 for it in mine):
                del found[group]
                for member in mine:
                    counts[member] -= 1
        return [(group, member) for group, mine in found.items() for member in sorted(mine)]

    def _conffiles(self, package: int) -> int:
        """Return how many configuration files dpkg knows of a package."""
        lines = self._installed_value(package, b"conffiles").split(b"\n")
        return sum(1 for line in lines if line.strip())

    def _installed_value(self, package: int, field: bytes) -> bytes:
        """Return a field of what is installed of a package."""
        name, architecture = self.universe.name(package), self.universe.architecture(package)
        for entry in self.world.installed:
            fields = entry.fields
            if fields[b"package"] != name or not entry.is_here:
                continue
            if self.universe.package_architecture(fields) == architecture:
                return fields.get(field, b"")
        return b""

    # -- what comes -----------------------------------------------------------------------

    def _arrival(self, change: Change) -> _Surprise | None:
        """Return the surprise about a package that comes or changes, or None."""
        if change.package in self.named:
            return None
        if change.action == "downgrade":
            version = self._text(change.new)
            proof = [
                *self._proof(change.old, f"Version: {self._text(change.old)}"),
                *self._proof(change.new, f"Version: {version}"),
            ]
            fields = self._fields(change, version=version, previous=self._text(change.old))
            return "downgraded", 0, fields, proof
        if change.action == "install":
            for flag, names in _VITAL:
                if self.universe.meta(change.new) & flag:
                    proof = self._vital_proof(change.new, names)
                    return "essential-added", 0, self._fields(change, field=names[0]), proof
        return None

    def _switches(self) -> Iterator[_Surprise]:
        """Yield each package that goes whose part something else of another source takes.

        Something that stays needs either; the first one by name is told of.
        """
        coming = {change.package for change in self.coming if change.old < 0}
        if not coming or not self.going:
            return
        seen: set[int] = set()
        stays = sorted(
            (package for package in self.final if package in self.state.installed),
            key=lambda package: (self.universe.name(package), package),
        )
        for owner in stays:
            version = self.final[owner]
            for kind in _NEEDING:
                for group in self.universe.groups(version, kind):
                    members = self.universe.members(group)
                    changes = [it for target, _, _ in members for it in self._going_by(target)]
                    for change in changes:
                        if change.package not in seen:
                            found = self._switch(change, version, group, coming)
                            if found is not None:
                                seen.add(change.package)
                                yield found

    def _switch(self, change: Change, owner: int, group: int, coming: set[int]) -> _Surprise | None:
        universe = self.universe
        before = {universe.package(v) for v in self._there(group, self.state.installed)}
        after = {universe.package(v): v for v in self._there(group, self.final)}
        if change.package not in before or before.intersection(after):
            return None
        takers = sorted(coming.intersection(after), key=self._label)
        source = universe.source(change.old)[0]
        takers = [
            taker
            for taker in takers
            if universe.source(after[taker])[0] != source
            and universe.name(taker) != universe.name(change.package)
        ]
        if not takers:
            return None
        taker = takers[0]
        count = self._conffiles(change.package)
        fields = self._fields(
            change,
            by=self._label(taker),
            owner=self._label(universe.package(owner)),
            relation=RELATION_FIELDS[universe.group_type(group)].decode(),
            text=self._group_text(group),
            conffiles=count,
        )
        proof = self._need_proof(owner, group, change.old)
        proof += self._fulfilling(group, after[taker])
        proof += self._proof(change.old, "Conffiles:", is_status=True) if count else []
        return "provider-switched", 0, fields, proof

    def _going_by(self, target: int) -> list[Change]:
        """Return what goes and is, or provides, what a relation names."""
        found = self._targets.get(target)
        if found is None:
            there = {owner for owner, _ in self.universe.provides(target)}
            found = self._targets[target] = [
                change for change in self.going if change.package == target or change.old in there
            ]
        return found

    def _other_suites(self) -> Iterator[_Surprise]:
        """Yield each suite, other than the system's own, that packages come from unasked."""
        home = self._home()
        if home < 0 or self.world.target_release:
            return
        own = {_suite(file) for file in self._files(home)}
        found: dict[tuple[str, str], list[Change]] = {}
        for change in self.coming:
            files = self._files(change.new)
            if change.package in self.named and self._words_choose(change.package):
                continue
            if files and own.isdisjoint(map(_suite, files)):
                found.setdefault(min(map(_suite, files)), []).append(change)
        for (origin, suite), changes in sorted(found.items()):
            changes.sort(key=lambda change: self._label(change.package))
            shown = changes[:MEMBERS_MAX]
            fields = self._fields(
                changes[0],
                origin=origin,
                suite=suite,
                packages=tuple(self._label(change.package) for change in shown),
                count=len(changes),
                home=" ".join(min(own)),
            )
            proof = [
                evidence
                for version in (*(change.new for change in shown), home)
                for evidence in self._name_proof(version)
            ]
            yield "other-suite", len(changes), fields, proof

    def _home(self) -> int:
        """Return the version whose lists are the system's own in the end, or -1."""
        package = self.universe.find(HOME_PACKAGE)
        if package < 0:
            return -1
        there = self.final.get(package, -1)
        if there >= 0 and self._files(there):
            return there
        candidate = self.state.candidate(package)
        return candidate if candidate >= 0 and self._files(candidate) else -1

    def _files(self, version: int) -> list[PackageFile]:
        return [self.world.files[number] for number in self.universe.files(version)]

    def _words_choose(self, package: int) -> bool:
        """Say whether the request chooses the version itself: ``name=version``, ``name/suite``."""
        words = [word for word in self.answer.request.words if "=" in word or "/" in word]
        return self._name(package) in {re.split("[=/:]", word)[0] for word in words}

    def _large(self) -> Iterator[_Surprise]:
        """Yield the package that is most of a large download, and of a large installation."""
        facts = {change: self.universe.facts(change.new) for change in self.coming}
        downloads = {change: found.size for change, found in facts.items()}
        disks = {change: found.installed_size * 1024 for change, found in facts.items()}
        for change in facts:
            if change.old >= 0:
                disks[change] -= self.universe.facts(change.old).installed_size * 1024
        for kind, sizes, least, field in (
            ("large-download", downloads, LARGE_DOWNLOAD_BYTES, "Size"),
            ("large-installation", disks, LARGE_DISK_BYTES, "Installed-Size"),
        ):
            total = sum(size for size in sizes.values() if size > 0)
            if not total:
                continue
            size = max(sizes.values())
            largest = min(
                (change for change in sizes if sizes[change] == size),
                key=lambda change: self._label(change.package),
            )
            share = size * 100 // total
            if size < least or share < LARGE_SHARE_PERCENT:
                continue
            own = facts[largest]
            text = f"{field}: {own.size if field == 'Size' else own.installed_size}"
            proof = self._proof(largest.new, text)
            if field != "Size" and largest.old >= 0:
                before = self.universe.facts(largest.old).installed_size
                proof += self._proof(largest.old, f"{field}: {before}") if before else []
            yield kind, size, self._fields(largest, size=size, share=share), proof

    # -- words ----------------------------------------------------------------------------

    def _there(self, group: int, present: dict[int, int]) -> list[int]:
        return [
            version
            for member in self.universe.members(group)
            for version in self.universe.fulfilling(present, *member)
        ]

    def _fields(self, change: Change, **more: Field) -> dict[str, Field]:
        return {"package": self._label(change.package), "action": change.action, **more}

    def _name(self, package: int) -> str:
        return self.universe.name(package).decode("utf-8", "surrogateescape")

    def _label(self, package: int) -> str:
        return self.universe.full_name(package)

    def _text(self, version: int) -> str:
        return self.universe.version_string(version).decode("utf-8", "surrogateescape")

    def _group_text(self, group: int) -> str:
        return self.universe.group_text(group).decode("utf-8", "surrogateescape")

    def _name_proof(self, version: int, *, is_status: bool = False) -> list[Evidence]:
        text = f"Package: {self._name(self.universe.package(version))}"
        return self._proof(version, text, is_status=is_status)

    def _vital_proof(self, version: int, names: tuple[str, ...]) -> list[Evidence]:
        """Return where one of these fields says yes; without its text where it may be another."""
        package = self.universe.package(version)
        is_here = self.state.installed.get(package) == version
        for name in names if is_here else ():
            value = self._installed_value(package, name.lower().encode())
            if value == b"yes":
                return self._proof(version, f"{name}: yes", is_status=True)
        return self._proof(version, f"{names[0]}: yes" if len(names) == 1 else "")

    def _need_proof(self, owner: int, group: int, version: int) -> list[Evidence]:
        """Return where a version needs another one by a relation, and where that fulfils it."""
        field = RELATION_FIELDS[self.universe.group_type(group)].decode()
        relation = self._proof(owner, f"{field}: {self._group_text(group)}")
        return relation + self._fulfilling(group, version)

    def _fulfilling(self, group: int, version: int) -> list[Evidence]:
        """Return where a version has the name of which a relation has need, or provides it."""
        universe = self.universe
        package = universe.package(version)
        names = [
            universe.name(member[0]).partition(b":")[0]
            for member in universe.members(group)
            if version in universe.fulfilling({package: version}, *member)
        ]
        if universe.name(package) in names:
            return self._name_proof(version)
        provided = universe.relation_lines(version)[PROVIDES].split(b", ")
        return [
            evidence
            for text in provided
            if re.split(rb"[ (:]", text)[0] == names[0]
            for evidence in self._proof(
                version, f"Provides: {text.decode('utf-8', 'surrogateescape')}"
            )
        ]

    def _proof(self, version: int, text: str, *, is_status: bool = False) -> list[Evidence]:
        """Return where the stanza of a version stands, in its list or in the status file."""
        universe = self.universe
        if version < universe.n_versions and not is_status:
            number, offset, length = universe.stanza(version)
            paths = self.world.lists
            path = paths[number] if number < len(paths) else "embedded"
            return [Evidence("archive-stanza", f"{path}:@{offset}+{length}", text)]
        if self._lines is None:
            self._lines = {
                (entry.fields[b"package"], universe.package_architecture(entry.fields)): entry.line
                for entry in self.world.installed
            }
        package = universe.package(version)
        line = self._lines.get((universe.name(package), universe.architecture(package)), 1)
        return [Evidence("status-stanza", f"{self.world.status_path}:{line}", text)]


def _suite(file: PackageFile) -> tuple[str, str]:
    """Return origin and suite; the parts of a release (``-security``, ``-updates``) are one.

    >>> from foretell.apt.system.policy import PackageFile
    >>> file = PackageFile()
    >>> file.origin, file.codename = "Debian", "trixie-security"
    >>> _suite(file)
    ('Debian', 'trixie')
    """
    name = file.codename or file.archive or ""
    for part in ("-security", "-updates", "-proposed-updates"):
        name = name.removesuffix(part)
    return file.origin or "", name
