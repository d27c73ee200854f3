"""What is true of a delivery and of its labels: where each item belongs, what is to be reported."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from warewheel.configs.schema import Sku, Unit
from warewheel.sim.spec import Parcel, Placement, WorldSpec
from warewheel.sim.values import Report

# Sizes that differ by less than this look the same [m].
_ALIKE = 0.01


@dataclass(frozen=True, slots=True)
class Truth:
    """What a perfect clerk would know.

    Attributes:
        findings: What is wrong with an item, by name; items that are in order are left out.
        reports: What must be reported.
        tolerated: What may be reported too.
    """

    findings: dict[str, tuple[str, ...]]
    reports: frozenset[Report]
    tolerated: frozenset[Report]


def truth(spec: WorldSpec) -> Truth:
    """Return what is true of a delivery before anything has moved."""
    findings: dict[str, tuple[str, ...]] = {}
    reports: set[Report] = set()
    tolerated: set[Report] = set()
    for place in spec.placements:
        found = _of_item(place)
        if found:
            findings[place.name] = found
    for parcel in spec.parcels:
        listed, lines = _reconcile(parcel)
        hidden = [place for place in parcel.placements if place.label != place.unit]
        for place in parcel.placements:
            if place.name in listed:
                continue
            if place.label is None:
                # Nobody can tell that what cannot be read is on no list.
                tolerated.add(Report("surplus", place.name))
            else:
                findings[place.name] = (*findings.get(place.name, ()), "surplus")
        for line in parcel.manifest.lines:
            sku = next((u.sku for u in parcel.listed if u.sku.gtin == line.gtin), None)
            if line.name in lines:
                # An item that is not what its label says may look like the one that is missing.
                unsure = any(sku and _alike(place.unit.sku, sku) for place in hidden)
                (tolerated if unsure else reports).add(Report("short", line.name))
        # Whoever cannot tell what a blotted item is may take its line for short.
        gtins = {place.unit.sku.gtin for place in hidden}
        tolerated |= {
            Report("short", line.name) for line in parcel.manifest.lines if line.gtin in gtins
        }
    for name, found in findings.items():
        for finding in found:
            if finding == "wrong":
                # Its label is on no manifest: to anybody who trusts labels it is surplus.
                reports.add(Report("surplus", name))
            else:
                reports.add(Report(finding, name))  # type: ignore[arg-type]
    return Truth(findings, frozenset(reports), frozenset(tolerated))


def _alike(a: Sku, b: Sku) -> bool:
    """Tell whether an eye could take one for the other."""
    return max(abs(x - y) for x, y in zip(a.size, b.size, strict=True)) < _ALIKE


def _of_item(place: Placement) -> tuple[str, ...]:
    found = []
    if place.unit.condition != "intact":
        found.append(str(place.unit.condition))
    if place.label is None:
        found.append("unreadable")
    elif place.label.sku != place.unit.sku:
        found.append("wrong")
    return tuple(found)


def _reconcile(parcel: Parcel) -> tuple[set[str], list[str]]:
    """Return the items that the manifest lists, and the lines that are short of one."""
    left = Counter({line.name: line.quantity for line in parcel.manifest.lines})
    listed = set()
    for place in parcel.placements:
        line = _line(parcel, place.unit, left)
        if line is not None:
            left[line] -= 1
            listed.add(place.name)
    return listed, sorted(left.elements())


def _line(parcel: Parcel, unit: Unit, left: Counter[str]) -> str | None:
    """Return the line that a unit is one of: its own lot's first, then any of its SKU."""
    lines = [line for line in parcel.manifest.lines if line.gtin == unit.sku.gtin]
    lines.sort(key=lambda line: line.lot != unit.lot)
    return next((line.name for line in lines if left[line.name] > 0), None)
