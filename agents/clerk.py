"""The clerk: what an item is, whether its label and the manifest bear that out, what is missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from warewheel.configs import zone_of
from warewheel.configs.schema import Catalogue, Facility, Sku, Unit
from warewheel.sim.values import Finding, Line, Read, Report, Vec3

from .perceive import Belief

# An item whose size differs from the catalogue's by more than this is not what its label says [m].
_ODD = 0.008


class Clerk:
    """Compares what was seen and read with the catalogue and the manifests.

    Args:
        facility: Whose rules say where things go.
        catalogue: What each GTIN should look like.
    """

    def __init__(self, facility: Facility, catalogue: Catalogue) -> None:
        self._storage = facility.storage
        self._skus: dict[str, Sku] = {sku.gtin: sku for sku in catalogue.items}

    def unit(self, belief: Belief, item: str) -> Unit | None:
        """Return what the label and the eye say of an item, or None before its label was read."""
        read = belief.labels.get(item)
        if read is None or read.gtin not in self._skus:
            return None
        condition = belief.item(item).condition
        return Unit(
            sku=self._skus[read.gtin], lot=read.lot, expiry=read.expiry, route=read.route,
            condition=condition,
        )  # fmt: skip

    def promised(self, line: Line) -> Unit | None:
        """Return a unit as a line of a manifest promises it."""
        sku = self._skus.get(line.gtin)
        if sku is None:
            return None
        return Unit(sku=sku, lot=line.lot, expiry=line.expiry, route=line.route)

    def home(self, unit: Unit) -> str:
        """Return where a sound unit belongs."""
        return zone_of(unit, self._storage)

    def mislabelled(self, belief: Belief, item: str) -> bool:
        """Tell whether an item plainly is not what its label says."""
        unit = self.unit(belief, item)
        if unit is None:
            return False
        return _gap(unit.sku.size, belief.item(item).size) > _ODD

    def zone(self, belief: Belief, item: str, unreadable: Collection[str]) -> str | None:
        """Return where an item belongs, or None while that is not known."""
        unit = self.unit(belief, item)
        if unit is None and item not in unreadable:
            return None
        if unit is None:
            return self._storage.quarantine["unreadable"]
        findings: list[str] = list(self.findings(belief, item, unreadable))
        if self.mislabelled(belief, item):
            findings.append("wrong")
        return zone_of(unit, self._storage, findings)

    def findings(
        self, belief: Belief, item: str, unreadable: Collection[str]
    ) -> tuple[Finding, ...]:
        """Return what there is to report of an item."""
        found: list[Finding] = []
        condition = belief.item(item).condition
        if condition != "intact":
            found.append(condition)
        if item in unreadable:
            found.append("unreadable")
        if item in belief.labels and belief.manifests and self._line_of(belief, item) is None:
            found.append("surplus")
        return tuple(found)

    def reports(self, belief: Belief, unreadable: Collection[str]) -> list[Report]:
        """Return everything that there is to report by now."""
        found = [
            Report(finding, item.name)
            for item in belief.items
            for finding in self.findings(belief, item.name, unreadable)
        ]
        for manifest in belief.manifests:
            found += [
                Report("short", line) for line in self.short(belief, manifest.carton, unreadable)
            ]
        return found

    def short(self, belief: Belief, carton: str, unreadable: Collection[str]) -> list[str]:
        """Return the lines that a carton is short of, once each of its items is known."""
        mine = _of_carton(belief, carton)
        if not _accounted(belief, mine, unreadable):
            return []
        matched, left = self._match(belief, carton)
        for item in mine:
            if item in matched:
                continue
            # A blotted or wrong label: the item may still be what a line promises.
            line = self._looks_like(belief, item, left)
            if line is not None and (item in unreadable or self.mislabelled(belief, item)):
                left[line] -= 1
        return sorted(left.elements())

    def expected(self, belief: Belief, unreadable: Collection[str]) -> list[Unit]:
        """Return what the manifests promise and no label read so far accounts for.

        What a carton lacked once each of its items was known is not expected any more.
        """
        units = []
        for manifest in belief.manifests:
            if _accounted(belief, _of_carton(belief, manifest.carton), unreadable):
                continue
            _, left = self._match(belief, manifest.carton)
            for line in manifest.lines:
                unit = self.promised(line)
                if unit is not None:
                    units += [unit] * left[line.name]
        return units

    def _line_of(self, belief: Belief, item: str) -> str | None:
        carton = belief.origins.get(item)
        return None if carton is None else self._match(belief, carton)[0].get(item)

    def _match(self, belief: Belief, carton: str) -> tuple[dict[str, str], Counter[str]]:
        """Return the line of each item of a carton that was read, and what is left of the lines."""
        lines = next((m.lines for m in belief.manifests if m.carton == carton), ())
        left = Counter({line.name: line.quantity for line in lines})
        matched: dict[str, str] = {}
        for item, read in belief.labels.items():
            if belief.origins.get(item) != carton:
                continue
            line = next((x.name for x in _suited(lines, read) if left[x.name] > 0), None)
            if line is not None:
                matched[item] = line
                left[line] -= 1
        return matched, left

    def _looks_like(self, belief: Belief, item: str, left: Counter[str]) -> str | None:
        """Return the line left whose SKU has the item's size best, if one has it at all."""
        size = belief.item(item).size
        best: tuple[float, str] | None = None
        for manifest in belief.manifests:
            for line in manifest.lines:
                sku = self._skus.get(line.gtin)
                if sku is None or left[line.name] <= 0:
                    continue
                gap = _gap(sku.size, size)
                if gap < _ODD and (best is None or gap < best[0]):
                    best = gap, line.name
        return None if best is None else best[1]


def _of_carton(belief: Belief, carton: str) -> list[str]:
    """Return the items that came in a carton; none before it has arrived."""
    return [item for item, origin in belief.origins.items() if origin == carton]


def _accounted(belief: Belief, items: Collection[str], unreadable: Collection[str]) -> bool:
    """Tell whether there are items and each of them is known, or is known to stay unknown."""
    return bool(items) and all(i in belief.labels or i in unreadable for i in items)


def _gap(a: Vec3, b: Vec3) -> float:
    """Return the largest difference between the sides of two boxes [m]."""
    return max(abs(x - y) for x, y in zip(a, b, strict=True))


def _suited(lines: tuple[Line, ...], read: Read) -> list[Line]:
    """Return the lines of a label's SKU, those of its lot first."""
    mine = [line for line in lines if line.gtin == read.gtin]
    return sorted(mine, key=lambda line: line.lot != read.lot)
