"""Goods: the catalogue's entries."""

from __future__ import annotations

import math
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from warewheel.configs.gtin import check_digit

from .base import Positive, Rgb, Strict, Vec3

Shape = Literal["box", "bag", "can", "bottle", "mesh", "prism"]
Temperature = Literal["ambient", "chilled", "frozen"]
Condition = Literal["intact", "damaged", "open"]
Hazard = Literal["none", "flammable", "corrosive", "oxidizer", "toxic"]


def _known_gtin(gtin: str) -> str:
    right = check_digit(gtin[:-1])
    if gtin[-1] != right:
        raise ValueError(f"check digit of '{gtin}' is {gtin[-1]}; it should be {right}")
    return gtin


def _right_angles(rpy: Vec3) -> Vec3:
    quarters = [angle / (math.pi / 2) for angle in rpy]
    if any(abs(quarter - round(quarter)) > 1e-3 for quarter in quarters):
        raise ValueError(f"expected multiples of pi/2, got {rpy}")
    return rpy


class MeshShape(Strict):
    """A mesh from ``pybullet_data``, turned upright and stretched to the item's size."""

    file: str
    # Multiples of a right angle, so that the stretching only changes axes.
    rpy: Annotated[Vec3, AfterValidator(_right_angles)] = (0.0, 0.0, 0.0)
    # Diameter of the disc about the middle of its top that is flat when it stands upright [m].
    flat_top: Annotated[float, Field(ge=0.0)] = 0.0


class PrismShape(Strict):
    """An upright prism, or a frustum where its top differs from its base; it fills the item's size.

    Attributes:
        sides: Number of its corners, seen from above.
        turn: Of its corners about the upright axis, before it is stretched to its size [rad].
        top: Size of its top along x and y, as shares of the base's.
        shift: Of its top along x and y, as shares of the base's half size.
    """

    sides: Annotated[int, Field(ge=3, le=12)]
    turn: float = 0.0
    top: tuple[Positive, Positive] = (1.0, 1.0)
    shift: tuple[float, float] = (0.0, 0.0)


class Sku(Strict):
    """One catalogue entry.

    ``size`` is the bounding box (x, y, z) of the item standing upright in its own frame, whose
    origin is the centre of that box. Cans and bottles are round: their x and y are equal.
    """

    sku: str
    name: str
    gtin: Annotated[str, Field(pattern=r"^[0-9]{14}$"), AfterValidator(_known_gtin)]
    category: str
    shape: Shape
    size: tuple[Positive, Positive, Positive]
    mass: Positive
    friction: Positive = 0.6
    temperature: Temperature = "ambient"
    fragile: bool = False
    hazard: Hazard = "none"
    high_value: bool = False
    shelf_life_days: Annotated[int, Field(gt=0)] | None = None
    rgb: Rgb = (0.7, 0.7, 0.7)
    mesh: MeshShape | None = None
    prism: PrismShape | None = None

    @model_validator(mode="after")
    def _shapely(self) -> Sku:
        if self.shape in {"can", "bottle"} and self.size[0] != self.size[1]:
            raise ValueError(
                f"a {self.shape} is round: expected equal x and y, "
                f"got {self.size[0]} and {self.size[1]}"
            )
        for name, found in (("mesh", self.mesh), ("prism", self.prism)):
            if (self.shape == name) != (found is not None):
                raise ValueError(
                    f"shape is '{self.shape}' {'without' if found is None else 'with'} a {name}; "
                    f"a {name} goes with shape '{name}' and with no other"
                )
        return self


class Unit(Strict):
    """One physical item: what it is, what its label says beside the GTIN, and its state.

    ``expiry`` counts the days that are left, ``route`` is where a parcel goes, ``condition`` is
    what an eye sees of it, ``note`` is whatever else is printed on its label.
    """

    sku: Sku
    lot: str = ""
    expiry: int | None = None
    route: str = ""
    condition: Condition = "intact"
    note: str = ""


class Catalogue(Strict):
    """A list of SKUs with unique ``sku`` and ``gtin``."""

    name: str
    items: Annotated[tuple[Sku, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _no_twins(self) -> Catalogue:
        for field in ("sku", "gtin"):
            first: dict[str, int] = {}
            for place, item in enumerate(self.items):
                value = getattr(item, field)
                if value in first:
                    # "at" tells the loader where in the file to point.
                    raise PydanticCustomError(
                        "twin",
                        "'{value}' is taken by items[{first}]",
                        {"value": value, "first": first[value], "at": ("items", place, field)},
                    )
                first[value] = place
        return self
