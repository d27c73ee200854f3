"""Splits: which episodes are for training and which are for which test."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from .base import Count, Rising, Share, Strict

Task = Literal["unpack", "classify", "store", "chain"]


class Seeds(Strict):
    """The seeds of a split: ``count`` of them from ``first`` on."""

    first: Annotated[int, Field(ge=0)]
    count: Count


class Split(Strict):
    """A fixed set of episodes, drawn from facilities in rotation.

    What is not given is as the facility has it.

    Attributes:
        seeds: Of its episodes; no two splits share one.
        facilities: Names, taken in turn; empty for all that are shipped.
        tasks: Names, taken in turn.
        catalogue: Goods in place of the facility's own.
        level: How strongly layouts and surroundings are varied.
        faults: Name of a fault profile.
        cartons: Least and most cartons of a delivery.
        items: Least and most items of a carton.
        short: Chance that a carton is short of an item.
    """

    name: str
    description: str
    seeds: Seeds
    facilities: tuple[str, ...] = ()
    tasks: Annotated[tuple[Task, ...], Field(min_length=1)] = ("chain",)
    catalogue: str | None = None
    level: str = "none"
    faults: str | None = None
    cartons: Annotated[tuple[Count, Count], Rising] | None = None
    items: Annotated[tuple[Count, Count], Rising] | None = None
    short: Share | None = None
