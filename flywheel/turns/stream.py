"""The scenario stream: what each turn brings, wider from turn to turn."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from warewheel.configs.schema import Case
from warewheel.flywheel.spread import shared
from warewheel.flywheel.suites.make import cases
from warewheel.flywheel.suites.material import noisy, shorter, training

# Seeds of the stream; no suite and nothing that brains are trained on otherwise has any of them.
FIRST = 500_000_000
# Seeds set apart for a turn, for a kind within it, and for a run's own seed within that.
_TURN, _KIND, _RUN = 20_000_000, 1_000_000, 20_000
# Number of runs with seeds of their own.
RUNS = _KIND // _RUN
# Where among a run's seeds those begin that are like before, and that are like what has failed.
_AGAIN, _OLDER = "again", "old"
_STRETCHES = {"": 0, _AGAIN: _RUN // 4, _OLDER: _RUN // 2}
# Where in such a stretch those begin that are about foreign goods, and one scenario in how many is,
# or one in how many of those kinds in which all else is known; where there may be none of a kind,
# so many seeds are tried for each.
_FOREIGN, _FEW, _MANY, _TRIES = _RUN // 8, 4, 2, 8
# Of the turns' numbers, the one that champion and challenger are compared on; a run ends before.
_HELD_OUT = 20
MOST = _HELD_OUT - 1
# So many times as many held-out scenarios are of what is known before the first turn: of few it
# would not show whether a little is lost.
_MORE = 4
# First seed of what brain and hand do together.
CHAIN = FIRST + 30 * _TURN
# Share of a turn's scenarios that are like those before, and like those that failed last.
_OLD, _MINED = 0.2, 0.3


@dataclass(frozen=True, slots=True)
class Width:
    """What can be asked for in a turn.

    Attributes:
        kinds: Of suites.
        facilities: Sites that it is asked for at.
        goods: Name of goods that no site has, which come now and then, or None.
    """

    kinds: tuple[str, ...]
    facilities: tuple[str, ...]
    goods: str | None = None


# Awkward goods, which the hand learns to grip.
AWKWARD = "awkward"
_HUB, _FRESH, _RE_TURNS = "parcel_hub", "fresh_grocer", "returns_center"
# The first is what a learner knows before the first turn; the last goes on for ever.
KINDS = (
    "base", "paraphrase", "reference", "quantity", "rules", "conditional", "temporal",
    "memory", "long", "zh", "discrepancy", "injection",
)  # fmt: skip
WIDTHS = (
    Width(("base",), (_HUB,)),
    Width(KINDS, (_HUB, _FRESH), AWKWARD),
    Width(KINDS, (_HUB, _FRESH, _RE_TURNS), AWKWARD),
)


@dataclass(frozen=True, slots=True)
class Scenario:
    """A case of some suite's kind; an ``old`` one is like those of an earlier turn."""

    kind: str
    case: Case
    old: bool = False


def scenarios(
    turn: int, count: int, seed: int, failures: Mapping[str, int] | None = None,
    site: str | None = None, workers: int = 1,
) -> Iterator[Scenario]:  # fmt: skip
    """Yield about so many scenarios of a turn.

    Args:
        turn: From 0, which has what is known before the first.
        count: How many, about; at least one of each kind.
        seed: Of the run, below `RUNS`.
        failures: How many scenarios of each kind failed in the turn before; more of these come.
        site: The only facility, or None for each turn's own.
        workers: Processes; they make no difference.
    """
    now, before = width(turn, site), width(max(0, turn - 1), site)
    failed = Counter(failures or {})
    mined = _MINED if failed else 0.0
    old = _OLD if turn else 0.0
    wanted = Counter[str]()
    for kind in now.kinds:
        wanted[kind] += round(count * (1 - old - mined) / len(now.kinds))
        if failed:
            wanted[kind] += round(count * mined * failed[kind] / failed.total())
    draws = [_Draw(kind, now, turn, max(1, wanted[kind]), seed) for kind in now.kinds]
    if old:
        number = max(1, round(count * old / len(before.kinds)))
        draws += [_Draw(kind, before, turn, number, seed, _OLDER) for kind in before.kinds]
    yield from _drawn(draws, workers)


def repeated(
    turn: int, count: int, seed: int, failures: Mapping[str, int], site: str | None = None,
    workers: int = 1,
) -> Iterator[Scenario]:  # fmt: skip
    """Yield about so many more scenarios of a turn, of each kind in proportion to its failures.

    In half of their instructions are words without meaning as well.

    Args:
        turn: As for `scenarios`; none of these is among those.
        count: How many, about.
        seed: Of the run, below `RUNS`.
        failures: How many scenarios of each kind failed; if none did, all kinds come alike.
        site: The only facility, or None for the turn's own.
        workers: Processes; they make no difference.
    """
    now = width(turn, site)
    failed = Counter({kind: failures.get(kind, 0) for kind in now.kinds})
    if not failed.total():
        failed = Counter(now.kinds)
    numbers = {kind: round(count * failed[kind] / failed.total()) for kind in now.kinds}
    draws = [_Draw(kind, now, turn, number, seed, _AGAIN) for kind, number in numbers.items()]
    yield from _drawn(draws, workers)


def width(turn: int, site: str | None = None) -> Width:
    """Return what a turn can ask for, at one site if it is named."""
    found = WIDTHS[min(turn, len(WIDTHS) - 1)]
    return found if site is None else Width(kinds_at(site, found.kinds), (site,), found.goods)


def kinds_at(site: str, kinds: Sequence[str] = KINDS) -> tuple[str, ...]:
    """Return the kinds that there are at a site."""
    return tuple(kind for kind in kinds if site in (training(kind).facilities or (site,)))


def held_out(turn: int, each: int, site: str | None = None, look: int = 0) -> list[Scenario]:
    """Return scenarios of every kind at every site; the same for every run.

    Args:
        turn: Kinds of an earlier one are old.
        each: Of each kind; more of what is known before the first turn.
        site: The only facility, or None for all.
        look: From 0; each has other scenarios.
    """
    sites = (_HUB, _FRESH, _RE_TURNS) if site is None else (site,)
    kinds = KINDS if site is None else kinds_at(site)
    first, wide = WIDTHS[0].kinds, Width(kinds, sites, AWKWARD)
    before = WIDTHS[max(0, min(turn - 1, len(WIDTHS) - 1))].kinds if turn else ()
    return [
        replace(one, old=kind in before)
        for kind in kinds
        for number in [each * (_MORE if kind in first else 1)]
        for one in _some(_Draw(kind, wide, _HELD_OUT, number, look))
    ]


@dataclass(frozen=True, slots=True)
class _Draw:
    """What to draw of one kind, from one of `_STRETCHES` of a turn's seeds."""

    kind: str
    width: Width
    turn: int
    count: int
    seed: int
    stretch: str = ""


def _drawn(draws: Sequence[_Draw], workers: int) -> Iterator[Scenario]:
    return itertools.chain.from_iterable(shared(_some, draws, workers))


def _some(draw: _Draw) -> list[Scenario]:
    recipe = (training if draw.turn == _HELD_OUT else shorter)(draw.kind)
    there = draw.width.facilities
    sites = tuple(site for site in recipe.facilities or there if site in there)
    recipe = replace(recipe, facilities=sites)
    first = FIRST + draw.turn * _TURN + KINDS.index(draw.kind) * _KIND
    first += (draw.seed % RUNS) * _RUN + _STRETCHES[draw.stretch]
    name = "-".join(filter(None, (f"turn-{draw.turn}", draw.kind, draw.stretch)))
    goods, one_in = draw.width.goods, _MANY if draw.kind in WIDTHS[0].kinds else _FEW
    few = draw.count // one_in if goods else 0
    made = cases(recipe, name, first, draw.count - few)
    if few:
        foreign = replace(recipe, catalogue=goods)
        more = cases(foreign, f"{name}-{goods}", first + _FOREIGN, few, most=_TRIES * few)
        made = itertools.chain(made, more)
    if draw.stretch == _AGAIN:
        # Nobody acts on these but the expert, who knows what is meant.
        made = noisy(made, recipe, first)
    return [Scenario(draw.kind, case, old=draw.stretch == _OLDER) for case in made]
