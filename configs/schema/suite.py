"""Suites: instructions with deliveries and with what the instructions mean."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from .base import Count, Rising, Share, Strict
from .order import Order, Reason
from .site import SlottingRule, Task

Sentence = Annotated[str, Field(min_length=1, max_length=600)]
Carton = Annotated[tuple[str, ...], Field(min_length=1)]
Name = Annotated[str, Field(pattern=r"^[\w.-]+$")]


class Chances(Strict):
    """Chances with which a case's delivery differs from its manifests; see `Delivery`."""

    repeat: Share = 0.3
    short: Share = 0.0
    wrong: Share = 0.0
    surplus: Share = 0.0
    damaged: Share = 0.0
    open: Share = 0.0


class Case(Strict):
    """One task of a benchmark: what a robot is told, and what it finds.

    Attributes:
        id: Its name within the suite.
        instruction: The sentence, or several that are told one after the other.
        facility: Name or YAML file of the site.
        seed: What the delivery is drawn from.
        catalogue: Name or YAML file of the goods, in place of the facility's.
        task: ``chain``, or a stage of it.
        cartons: Least and most cartons, in place of the facility's.
        items: Least and most items of a carton, in place of the facility's.
        chances: That the delivery differs from its manifests.
        goods: SKUs of each carton, in place of what would be drawn.
        rules: Slotting rules that go before those of the house today.
        orders: What each sentence means; by default that the house rules hold.
        refuse: Why it is to be refused, if it is.
        notes: Words printed on items' labels beside the rest, by item name.
    """

    id: Name
    instruction: Sentence | Annotated[tuple[Sentence, ...], Field(min_length=1)]
    facility: str
    seed: Annotated[int, Field(ge=0)]
    task: Task = "chain"
    catalogue: str | None = None
    cartons: Annotated[tuple[Count, Count], Rising] | None = None
    items: Annotated[tuple[Count, Count], Rising] | None = None
    chances: Chances = Chances()
    goods: Annotated[tuple[Carton, ...], Field(min_length=1)] | None = None
    rules: tuple[SlottingRule, ...] = ()
    orders: tuple[Order, ...] = ()
    refuse: Reason | None = None
    notes: dict[str, str] = Field(default_factory=dict)

    @property
    def instructions(self) -> tuple[str, ...]:
        """The sentences, in order."""
        one = self.instruction
        return (one,) if isinstance(one, str) else one

    @property
    def meanings(self) -> tuple[Order, ...]:
        """What the sentences mean, one each."""
        return self.orders or (Order(),) * len(self.instructions)

    @model_validator(mode="after")
    def _one_order_each(self) -> Case:
        if self.orders and len(self.orders) != len(self.instructions):
            raise ValueError(
                f"{len(self.orders)} orders for {len(self.instructions)} instructions; "
                "give one for each"
            )
        return self

    @model_validator(mode="after")
    def _suits_the_task(self) -> Case:
        if self.goods is not None and self.task in ("classify", "store"):
            raise ValueError(f"'goods' come in cartons; task '{self.task}' has none")
        if self.task in ("unpack", "classify") and any(o != Order() for o in self.orders):
            raise ValueError(f"orders say where goods are stored; task '{self.task}' stores none")
        return self

    def __hash__(self) -> int:
        return hash((self.id, self.seed, self.facility))


class Suite(Strict):
    """Cases that test one ability.

    Attributes:
        name: Of the suite.
        description: What it tests.
        language: Of the instructions.
        cases: With ids of their own.
    """

    name: Name
    description: str = ""
    language: str = "en"
    cases: Annotated[tuple[Case, ...], Field(min_length=1)]

    @model_validator(mode="before")
    @classmethod
    def _numbered(cls, data: Any) -> Any:
        """Give cases without an id one."""
        if isinstance(data, dict) and isinstance(data.get("cases"), list):
            data = data | {
                "cases": [
                    case | {"id": f"{data.get('name', 'case')}-{k:03d}"}
                    if isinstance(case, dict) and "id" not in case
                    else case
                    for k, case in enumerate(data["cases"])
                ]
            }
        return data

    @model_validator(mode="after")
    def _no_twins(self) -> Suite:
        seen: set[str] = set()
        for k, case in enumerate(self.cases):
            if case.id in seen:
                # "at" tells the loader where in the file to point.
                raise PydanticCustomError(
                    "twin", "an earlier case has the id '{id}'", {"id": case.id, "at": ("cases", k)}
                )
            seen.add(case.id)
        return self
