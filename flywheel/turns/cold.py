"""What a brain knows before the first turn: how to read, and plain instructions at one site.

It has learnt to read from tales, which are about made-up sites and say nothing about any real one.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator

from warewheel.flywheel.spread import shared
from warewheel.flywheel.suites import material, tales
from warewheel.flywheel.suites.material import LEVEL, Row
from warewheel.flywheel.training.rows import Chat, in_order

from .stream import Scenario, scenarios

# Share of tales among deliveries.
_TALES = 0.7
_CHUNK = 50


def plain(count: int, workers: int = 1) -> Iterator[tuple[float, list[Row]]]:
    """Yield about so many lessons at the one site, as rows, with the share done.

    Args:
        count: Lessons.
        workers: Processes; the rows and their order are the same for any number.
    """
    some = list(scenarios(0, count, 0, workers=workers))
    for k, rows in enumerate(shared(_rows, some, workers, _CHUNK), 1):
        yield k / len(some), rows


@functools.cache
def chats(deliveries: int, asked: bool = False) -> tuple[Chat, ...]:
    """Return conversations about the one site and made-up ones, in the order of learning.

    Args:
        deliveries: How many, about; most are tales.
        asked: With primers and quizzes between them.
    """
    told = round(deliveries * _TALES)
    some = [*plain(deliveries - told), *tales.made(told, asked=None if asked else {})]
    return tuple(in_order([row for _, rows in some for row in rows]))


def _rows(scenario: Scenario) -> list[Row]:
    found = material.lesson(scenario.case)
    return [{"messages": list(found.messages), "level": LEVEL}] if found else []
