"""Ground that the models stand on: units, ranges and strictness."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

Vec3 = tuple[float, float, float]
Rgb = tuple[float, float, float]
Positive = Annotated[float, Field(gt=0.0)]
Count = Annotated[int, Field(ge=1)]
Share = Annotated[float, Field(ge=0.0, le=1.0)]


def _rising(pair: tuple[float, float]) -> tuple[float, float]:
    if pair[0] > pair[1]:
        raise ValueError(f"expected (least, most), got ({pair[0]}, {pair[1]})")
    return pair


Rising = AfterValidator(_rising)


class Strict(BaseModel):
    """Base of every model here: frozen, and unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
