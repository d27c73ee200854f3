"""Suites: instructions with deliveries and with what the instructions mean."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, model_validator

from .base import Count, Rising, Share, Strict
from .order import Order, Reason
from .site import SlottingRule, Task


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

    id: Annotated[str, Field(pattern=r"^[\w.-]+$")]
    instruction: Annotated[str, Field(min_length=1, max_length=600)] | tuple[str, ...]
    facility: str
    seed: Annotated[int, Field(ge=0)]
    task: Task = "chain"
    cartons: Annotated[tuple[Count, Count], Rising] | None = None
    items: Annotated[tuple[Count, Count], Rising] | None = None
    chances: Chances = Chances()
    goods: tuple[tuple[str, ...], ...] | None = None
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

    name: str
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
        ids = [case.id for case in self.cases]
        twin = next((name for name in ids if ids.count(name) > 1), None)
        if twin is not None:
            raise ValueError(f"two cases have the id '{twin}'")
        return self
