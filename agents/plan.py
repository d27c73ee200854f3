"""Outcomes: why a skill ended."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a skill ended; ``cause`` is empty on success and otherwise says why."""

    success: bool
    cause: str = ""
