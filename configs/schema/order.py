"""Orders: what an instruction means, as data."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from .base import Count, Positive, Strict
from .goods import Temperature

Extreme = Literal["heaviest", "lightest", "tallest", "shortest"]
Reason = Literal["absent", "too_heavy", "no_grip", "no_place", "no_room", "unsafe"]


class Goods(Strict):
    """Some of the goods of a delivery: those that have every given attribute.

    Attributes:
        heavy: Heavier than the house calls heavy.
        hazardous: With any hazard.
        extreme: Of the goods that have the other attributes, the SKU that is the most so.
        but: Leaves out what matches it.
    """

    category: tuple[str, ...] | None = None
    sku: tuple[str, ...] | None = None
    route: tuple[str, ...] | None = None
    temperature: tuple[Temperature, ...] | None = None
    fragile: bool | None = None
    high_value: bool | None = None
    hazardous: bool | None = None
    heavy: bool | None = None
    extreme: Extreme | None = None
    but: Goods | None = None


class Spot(Strict):
    """Where goods go: one place, or the slots of a zone, of one tier or of any."""

    zone: str | None = None
    level: Annotated[int, Field(ge=0)] | None = None
    place: str | None = None

    @model_validator(mode="after")
    def _one_of(self) -> Spot:
        if (self.zone is None) == (self.place is None):
            raise ValueError("give either a zone or a place")
        if self.level is not None and self.zone is None:
            raise ValueError("a level goes with a zone")
        return self


class Move(Strict):
    """Goods go to a spot; with ``count`` exactly so many of them, whichever."""

    what: Goods = Goods()
    to: Spot
    count: Count | None = None


class Order(Strict):
    """What is to be done with a delivery, beyond what the house rules say of sound goods.

    What something is wrong with goes where the house puts it, whatever an order says.

    Attributes:
        moves: The first that matches an item says where it goes.
        rest: Where all else goes: where the house rules say, or onto the table.
        if_any: ``moves`` hold if the delivery has such goods, otherwise ``otherwise`` does.
        otherwise: See ``if_any``.
        first: Goods that are stored before all others.
        within: Time by which the goods of ``moves`` are where they go [s].
        cartons: Numbers of the cartons that it is about, from 0; None for all.
    """

    moves: tuple[Move, ...] = ()
    rest: Literal["house", "table"] = "house"
    if_any: Goods | None = None
    otherwise: tuple[Move, ...] = ()
    first: Goods | None = None
    within: Positive | None = None
    cartons: tuple[Annotated[int, Field(ge=0)], ...] | None = None

    @model_validator(mode="after")
    def _conditional(self) -> Order:
        if self.otherwise and self.if_any is None:
            raise ValueError("'otherwise' goes with 'if_any'")
        return self
