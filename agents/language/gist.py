"""Gists: what an instruction means, in the few words that goods and places are described in.

A language model writes one for each instruction before its first step, so that it has to find out
only once who is meant and what holds. Of the clauses of a gist, the first that is about an item
says where it goes. Conditions and comparisons come with what they were decided by: of goods that
are compared, a star marks each that is ahead of all before it, so that the last star wins.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

from warewheel.configs.orders import means, settled
from warewheel.configs.schema import Goods, Move, Order, SlottingRule, Spot, Storage, Unit

from .describe import goods, spoken, who

_NONE = "none"


def gist(
    order: Order,
    rules: Iterable[SlottingRule],
    units: Sequence[Unit],
    storage: Storage,
    refusal: str = "",
) -> str:
    """Return the gist of an instruction.

    Args:
        order: What it means.
        rules: Slotting rules that it brings.
        units: What the manifests promise, in their order.
        storage: The house rules.
        refusal: Why the instruction is to be refused, if it is.

    Raises:
        ConfigError: A comparison has no clear answer.
    """
    parts: list[str] = []
    moves = order.moves
    if order.if_any is not None:
        wanted = settled(order.if_any, units, storage)
        there = next((u.sku for u in units if means(wanted, u, storage)), None)
        parts.append(f"if {goods(order.if_any)}: {spoken(there.sku) if there else _NONE}")
        moves = order.moves if there else order.otherwise
    if order.first is not None:
        ahead = settled(order.first, units, storage)
        parts.append(f"first {sum(means(ahead, u, storage) for u in units)} {_words(ahead)}")
    if order.within is not None:
        parts.append(f"within {order.within / 60:g} min")
    for move in moves:
        parts += clauses(move, order.rest, units, storage)
    parts += [f"{who(rule)}>{rule.zone}" for rule in rules]
    parts.append(f"refuse {refusal}" if refusal else f"else>{order.rest}")
    return "; ".join(parts)


def clauses(move: Move, rest: str, units: Sequence[Unit], storage: Storage) -> Iterator[str]:
    """Yield the clauses of a move; what it leaves out comes first, and goes where the rest does.

    Raises:
        ConfigError: A comparison has no clear answer.
    """
    what = move.what
    if what.but is not None:
        yield f"{goods(what.but)}>{rest}"
    for trait in ("fragile", "high_value", "hazardous", "heavy"):
        if getattr(what, trait) is False:
            yield f"{goods(Goods.model_validate({trait: True}))}>{rest}"
    words = _words(what)
    if what.extreme is not None:
        found = settled(what, units, storage).sku or (_NONE,)
        words = f"{what.extreme} {words}: {_measures(what, units, storage)} = {spoken(found[0])}"
    count = "" if move.count is None else f"{move.count} "
    yield f"{count}{words}>{_where(move.to)}"


def _words(what: Goods) -> str:
    return goods(what) or "all"


def _measures(what: Goods, units: Sequence[Unit], storage: Storage) -> str:
    """Say of each of the goods what they are compared by, as manifests do."""
    plain = what.model_copy(update={"extreme": None})
    skus = {u.sku.sku: u.sku for u in units if means(plain, u, storage)}
    by_mass = what.extreme in ("heaviest", "lightest")
    sign = 1 if what.extreme in ("heaviest", "tallest") else -1
    best = -math.inf
    said = []
    for sku in skus.values():
        size = f"{sku.mass:.2f}" if by_mass else f"{sku.size[2] * 100:.1f}"
        ahead = sign * float(size) > best
        best = max(best, sign * float(size))
        said.append(f"{spoken(sku.sku)} {size}{'*' if ahead else ''}")
    return ", ".join(said) or _NONE


def _where(spot: Spot) -> str:
    if spot.place is not None:
        return spot.place
    return f"{spot.zone}" if spot.level is None else f"{spot.zone}-{spot.level}"
