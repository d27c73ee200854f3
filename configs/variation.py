"""Domain randomisation: cells of a facility that differ within given ranges.

What comes out is a facility like any other, in which the body can work.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import TypeVar

import numpy as np

from .choice import unknown
from .errors import ConfigError
from .feasibility import stuck
from .load import load_variation, names
from .schema import Body, Catalogue, Facility, Rgb, Strict, Variation, Vec3

# A part that does not fit after so many draws stays where it is.
_TRIES = 8
Model = TypeVar("Model", bound=Strict)
_Piece = Callable[[Facility, Variation, np.random.Generator], Facility]


def vary(
    facility: Facility, level: str, rng: np.random.Generator, body: Body, catalogue: Catalogue
) -> Facility:
    """Return ``facility`` with its layout, looks and friction drawn from a level's ranges.

    Each part is drawn until the body can still work in the cell; one that will not fit stays as
    it was. The same generator state gives the same facility.

    Args:
        facility: What to vary.
        level: ``none``, a shipped variation (``mild``, ``strong``), or the path of a YAML file.
        rng: Source of the draws; ``none`` takes nothing from it.
        body: Who must be able to work there.
        catalogue: What must find room there.

    Raises:
        ConfigError: No such level.
    """
    if level == "none":
        return facility
    if level not in names("variation") and not level.endswith(".yaml"):
        raise ConfigError(unknown("level", level, ("none", *names("variation"))))
    ranges = load_variation(level)
    facility = _surroundings(facility, ranges, rng)
    spots = [functools.partial(_spot, place) for place in range(len(facility.table.spots))]
    pieces: list[_Piece] = [_dock, _table, _scanner, *spots, _totes, _rack, _shelves]
    for piece in pieces:
        for _ in range(_TRIES):
            varied = piece(facility, ranges, rng)
            # Sizes that goods must fit do not vary; where stations are does.
            if not stuck(varied, body, catalogue):
                facility = varied
                break
    return facility


def _with(model: Model, **fields: object) -> Model:
    return model.model_copy(update=fields)


def _draw(rng: np.random.Generator, most: Vec3) -> Vec3:
    x, y, z = (float(rng.uniform(-m, m)) for m in most)
    return x, y, z


def _moved(point: Vec3, by: Vec3) -> Vec3:
    return point[0] + by[0], point[1] + by[1], point[2] + by[2]


def _scaled(value: float, factors: tuple[float, float], rng: np.random.Generator) -> float:
    return value * float(rng.uniform(*factors))


def _surroundings(facility: Facility, ranges: Variation, rng: np.random.Generator) -> Facility:
    """Draw all that no motion depends on."""
    tilt, turn = rng.uniform(*ranges.light.tilt), rng.uniform(-math.pi, math.pi)
    light = _with(
        facility.surroundings.light,
        direction=(
            float(math.sin(tilt) * math.cos(turn)),
            float(math.sin(tilt) * math.sin(turn)),
            float(math.cos(tilt)),
        ),
        ambient=float(rng.uniform(*ranges.light.ambient)),
        diffuse=float(rng.uniform(*ranges.light.diffuse)),
    )

    def tint(rgb: Rgb) -> Rgb:
        r, g, b = np.clip(np.add(rgb, rng.uniform(-ranges.shade, ranges.shade, 3)), 0, 1).tolist()
        return r, g, b

    old = facility.surroundings.shades
    shades = _with(
        old, floor=(tint(old.floor[0]), tint(old.floor[1])), table=tint(old.table),
        steel=tint(old.steel), belt=tint(old.belt), zones=_scaled(old.zones, ranges.zones, rng),
    )  # fmt: skip
    grip, factors = facility.surroundings.friction, ranges.friction
    friction = _with(
        grip,
        stations=_scaled(grip.stations, factors.stations, rng),
        belt=_scaled(grip.belt, factors.belt, rng),
        goods=_scaled(grip.goods, factors.goods, rng),
    )
    around = _with(facility.surroundings, light=light, shades=shades, friction=friction)
    speed = _scaled(facility.conveyor.speed, ranges.belt_speed, rng)
    return _with(facility, surroundings=around, conveyor=_with(facility.conveyor, speed=speed))


def _dock(facility: Facility, ranges: Variation, rng: np.random.Generator) -> Facility:
    dock = _moved(facility.conveyor.dock, _draw(rng, ranges.moves.dock))
    return _with(facility, conveyor=_with(facility.conveyor, dock=dock))


def _table(facility: Facility, ranges: Variation, rng: np.random.Generator) -> Facility:
    by = _draw(rng, ranges.moves.table)
    table, scanner = facility.table, facility.scanner
    spots = tuple((x + by[0], y + by[1]) for x, y in table.spots)
    return _with(
        facility,
        table=_with(table, centre=_moved(table.centre, by), spots=spots),
        scanner=_with(scanner, position=_moved(scanner.position, by)),
    )


def _scanner(facility: Facility, ranges: Variation, rng: np.random.Generator) -> Facility:
    by = _draw(rng, (ranges.moves.scanner, ranges.moves.scanner, 0.0))
    scanner = facility.scanner
    return _with(facility, scanner=_with(scanner, position=_moved(scanner.position, by)))


def _spot(place: int, facility: Facility, ranges: Variation, rng: np.random.Generator) -> Facility:
    spots = list(facility.table.spots)
    dx, dy = rng.uniform(-ranges.moves.spots, ranges.moves.spots, 2).tolist()
    spots[place] = (spots[place][0] + dx, spots[place][1] + dy)
    return _with(facility, table=_with(facility.table, spots=tuple(spots)))


def _totes(facility: Facility, ranges: Variation, rng: np.random.Generator) -> Facility:
    by, depth = _draw(rng, ranges.moves.totes), float(rng.uniform(*ranges.sizes.tote_depth))
    totes = tuple(
        _with(
            tote,
            position=_moved(tote.position, by),
            size=(tote.size[0], tote.size[1], tote.size[2] * depth),
        )
        for tote in facility.totes
    )
    return _with(facility, totes=totes)


def _rack(facility: Facility, ranges: Variation, rng: np.random.Generator) -> Facility:
    rack = facility.rack
    dx, dy, dz = _draw(rng, ranges.moves.rack)
    columns = tuple(_with(column, x=column.x + dx) for column in rack.columns)
    tiers = tuple((y + dy, z + dz) for y, z in rack.tiers)
    return _with(facility, rack=_with(rack, columns=columns, tiers=tiers))


def _shelves(facility: Facility, ranges: Variation, rng: np.random.Generator) -> Facility:
    rack = facility.rack
    width = float(rng.uniform(*ranges.sizes.rack_width))
    middle = sum(column.x for column in rack.columns) / max(len(rack.columns), 1)
    columns = tuple(
        _with(column, x=middle + (column.x - middle) * width) for column in rack.columns
    )
    most = ranges.moves.tiers
    tiers = tuple((y, z + float(rng.uniform(-most, most))) for y, z in rack.tiers)
    lip = _scaled(rack.lip, ranges.sizes.lip, rng)
    return _with(facility, rack=_with(rack, columns=columns, tiers=tiers, lip=lip))
