"""Surroundings: what differs between two cells of one layout without changing the work."""

from __future__ import annotations

from .base import Positive, Rgb, Share, Strict, Vec3


class Light(Strict):
    """One far light: where it shines from, and how strongly around and straight on."""

    direction: Vec3 = (-50.0, 30.0, 100.0)
    ambient: Share = 0.6
    diffuse: Share = 0.35


class Shades(Strict):
    """Colours of surfaces; ``floor`` are the two shades of its tiles.

    ``zones`` brightens or darkens the colours that tell zones apart.
    """

    floor: tuple[Rgb, Rgb] = ((0.804, 0.816, 0.828), (0.871, 0.879, 0.887))
    table: Rgb = (0.86, 0.83, 0.77)
    steel: Rgb = (0.45, 0.48, 0.52)
    belt: Rgb = (0.13, 0.14, 0.16)
    zones: Positive = 1.0


class Frictions(Strict):
    """Factors on the friction of stations, of the belt, and of goods."""

    stations: Positive = 1.0
    belt: Positive = 1.0
    goods: Positive = 1.0


class Surroundings(Strict):
    """Light, colours and friction of a cell."""

    light: Light = Light()
    shades: Shades = Shades()
    friction: Frictions = Frictions()
