"""What may go wrong in an episode, and how often."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import Field, model_validator

from .base import Rising, Share, Strict

FaultKind = Literal[
    "grip_slip", "item_dropped", "jammed_flap", "carton_bumped", "item_tipped", "conveyor_stops",
    "label_unreadable", "label_wrong", "item_missing", "item_extra", "camera_dropout",
    "sensor_noise", "sensor_latency", "arm_pushed",
]  # fmt: skip
FAULT_KINDS: tuple[FaultKind, ...] = get_args(FaultKind)


class FaultChance(Strict):
    """A kind of fault: its chance in an episode, how long it lasts [s] and how strong it is.

    ``size`` is in the unit of the kind: metres for ``carton_bumped`` and ``sensor_noise``, control
    steps for ``sensor_latency``, newtons for ``arm_pushed``. ``for_good`` is the chance that it
    never ends, for those that a robot cannot mend: ``conveyor_stops`` and ``jammed_flap``.
    """

    kind: FaultKind
    chance: Share
    seconds: Annotated[tuple[float, float], Rising] = (0.0, 0.0)
    size: Annotated[tuple[float, float], Rising] = (0.0, 0.0)
    for_good: Share = 0.0

    @model_validator(mode="after")
    def _may_last(self) -> FaultChance:
        if self.for_good and self.kind not in ("conveyor_stops", "jammed_flap"):
            raise ValueError(f"'{self.kind}' always ends; for_good has no meaning for it")
        return self


class FaultProfile(Strict):
    """How episodes are troubled: the chance of each kind, and the fewest and the most of one."""

    name: str
    description: str
    count: Annotated[tuple[Annotated[int, Field(ge=0)], int], Rising]
    faults: tuple[FaultChance, ...]
