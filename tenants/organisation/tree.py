"""The tree of units: who lies in whom, what is told twice, what hangs nowhere or in a circle."""

from __future__ import annotations

import re
from collections import defaultdict

from leancity.tenants.organisation.lines import Unit
from leancity.tenants.organisation.model import Findings
from leancity.tenants.organisation.unit_sheets import NUMBER
from leancity.tenants.organisation.words import digest, folded, in_latin, nearest

_BETWEEN = re.compile(r"\s*(?:/|\\|>|→|»\s*,)\s*")
_LONGEST_SLUG = 60
DEEPEST = 20
"""Units within one another."""
MOST_SUGGESTIONS = 200


class Tree:
    """The units of a workbook, found by code, number, title or path of titles."""

    def __init__(self, found: Findings) -> None:
        self.units: list[Unit] = []
        self._found = found
        self._alike: dict[tuple[str, str], Unit] = {}
        self._suggested: dict[str, str] = {}
        self._codes: dict[str, Unit] = {}
        self._numbers: dict[tuple[str, str], Unit] = {}
        self._titles: dict[str, list[Unit]] = defaultdict(list)
        self._children: dict[tuple[int, str], Unit] = {}

    def declare(self, units: list[Unit]) -> None:
        """Take units that sheets of units tell, with their parents; what doesn't fit is found and not taken."""
        for unit in units:
            if unit.title:
                self._enter(unit)
        for unit in self.units:
            self._find_parent(unit)
        self._refuse_circles()
        self._refuse_deep()
        self._merge_same()

    def mention(self, path: tuple[str, ...], place: tuple[str, int, str], above: Unit | None = None) -> Unit | None:
        """Return the unit of a path of titles below ``above``; those that nobody has told are made."""
        unit = above
        for title in path:
            child = self._children.get((id(unit) if unit else 0, folded(title)))
            if child is None:
                child = Unit(title=title, place=place, parent=unit)
                self._children[id(unit) if unit else 0, folded(title)] = child
                self._titles[folded(title)].append(child)
                self.units.append(child)
            unit = child
        return unit

    def find(self, words: str) -> list[Unit]:
        """Return the units that words may mean: a code, a number, a title, or a path of titles."""
        if words in self._codes:
            return [self._codes[words].into or self._codes[words]]
        parts = [words]
        found = self._titled(folded(words))
        if not found and len(parts := _BETWEEN.split(words)) > 1:
            found = self._titled(folded(parts[-1]))
        if len(parts) > 1:
            above = {folded(part) for part in parts[:-1]}
            found = [unit for unit in found if above <= {folded(title) for title in unit.path()}]
        begin = words.partition(" ")[0].rstrip(".")
        if not found and begin in self._codes:  # «01-02 Отдел кадров»
            found = [self._codes[begin].into or self._codes[begin]]
        if not found and NUMBER.fullmatch(words):
            found = [unit for (_, number), unit in self._numbers.items() if number == words]
        return found

    def find_path(self, path: tuple[str, ...]) -> list[Unit]:
        """Return the units that the titles of several columns may mean."""
        above = {folded(title) for title in path[:-1]}
        found = self.find(path[-1])
        within = [unit for unit in found if above <= {folded(title) for title in unit.path()}]
        return within or (found if not above else [])

    def suggestion(self, words: str) -> str:
        """Return the title that is spelt most like these words, a dash for none.

        Comparing is dear: of a file that is all wrong the first ones are enough.
        """
        if words not in self._suggested and len(self._suggested) < MOST_SUGGESTIONS:
            self._suggested[words] = nearest(words, [unit.title for unit in self.units if unit.is_taken])
        return self._suggested.get(words) or "—"

    def settle_keys(self) -> None:
        """Give every unit its key: its own code, else its title with figures that stand for all titles above it."""
        for unit in self.units:
            slug = in_latin(unit.title)[:_LONGEST_SLUG].strip("-")
            unit.key = unit.code or f"{slug}-{digest(*unit.path())}".lstrip("-")

    def _titled(self, title: str) -> list[Unit]:
        return list({id(unit.into or unit): unit.into or unit for unit in self._titles.get(title, [])}.values())

    def _enter(self, unit: Unit) -> None:
        known = self._codes.get(unit.code) if unit.code else None
        if known is not None and folded(known.title) != folded(unit.title):
            unit.is_taken = False
            self._found.error("organisation_code_twice", unit.at("code"), unit.code, row=known.place[1])
            unit.code = ""
        self._titles[folded(unit.title)].append(unit)
        alike = folded(unit.title), folded(unit.parent_words or unit.number.rpartition(".")[0])
        same = known if known is not None and unit.is_taken else self._alike.get(alike)
        if unit.is_taken and same is not None:
            self._merge(unit, same)
        else:
            self.units.append(unit)
            if unit.is_taken:
                self._alike.setdefault(alike, unit)
        if unit.code:
            self._codes.setdefault(unit.code, unit.into or unit)
        if unit.number:
            self._numbers.setdefault((unit.place[0], unit.number), unit.into or unit)

    def _merge(self, unit: Unit, into: Unit) -> None:
        unit.into = into
        self._found.warning("organisation_unit_twice", unit.at("title"), unit.title, row=into.place[1])

    def _find_parent(self, unit: Unit) -> None:
        words = unit.parent_words
        if not words and "." in unit.number:
            words = unit.number.rpartition(".")[0]
            parent = self._numbers.get((unit.place[0], words))
            found = [parent] if parent else []
            field = "number" if "number" in unit.columns else "code"
        else:
            found, field = self.find(words) if words else [], "parent"
        if not words:
            return
        if not found:
            unit.is_taken = False
            self._found.error("organisation_parent_unknown", unit.at(field), words, suggestion=self.suggestion(words))
            return
        unit.parent = found[0]
        if len(found) > 1:
            self._found.warning("organisation_parent_ambiguous", unit.at(field), words, row=found[0].place[1])

    def _refuse_circles(self) -> None:
        seen: set[int] = set()
        for unit in self.units:
            way: list[Unit] = []
            each: Unit | None = unit
            while each is not None and id(each) not in seen:
                seen.add(id(each))
                way.append(each)
                each = each.parent
            if each is not None and any(each is one for one in way):
                self._refuse_circle(way[next(place for place, one in enumerate(way) if one is each) :])

    def _refuse_circle(self, members: list[Unit]) -> None:
        named = " → ".join([*(member.title for member in members), members[0].title])
        for member in members:
            member.is_taken, member.parent = False, None
        for member in members:
            self._found.error("organisation_unit_cycle", member.at("parent"), member.parent_words, units=named)

    def _refuse_deep(self) -> None:
        depths: dict[int, int] = {}
        for unit in self.units:
            way: list[Unit] = []
            each: Unit | None = unit
            while each is not None and id(each) not in depths:
                way.append(each)
                each = each.parent
            depth = depths[id(each)] if each is not None else 0
            for each in reversed(way):
                depth += 1
                if depth > DEEPEST:
                    each.is_taken, each.parent, depth = False, None, 1
                    self._found.error("organisation_unit_deep", each.at("parent"), each.title, limit=DEEPEST)
                depths[id(each)] = depth

    def _merge_same(self) -> None:
        """Merge units whose parents were named differently and are the same."""
        kept: list[Unit] = []
        for unit in self.units:
            same = self._children.get((id(unit.parent) if unit.parent else 0, folded(unit.title)))
            if unit.is_taken and same is not None:
                self._merge(unit, same)
                continue
            if unit.is_taken:
                self._children.setdefault((id(unit.parent) if unit.parent else 0, folded(unit.title)), unit)
            kept.append(unit)
        self.units = kept
        for unit in kept:
            if unit.parent is not None and unit.parent.into is not None:
                unit.parent = unit.parent.into
