"""How does solver3 draw its consequences since apt 3.1.15?

The same search as `solver`, with other orders: a variable that becomes true reaches
its own clauses and those that forbid it in one list, in order of registration; a clause with one
alternative left is decided at once and never queued.  The orders were found from apt's own debug
trace; see ``docs/concepts/solver3.md``.
"""

from __future__ import annotations

from foretell.apt.solver3.solver import FALSE, NEGATIVE, OPTIONAL, TRUE, Solver

TYPE_CHECKING = False
if TYPE_CHECKING:
    from foretell.apt.solver3.solver import Clause, Item

__all__ = ["WatchingSolver"]


class WatchingSolver(Solver):
    """A solver whose ``owned`` also holds the negative clauses that mention a variable.

    ``watched`` holds the positive ones only.
    """

    __slots__ = ()

    def _watch(self, clause: Clause) -> None:
        if clause[2] & NEGATIVE:
            for alternative in clause[1]:
                self._reach(alternative, clause)
            return
        for alternative in clause[1]:
            mentions = self.watched[alternative]
            if mentions is None:
                self.watched[alternative] = [clause]
            else:
                mentions.append(clause)

    def _reach(self, variable: int, clause: Clause) -> None:
        """Note what a true variable reaches.

        apt keeps these before what a false variable reaches, in one list: each new one takes the
        place of the first of the others, which goes to the end.
        """
        known = self.owned[variable]
        if known is None:
            self.owned[variable] = [clause]
        else:
            known.append(clause)
        mentions = self.watched[variable]
        if mentions is not None and len(mentions) > 1:
            mentions.append(mentions.pop(0))

    def discover(self, variable: int) -> None:
        """Register the clauses of ``variable`` and of all that is reachable, breadth first."""
        discovered = self.discovered
        if discovered[variable]:
            return
        value, depth_of = self.value, self.depth_of
        package_variable = self.source.package_variable
        clauses_of = self.source.clauses
        watched, reach = self.watched, self._reach
        queue = [variable]
        add = queue.append
        for reached in queue:
            if discovered[reached]:
                continue
            if reached & 1:
                package = package_variable(reached)
                if not discovered[package]:
                    reached = package  # noqa: PLW2901 - the version comes again, through it
            discovered[reached] = 1
            for clause in clauses_of(reached):
                reach(reached, clause)
                is_negative = clause[2] & NEGATIVE
                for alternative in clause[1]:
                    if is_negative:
                        reach(alternative, clause)
                    else:
                        mentions = watched[alternative]
                        if mentions is None:
                            watched[alternative] = [clause]
                        else:
                            mentions.append(clause)
                    if not discovered[alternative] and not (
                        value[alternative] == FALSE and not depth_of[alternative]
                    ):
                        add(alternative)

    def add_work(self, clause: Clause) -> bool:
        """Do what a clause asks now that its owner is true; return False on a conflict."""
        flags = clause[2]
        if flags & NEGATIVE:
            return self._forbid(clause)
        value = self.value
        left = 0
        last = -1
        for alternative in clause[1]:
            if value[alternative] != FALSE:
                left += 1
                last = alternative
        if flags & OPTIONAL:
            if left:
                self.push(clause, len(self.choices))
            return True
        if left > 1:
            self.push(clause, len(self.choices))
            return True
        if left:
            return self.assign(last, TRUE, clause)
        self.conflict = (clause[0], FALSE, clause)
        return False

    def _follow_true(self, variable: int) -> bool:
        if not self.discovered[variable]:
            self.discover(variable)
        for clause in self.owned[variable] or ():
            if clause[0] == variable:
                if not self.add_work(clause):
                    return False
            elif not self.assign(clause[0], FALSE, clause):
                return False
        return True

    def _follow_false(self, variable: int) -> bool:
        value = self.value
        for clause in self.watched[variable] or ():
            owner = clause[0]
            if clause[2] & OPTIONAL or value[owner] == FALSE:
                continue
            left = 0
            last = -1
            for alternative in clause[1]:
                if value[alternative] != FALSE:
                    left += 1
                    last = alternative
            if left > 1:
                continue
            if not left:
                if not self.assign(owner, FALSE, clause):
                    return False
            elif value[owner] == TRUE and not self.assign(last, TRUE, clause):
                return False
        return True

    def _open_level(self, item: Item, choice: int) -> None:
        """Open a level that begins with the item itself, so that undoing it queues it once."""
        self.trail.pop()
        super()._open_level(item, choice)
