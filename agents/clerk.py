"""The clerk: what an item is, whether its label and the manifest bear that out, what is missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from warewheel.configs import zone_of
from warewheel.configs.schema import Catalogue, Condition, Facility, Sku, Unit
from warewheel.sim.values import Finding, Line, Manifest, Read, Report, Vec3

# The line of each item of a carton, and how many of each line are left.
_Match = tuple[dict[str, str], Counter[str]]

# An item whose size differs from the catalogue's by more than this is not what its label says [m].
_ODD = 0.008


class Thing(Protocol):
    """What an eye sees of an item."""

    @property
    def name(self) -> str: ...

    @property
    def size(self) -> Vec3: ...

    @property
    def condition(self) -> Condition: ...


class Papers(Protocol):
    """What the clerk goes by: a belief or an inventory."""

    @property
    def items(self) -> Iterable[Thing]: ...

    @property
    def labels(self) -> Mapping[str, Read]: ...

    @property
    def manifests(self) -> tuple[Manifest, ...]: ...

    @property
    def origins(self) -> Mapping[str, str]: ...

    def item(self, name: str) -> Thing: ...


@dataclass(frozen=True, slots=True)
class Promise:
    """A line of a manifest whose goods are known.

    Attributes:
        line: Its name.
        quantity: How many there should be.
        unit: What each of them should be.
    """

    line: str
    quantity: int
    unit: Unit


class Clerk:
    """Compares what was seen and read with the catalogue and the manifests.

    Args:
        facility: Whose rules say where things go.
        catalogue: What each GTIN should look like.
    """

    def __init__(self, facility: Facility, catalogue: Catalogue) -> None:
        self._storage = facility.storage
        self._skus: dict[str, Sku] = {sku.gtin: sku for sku in catalogue.items}
        # The same questions are asked again and again of the same papers.
        self._units: dict[tuple[Read, Condition], Unit] = {}
        self._promises: dict[Line, Unit] = {}
        self._matches: tuple[Papers | None, dict[str, _Match]] = (None, {})

    def unit(self, papers: Papers, item: str) -> Unit | None:
        """Return what the label and the eye say of an item, or None before its label was read."""
        read = papers.labels.get(item)
        if read is None or read.gtin not in self._skus:
            return None
        key = read, papers.item(item).condition
        if key not in self._units:
            self._units[key] = Unit(
                sku=self._skus[read.gtin], lot=read.lot, expiry=read.expiry, route=read.route,
                condition=key[1],
            )  # fmt: skip
        return self._units[key]

    def promised(self, line: Line) -> Unit | None:
        """Return a unit as a line of a manifest promises it."""
        sku = self._skus.get(line.gtin)
        if sku is None:
            return None
        if line not in self._promises:
            self._promises[line] = Unit(sku=sku, lot=line.lot, expiry=line.expiry, route=line.route)
        return self._promises[line]

    def promises(self, manifests: Iterable[Manifest]) -> Iterator[Promise]:
        """Yield the lines of manifests whose goods are known, in their order."""
        for line in (line for manifest in manifests for line in manifest.lines):
            unit = self.promised(line)
            if unit is not None:
                yield Promise(line.name, line.quantity, unit)

    def delivery(self, manifests: Iterable[Manifest]) -> list[Unit]:
        """Return all units that manifests promise and whose goods are known, in their order."""
        return [one.unit for one in self.promises(manifests) for _ in range(one.quantity)]

    def home(self, unit: Unit) -> str:
        """Return where a sound unit belongs."""
        return zone_of(unit, self._storage)

    def listed(self, papers: Papers, item: str) -> bool:
        """Tell whether a manifest lists an item that was read; without manifests all are."""
        return not papers.manifests or self._line_of(papers, item) is not None

    def mislabelled(self, papers: Papers, item: str) -> bool:
        """Tell whether an item plainly is not what its label says."""
        unit = self.unit(papers, item)
        if unit is None:
            return False
        return _gap(unit.sku.size, papers.item(item).size) > _ODD

    def zone(self, papers: Papers, item: str, unreadable: Collection[str]) -> str | None:
        """Return where an item belongs, or None while that is not known."""
        unit = self.unit(papers, item)
        if unit is None and item not in unreadable:
            return None
        if unit is None:
            return self._storage.quarantine["unreadable"]
        findings: list[str] = list(self.findings(papers, item, unreadable))
        if self.mislabelled(papers, item):
            findings.append("wrong")
        return zone_of(unit, self._storage, findings)

    def findings(
        self, papers: Papers, item: str, unreadable: Collection[str]
    ) -> tuple[Finding, ...]:
        """Return what there is to report of an item."""
        found: list[Finding] = []
        condition = papers.item(item).condition
        if condition != "intact":
            found.append(condition)
        if item in unreadable:
            found.append("unreadable")
        if item in papers.labels and papers.manifests and self._line_of(papers, item) is None:
            found.append("surplus")
        return tuple(found)

    def reports(self, papers: Papers, unreadable: Collection[str]) -> list[Report]:
        """Return everything that there is to report by now."""
        found = [
            Report(finding, item.name)
            for item in papers.items
            for finding in self.findings(papers, item.name, unreadable)
        ]
        for manifest in papers.manifests:
            found += [
                Report("short", line) for line in self.short(papers, manifest.carton, unreadable)
            ]
        return found

    def short(self, papers: Papers, carton: str, unreadable: Collection[str]) -> list[str]:
        """Return the lines that a carton is short of, once each of its items is known."""
        mine = _of_carton(papers, carton)
        if not _accounted(papers, mine, unreadable):
            return []
        matched, left = self._match(papers, carton)
        for item in mine:
            if item in matched:
                continue
            # A blotted or wrong label: the item may still be what a line promises.
            line = self._looks_like(papers, item, left)
            if line is not None and (item in unreadable or self.mislabelled(papers, item)):
                left[line] -= 1
        return sorted(left.elements())

    def unseen(self, papers: Papers, carton: str) -> list[str]:
        """Return the lines of a carton's manifest of which fewer were read than promised."""
        return sorted(+self._match(papers, carton)[1])

    def expected(
        self, papers: Papers, unreadable: Collection[str], cartons: Collection[str] | None = None
    ) -> list[Unit]:
        """Return what the manifests promise and no label read so far accounts for.

        What a carton lacked once each of its items was known is not expected any more; nor is what
        comes in others than ``cartons``, if they are given.
        """
        units = []
        for manifest in papers.manifests:
            if cartons is not None and manifest.carton not in cartons:
                continue
            if _accounted(papers, _of_carton(papers, manifest.carton), unreadable):
                continue
            _, left = self._match(papers, manifest.carton)
            for line in manifest.lines:
                unit = self.promised(line)
                if unit is not None:
                    units += [unit] * left[line.name]
        return units

    def _line_of(self, papers: Papers, item: str) -> str | None:
        carton = papers.origins.get(item)
        return None if carton is None else self._match(papers, carton)[0].get(item)

    def _match(self, papers: Papers, carton: str) -> _Match:
        """Return the line of each item of a carton that was read, and what is left of the lines."""
        if self._matches[0] is not papers:
            self._matches = papers, {}
        known = self._matches[1]
        if carton not in known:
            known[carton] = self._compare(papers, carton)
        matched, left = known[carton]
        return matched, left.copy()

    def _compare(self, papers: Papers, carton: str) -> _Match:
        lines = next((m.lines for m in papers.manifests if m.carton == carton), ())
        left = Counter({line.name: line.quantity for line in lines})
        matched: dict[str, str] = {}
        for item, read in papers.labels.items():
            if papers.origins.get(item) != carton:
                continue
            line = next((x.name for x in _suited(lines, read) if left[x.name] > 0), None)
            if line is not None:
                matched[item] = line
                left[line] -= 1
        return matched, left

    def _looks_like(self, papers: Papers, item: str, left: Counter[str]) -> str | None:
        """Return the line left whose SKU has the item's size best, if one has it at all."""
        size = papers.item(item).size
        best: tuple[float, str] | None = None
        for manifest in papers.manifests:
            for line in manifest.lines:
                sku = self._skus.get(line.gtin)
                if sku is None or left[line.name] <= 0:
                    continue
                gap = _gap(sku.size, size)
                if gap < _ODD and (best is None or gap < best[0]):
                    best = gap, line.name
        return None if best is None else best[1]


def _of_carton(papers: Papers, carton: str) -> list[str]:
    """Return the items that came in a carton; none before it has arrived."""
    return [item for item, origin in papers.origins.items() if origin == carton]


def _accounted(papers: Papers, items: Collection[str], unreadable: Collection[str]) -> bool:
    """Tell whether there are items and each of them is known, or is known to stay unknown."""
    return bool(items) and all(i in papers.labels or i in unreadable for i in items)


def _gap(a: Vec3, b: Vec3) -> float:
    """Return the largest difference between the sides of two boxes [m]."""
    return max(abs(x - y) for x, y in zip(a, b, strict=True))


def _suited(lines: tuple[Line, ...], read: Read) -> list[Line]:
    """Return the lines of a label's SKU, those of its lot first."""
    mine = [line for line in lines if line.gtin == read.gtin]
    return sorted(mine, key=lambda line: line.lot != read.lot)
