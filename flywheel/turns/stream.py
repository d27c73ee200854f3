"""The scenario stream: what each turn brings, wider from turn to turn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from warewheel.configs.schema import Case
from warewheel.flywheel.suites.make import cases
from warewheel.flywheel.suites.material import training

# Seeds of the stream; no suite and nothing that brains are trained on otherwise has any of them.
FIRST = 500_000_000
# Seeds set apart for a turn, for a kind within it, and for a run's own seed within that.
_TURN, _KIND, _RUN = 20_000_000, 1_000_000, 20_000
# Number of runs with seeds of their own.
RUNS = _KIND // _RUN
# Of the turns' numbers, the one that champion and challenger are compared on.
_HELD_OUT = 20
# So many times as many held-out scenarios are of what is known before the first turn: of few it
# would not show whether a little is lost.
_MORE = 4
# First seed of what brain and hand do together.
CHAIN = FIRST + 30 * _TURN
# Share of a turn's scenarios that are like those before, and like those that failed last.
_OLD, _MINED = 0.2, 0.2


@dataclass(frozen=True, slots=True)
class Width:
    """What can be asked for in a turn: kinds of suites, and the sites that it is asked for at."""

    kinds: tuple[str, ...]
    facilities: tuple[str, ...]


_HUB, _FRESH, _RE_TURNS = "parcel_hub", "fresh_grocer", "returns_center"
# The first is what a learner knows before the first turn; the last goes on for ever.
WIDTHS = (
    Width(("base",), (_HUB,)),
    Width(
        (
            "base", "paraphrase", "reference", "quantity", "rules", "conditional", "temporal",
            "zh", "discrepancy",
        ),
        (_HUB, _FRESH),
    ),
    Width(
        (
            "base", "paraphrase", "reference", "quantity", "rules", "conditional", "temporal",
            "memory", "long", "zh", "discrepancy", "injection",
        ),
        (_HUB, _FRESH, _RE_TURNS),
    ),
)  # fmt: skip
KINDS = WIDTHS[-1].kinds


@dataclass(frozen=True, slots=True)
class Scenario:
    """A case of some suite's kind; an ``old`` one is like those of an earlier turn."""

    kind: str
    case: Case
    old: bool = False


def scenarios(
    turn: int, count: int, seed: int, failures: Mapping[str, int] | None = None,
    site: str | None = None,
) -> Iterator[Scenario]:  # fmt: skip
    """Yield about so many scenarios of a turn.

    Args:
        turn: From 0, which has what is known before the first.
        count: How many, about; at least one of each kind.
        seed: Of the run, below `RUNS`.
        failures: How many scenarios of each kind failed in the turn before; more of these come.
        site: The only facility, or None for each turn's own.
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
    for kind in now.kinds:
        yield from _some(kind, now.facilities, turn, max(1, wanted[kind]), seed)
    for kind in before.kinds if old else ():
        # Another stretch of seeds of the same turn.
        number = max(1, round(count * old / len(before.kinds)))
        yield from _some(kind, before.facilities, turn, number, seed, old=True)


def width(turn: int, site: str | None = None) -> Width:
    """Return what a turn can ask for, at one site if it is named."""
    found = WIDTHS[min(turn, len(WIDTHS) - 1)]
    return found if site is None else Width(kinds_at(site, found.kinds), (site,))


def kinds_at(site: str, kinds: Sequence[str] = KINDS) -> tuple[str, ...]:
    """Return the kinds that there are at a site."""
    return tuple(kind for kind in kinds if site in (training(kind).facilities or (site,)))


def held_out(turn: int, each: int, site: str | None = None) -> list[Scenario]:
    """Return scenarios of every kind at every site; the same for every run.

    Args:
        turn: Kinds of an earlier one are old.
        each: Of each kind; more of what is known before the first turn.
        site: The only facility, or None for all.
    """
    sites = (_HUB, _FRESH, _RE_TURNS) if site is None else (site,)
    first = WIDTHS[0].kinds
    before = WIDTHS[max(0, min(turn - 1, len(WIDTHS) - 1))].kinds if turn else ()
    return [
        replace(one, old=kind in before)
        for kind in (KINDS if site is None else kinds_at(site))
        for one in _some(kind, sites, _HELD_OUT, each * (_MORE if kind in first else 1), 0)
    ]


def _some(
    kind: str, facilities: Sequence[str], turn: int, count: int, seed: int, old: bool = False
) -> Iterator[Scenario]:
    recipe = training(kind)
    sites = [site for site in recipe.facilities or facilities if site in facilities]
    first = FIRST + turn * _TURN + KINDS.index(kind) * _KIND + (seed % RUNS) * _RUN
    name = f"turn-{turn}-{kind}{'-old' if old else ''}"
    # Those that are like before come from the second half of the run's seeds.
    first += _RUN // 2 if old else 0
    made = cases(replace(recipe, facilities=tuple(sites)), name, first, count)
    return (Scenario(kind, case, old) for case in made)
