"""The fixed furniture of a cell, as boxes computed from a facility's layout."""

from __future__ import annotations

from collections import Counter

from warewheel.configs.footprint import stand
from warewheel.configs.schema import Body, Facility, Keeping

from .assets import Block

Rgba = tuple[float, float, float, float]

_COLOURS: dict[Keeping, Rgba] = {
    "ambient": (0.55, 0.62, 0.68, 1.0),
    "cold": (0.36, 0.66, 0.9, 1.0),
    "hazmat": (0.93, 0.68, 0.2, 1.0),
    "secure": (0.62, 0.47, 0.78, 1.0),
    "quarantine": (0.85, 0.4, 0.38, 1.0),
}
_WHITE: Rgba = (0.95, 0.95, 0.95, 1.0)
_GLASS: Rgba = (0.85, 0.12, 0.15, 1.0)

# Zones of one condition differ in brightness, in turn by these factors.
_SHADES = (1.0, 0.78, 1.22, 0.6)


def stations(facility: Facility, body: Body) -> dict[str, tuple[Block, ...]]:
    """Return the blocks of each station by name; the belt itself is not among them."""
    return {
        "pedestal": _pedestal(facility, body),
        "dock": _dock(facility),
        "table": _table(facility),
        "totes": _totes(facility),
        "rack": _rack(facility),
    }


def belt(facility: Facility) -> Block:
    """Return the conveyor's moving surface, whose top is at the dock's height.

    It ends a little before where the longest carton comes to rest.
    """
    conveyor = facility.conveyor
    x, y, z = conveyor.dock
    paint = (*facility.surroundings.shades.belt, 1.0)
    near = x - max(carton.size[0] / 2 + carton.wall for carton in facility.cartons) - 0.01
    far = x + conveyor.length
    return Block(((near + far) / 2, y, z - 0.02), (far - near, conveyor.width, 0.04), paint)


def zone_colours(facility: Facility) -> dict[str, Rgba]:
    """Return the colour of each zone: that of its condition, in a shade of its own."""
    taken: Counter[str] = Counter()
    colours = {}
    for name, zone in facility.zones.items():
        shade = _SHADES[taken[zone.condition] % len(_SHADES)]
        shade *= facility.surroundings.shades.zones
        taken[zone.condition] += 1
        r, g, b, a = _COLOURS[zone.condition]
        colours[name] = (min(r * shade, 1.0), min(g * shade, 1.0), min(b * shade, 1.0), a)
    return colours


def _steel(facility: Facility) -> Rgba:
    return (*facility.surroundings.shades.steel, 1.0)


def _pedestal(facility: Facility, body: Body) -> tuple[Block, ...]:
    x, y, z = body.base
    steel = _steel(facility)
    return (
        Block((x, y, z / 2), (0.18, 0.18, z - 0.002), steel),
        Block((x, y, 0.01), (0.36, 0.36, 0.02), steel),
    )


def _dock(facility: Facility) -> tuple[Block, ...]:
    """Return the belt's frame, the stop that the carton comes to rest at, and the legs."""
    top, steel = belt(facility), _steel(facility)
    (x, y, z), (length, width, height) = top.centre, top.size
    near, far = x - length / 2, x + length / 2
    surface = z + height / 2
    blocks = [Block((near - 0.01, y, surface + 0.01), (0.02, width, 0.06), steel)]
    for side in (-1.0, 1.0):
        edge = y + side * (width / 2 + 0.01)
        blocks.append(Block((x, edge, surface - 0.04), (length, 0.02, 0.08), steel))
        for end in (near + 0.1, far - 0.1):
            blocks.append(
                Block((end, edge, surface / 2 - 0.04), (0.04, 0.02, surface - 0.08), steel)
            )
    return tuple(blocks)


def _table(facility: Facility) -> tuple[Block, ...]:
    (x, y, z), (dx, dy) = facility.table.centre, facility.table.size
    shades, steel = facility.surroundings.shades, _steel(facility)
    blocks = [Block((x, y, z - 0.015), (dx, dy, 0.03), (*shades.table, 1.0))]
    for sx in (-1.0, 1.0):
        for sy in (-1.0, 1.0):
            leg = (x + sx * (dx / 2 - 0.03), y + sy * (dy / 2 - 0.03), (z - 0.03) / 2)
            blocks.append(Block(leg, (0.04, 0.04, z - 0.03), steel))
    sx_, sy_, sz = facility.scanner.position
    blocks.append(Block((sx_, sy_, sz + 0.004), (0.11, 0.11, 0.008), (*shades.belt, 1.0)))
    blocks.append(Block((sx_, sy_, sz + 0.0085), (0.075, 0.075, 0.001), _GLASS, solid=False))
    for px, py in facility.table.spots:
        blocks.append(Block((px, py, z), (0.02, 0.02, 0.0012), steel, solid=False))
    return tuple(blocks)


def _totes(facility: Facility) -> tuple[Block, ...]:
    blocks = []
    wall = 0.006
    colours, steel = zone_colours(facility), _steel(facility)
    for tote in facility.totes:
        (x, y, z), (dx, dy, dz) = tote.position, tote.size
        paint = colours[tote.zone]
        blocks.append(Block((x, y, z - wall / 2), (dx, dy, wall), paint))
        for side in (-1.0, 1.0):
            at_x = (x + side * (dx + wall) / 2, y, z + dz / 2 - wall / 2)
            at_y = (x, y + side * (dy + wall) / 2, z + dz / 2 - wall / 2)
            blocks.append(Block(at_x, (wall, dy + 2 * wall, dz + wall), paint))
            blocks.append(Block(at_y, (dx, wall, dz + wall), paint))
    if not blocks:
        return ()
    base = stand(facility)
    size = (base.high[0] - base.low[0], base.high[1] - base.low[1])
    centre = ((base.high[0] + base.low[0]) / 2, (base.high[1] + base.low[1]) / 2)
    low = base.high[2]
    blocks.append(Block((*centre, low - 0.01), (*size, 0.02), steel))
    for sx in (-1.0, 1.0):
        for sy in (-1.0, 1.0):
            leg = (centre[0] + sx * (size[0] / 2 - 0.03), centre[1] + sy * (size[1] / 2 - 0.03))
            blocks.append(Block((*leg, (low - 0.02) / 2), (0.04, 0.04, low - 0.02), steel))
    return tuple(blocks)


def _rack(facility: Facility) -> tuple[Block, ...]:
    rack, colours, steel = facility.rack, zone_colours(facility), _steel(facility)
    slot_x, slot_y = rack.slot_size
    blocks = []
    xs = [column.x for column in rack.columns]
    x_mid, x_len = (max(xs) + min(xs)) / 2, max(xs) - min(xs) + slot_x + 0.016
    back = rack.side * slot_y / 2
    for level, (y, z) in enumerate(rack.tiers):
        for column in rack.columns:
            x, paint = column.x, colours[column.zone]
            blocks.append(Block((x, y, z - 0.005), (slot_x, slot_y, 0.01), paint))
            for end in (-1.0, 1.0):
                strip = (x + end * (slot_x / 2 + 0.004), y, z + rack.lip / 2 - 0.005)
                blocks.append(Block(strip, (0.008, slot_y, rack.lip + 0.01), _WHITE))
        # The riser closes the step up to this tier and carries it.
        below = 0.02 if level == 0 else rack.tiers[level - 1][1] - 0.01
        front = (x_mid, y - back - rack.side * 0.003, (below + z + rack.lip) / 2)
        blocks.append(Block(front, (x_len, 0.006, z + rack.lip - below), steel))
    y, z = rack.tiers[-1]
    wall = (x_mid, y + back + rack.side * 0.005, z / 2 + 0.03)
    blocks.append(Block(wall, (x_len, 0.01, z + 0.06), steel))
    return tuple(blocks)
