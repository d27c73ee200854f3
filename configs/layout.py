"""What is wrong with a layout by itself, and where in its file that stands."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from .document import Path
from .footprint import HANGING, collisions, levers, swept
from .schema import Facility, Vec3

# An item is set down with its middle this far from a table's edge at least [m].
_EDGE = 0.03
# From the middle of a carton's outer cells to its wall along y, for the hand that reaches in [m].
_HAND = 0.105
# Half the width of the scanner's housing and of an item beside it that stands askew [m].
_SCANNER = 0.055 + 0.052


class Reason(NamedTuple):
    """Why a cell cannot work, and the key of the facility's file (or the catalogue's) at fault."""

    text: str
    path: Path = ()
    kind: str = "facility"


def places(facility: Facility) -> dict[str, Vec3]:
    """Return every point in W where the tool picks or puts something, by name."""
    return {name: point for name, (point, _) in _places(facility).items()}


def path_of(text: str, facility: Facility) -> Path:
    """Return the key of the place whose name ``text`` begins with; of the whole file if none."""
    named = [(name, path) for name, (_, path) in _places(facility).items()]
    return next((path for name, path in named if text.startswith(f"{name} ")), ())


def _places(facility: Facility) -> dict[str, tuple[Vec3, Path]]:
    found: dict[str, tuple[Vec3, Path]] = {}
    dock = facility.conveyor.dock
    for k, carton in enumerate(facility.cartons):
        for i, j in itertools.product(range(carton.cells[0]), range(carton.cells[1])):
            x = dock[0] + (i - (carton.cells[0] - 1) / 2) * carton.pitch[0]
            y = dock[1] + (j - (carton.cells[1] - 1) / 2) * carton.pitch[1]
            at, path = (x, y, dock[2] + carton.wall), ("cartons", k)
            found[f"carton '{carton.name}' cell ({i}, {j})"] = at, path
    for k, (x, y) in enumerate(facility.table.spots):
        found[f"table spot {k}"] = (x, y, facility.table.centre[2]), ("table", "spots", k)
    found["scanner"] = facility.scanner.position, ("scanner", "position")
    for k, tote in enumerate(facility.totes):
        for mark, (x, y) in enumerate(tote.marks):
            found[f"{tote.name} mark {mark}"] = (x, y, tote.position[2]), ("totes", k)
    for name, (_, level, floor) in facility.rack.slots.items():
        found[f"slot {name}"] = floor, ("rack", "tiers", level)
    return found


def layout(facility: Facility, base: Vec3) -> Iterator[Reason]:
    """Yield what overlaps or sticks out, with the robot standing at ``base``."""
    yield from _names(facility)
    yield from _cartons(facility)
    yield from _rack(facility)
    yield from _table(facility)
    paths = {"table": ("table",), "scanner": ("scanner",), "rack": ("rack",)}
    keys: dict[str, Path] = {
        **paths,
        **{t.name: ("totes", k) for k, t in enumerate(facility.totes)},
    }
    for one, other in collisions(facility, base):
        yield Reason(f"{one} and {other} stand in each other", keys.get(other) or keys.get(one, ()))
    for k, name in swept(facility, base):
        yield Reason(
            f"a flap of carton '{facility.cartons[k].name}' would hit {name} as it opens",
            keys.get(name, ("cartons", k)),
        )


def _names(facility: Facility) -> Iterator[Reason]:
    for key, things in (("cartons", facility.cartons), ("totes", facility.totes)):
        names = [thing.name for thing in things]
        for name, count in Counter(names).items():
            if count > 1:
                last = len(names) - 1 - names[::-1].index(name)
                yield Reason(f"the name '{name}' is given twice", (key, last, "name"))
    slots = len(facility.rack.columns) * len(facility.rack.tiers)
    taken = {"table", *facility.rack.slots}
    if len(facility.rack.slots) < slots:
        yield Reason("two slots have one name; call their zones otherwise", ("rack", "columns"))
    for k, tote in enumerate(facility.totes):
        if tote.name in taken:
            yield Reason(f"'{tote.name}' is the name of another place", ("totes", k, "name"))


def _cartons(facility: Facility) -> Iterator[Reason]:
    for k, carton in enumerate(facility.cartons):
        for axis in (0, 1):
            cells, pitch, inner = carton.cells[axis], carton.pitch[axis], carton.size[axis]
            if cells * pitch > inner + 1e-9:
                yield Reason(
                    f"{cells} cells of {pitch:.3f} m do not fit "
                    f"the {inner:.3f} m of carton '{carton.name}' along {'xy'[axis]}",
                    ("cartons", k, "cells"),
                )
        room = (carton.size[1] - (carton.cells[1] - 1) * carton.pitch[1]) / 2
        if room < _HAND - 1e-9:
            yield Reason(
                f"from the outer cells of carton '{carton.name}' to its wall there is "
                f"{room:.3f} m along y; a hand needs {_HAND:.3f} m",
                ("cartons", k, "pitch"),
            )
        flaps, rim = levers(carton), carton.size[2] + carton.wall
        if min(flaps) <= 0.0:
            yield Reason(f"carton '{carton.name}' has no room for two flaps", ("cartons", k, "gap"))
        elif max(flaps) * -math.sin(HANGING) > rim:
            yield Reason(
                f"an open flap of carton '{carton.name}' is {max(flaps):.3f} m long; "
                f"below the rim there is room for {rim / -math.sin(HANGING):.3f} m",
                ("cartons", k, "gap"),
            )


def _rack(facility: Facility) -> Iterator[Reason]:
    rack = facility.rack
    lines = (("columns", [c.x for c in rack.columns]), ("tiers", [y for y, _ in rack.tiers]))
    for (name, at), size in zip(lines, rack.slot_size, strict=True):
        gap = min((b - a for a, b in itertools.pairwise(sorted(at))), default=size)
        if gap < size - 1e-9:
            yield Reason(
                f"rack {name} {gap:.3f} m apart overlap; a slot takes {size:.3f} m", ("rack", name)
            )
    for level, ((y, z), (above_y, above_z)) in enumerate(itertools.pairwise(rack.tiers), 1):
        if above_z <= z or above_y * rack.side <= y * rack.side:
            yield Reason(
                f"rack tier {level} is not above and behind tier {level - 1}",
                ("rack", "tiers", level),
            )


def _table(facility: Facility) -> Iterator[Reason]:
    table, scanner = facility.table, facility.scanner.position
    for k, (x, y) in enumerate(table.spots):
        path: Path = ("table", "spots", k)
        off = (abs(x - table.centre[0]), abs(y - table.centre[1]))
        if any(d > size / 2 - _EDGE + 1e-9 for d, size in zip(off, table.size, strict=True)):
            yield Reason(f"table spot {k} is not {_EDGE:.3f} m within the table's edges", path)
        if max(abs(x - scanner[0]), abs(y - scanner[1])) < _SCANNER:
            yield Reason(f"table spot {k} is not {_SCANNER:.3f} m away from the scanner", path)
