"""Gists: what an instruction means, in the few words that goods and places are described in.

A language model writes one for each instruction before its first step, so that it has to find out
only once who is meant and what holds. Of the clauses of a gist, the first that is about an item
says where it goes. Conditions, comparisons and what comes first are told with the lines of the
manifests by which they were decided: of goods that are compared, a star marks each that is ahead of
all before it, so that the last star wins; goods that are counted come with how many they are so
far. What goods are called comes after a word, as where it was told: tokenizers write words
otherwise where a line begins, and after a stop, and small models copy tokens.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

from warewheel.agents.clerk import Promise
from warewheel.configs.orders import means, settled
from warewheel.configs.schema import Goods, Move, Order, SlottingRule, Spot, Storage

from .describe import goods, spoken, who

_NONE, _ALL = "none", "all"


def gist(
    order: Order,
    rules: Iterable[SlottingRule],
    promises: Sequence[Promise],
    storage: Storage,
    refusal: str = "",
) -> str:
    """Return the gist of an instruction.

    Args:
        order: What it means.
        rules: Slotting rules that it brings.
        promises: Lines of the manifests, in their order.
        storage: The house rules.
        refusal: Why the instruction is to be refused, if it is.

    Raises:
        ConfigError: A comparison has no clear answer.
    """
    parts: list[str] = []
    moves = order.moves
    if order.if_any is not None:
        there = next(_of(order.if_any, promises, storage), None)
        parts.append(f"if {goods(order.if_any)}: {_name(there) if there else _NONE}")
        moves = order.moves if there else order.otherwise
    if order.first is not None:
        parts.append(f"first {_counted(order.first, promises, storage)}")
    if order.within is not None:
        parts.append(f"within {order.within / 60:g} min")
    for move in moves:
        parts += clauses(move, order.rest, promises, storage)
    parts += [f"{_the(who(rule))}>{rule.zone}" for rule in rules]
    parts.append(f"refuse {refusal}" if refusal else f"else>{order.rest}")
    return "; ".join(parts)


def clauses(move: Move, rest: str, promises: Sequence[Promise], storage: Storage) -> Iterator[str]:
    """Yield the clauses of a move; what it leaves out comes first, and goes where the rest does.

    Raises:
        ConfigError: A comparison has no clear answer.
    """
    what = move.what
    if what.but is not None:
        yield f"{_the(goods(what.but))}>{rest}"
    for trait in ("fragile", "high_value", "hazardous", "heavy"):
        if getattr(what, trait) is False:
            yield f"{_the(goods(Goods.model_validate({trait: True})))}>{rest}"
    words = _words(what)
    if what.extreme is not None:
        found = _settled(what, promises, storage).sku or (_NONE,)
        words = f"{what.extreme} {words}: {_measures(what, promises, storage)} = {spoken(found[0])}"
    elif move.count is None:
        words = _the(words)
    count = "" if move.count is None else f"{move.count} "
    yield f"{count}{words}>{_where(move.to)}"


def _words(what: Goods) -> str:
    return goods(what) or _ALL


def _the(words: str) -> str:
    return words if words.partition(" ")[0] == _ALL else f"the {words}"


def _settled(what: Goods, promises: Sequence[Promise], storage: Storage) -> Goods:
    return settled(what, [one.unit for one in promises], storage)


def _of(what: Goods, promises: Sequence[Promise], storage: Storage) -> Iterator[Promise]:
    """Yield the lines that are about some goods."""
    wanted = _settled(what, promises, storage)
    return (one for one in promises if means(wanted, one.unit, storage))


def _name(of: Promise) -> str:
    return f"{of.line} {spoken(of.unit.sku.sku)}"


def _measures(what: Goods, promises: Sequence[Promise], storage: Storage) -> str:
    """Say of each of the goods what they are compared by, as manifests do."""
    plain = what.model_copy(update={"extreme": None})
    by_mass = what.extreme in ("heaviest", "lightest")
    sign = 1 if what.extreme in ("heaviest", "tallest") else -1
    best = -math.inf
    said = []
    for one in _of(plain, promises, storage):
        sku = one.unit.sku
        size = f"{sku.mass:.2f}" if by_mass else f"{sku.size[2] * 100:.1f}"
        ahead = sign * float(size) > best
        best = max(best, sign * float(size))
        said.append(f"{_name(one)} {size}{'*' if ahead else ''}")
    return ", ".join(said) or _NONE


def _counted(what: Goods, promises: Sequence[Promise], storage: Storage) -> str:
    """Say in which lines some goods are, with how many these are so far, and how many in all."""
    wanted, total, lines = _settled(what, promises, storage), 0, []
    for one in _of(wanted, promises, storage):
        total += one.quantity
        lines.append(f"{one.line} {total}")
    words = _words(wanted)
    return f"{words}: {', '.join(lines) or _NONE} = {total} {words}"


def _where(spot: Spot) -> str:
    if spot.place is not None:
        return spot.place
    return f"{spot.zone}" if spot.level is None else f"{spot.zone}-{spot.level}"
