"""Variations: how far cells of one facility may differ from its layout."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from .base import Positive, Rising, Share, Strict, Vec3

Size = Annotated[float, Field(ge=0.0)]
Factor = Annotated[tuple[Positive, Positive], Rising]


class Moves(Strict):
    """The farthest that each part moves from its place, one way or the other [m].

    ``table`` takes its spots and the scanner along, which then move by themselves.
    """

    dock: Vec3
    table: Vec3
    spots: Size
    scanner: Size
    totes: Vec3
    rack: Vec3
    tiers: Size


class Sizes(Strict):
    """Factors on the depth of totes, the strips between slots, and the rack's width."""

    tote_depth: Factor
    lip: Factor
    rack_width: Factor


class Lighting(Strict):
    """Range of the angle between the light and the vertical [rad], and of the light's strengths."""

    tilt: Annotated[tuple[Size, Size], Rising]
    ambient: Annotated[tuple[Share, Share], Rising]
    diffuse: Annotated[tuple[Share, Share], Rising]


class Grip(Strict):
    """Factors on the friction of stations, of the belt, and of goods."""

    stations: Factor
    belt: Factor
    goods: Factor


class Variation(Strict):
    """One level of variation: the range of everything that varies.

    ``shade`` is the most that a colour's channels change, ``zones`` a factor on zones' colours.
    """

    name: str
    description: str
    moves: Moves
    sizes: Sizes
    belt_speed: Factor
    light: Lighting
    shade: Size
    zones: Factor
    friction: Grip
