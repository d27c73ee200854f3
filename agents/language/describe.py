"""Descriptions: a site, a manifest and a label in the few words that a language model is told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from warewheel.configs.schema import Body, Facility, Goods, Sku, SlottingRule, Unit
from warewheel.sim.facts import TABLE
from warewheel.sim.values import Line, Manifest


def site(facility: Facility, body: Body) -> Iterator[str]:
    """Yield lines that say what a site has, what its robot can lift, and what the rules are."""
    stems = dict.fromkeys(slot.rpartition("-")[0] for slot in facility.rack.slots)
    yield f"slots: {' '.join(stems)}, tiers 0-{len(facility.rack.tiers) - 1}"
    yield f"{body.name} lifts {body.payload:.1f} kg"
    yield f"rules: {'; '.join(_rules(facility))}"


def manifest(
    of: Manifest, promised: Callable[[Line], Unit | None], heavy_above: float
) -> Iterator[str]:
    """Yield lines that say what a carton should hold.

    Args:
        of: The manifest.
        promised: Returns a unit as a line describes it, or None if its goods are unknown.
        heavy_above: Goods of a larger mass are called heavy [kg].
    """
    yield f"{of.carton} should hold"
    for line in of.lines:
        unit = promised(line)
        if unit is None:
            yield f"{line.quantity} unknown goods: {line.name}"
        else:
            kinds, rest = _kind(unit, heavy_above), _rest(unit, measures=True)
            yield f"{line.quantity} {kinds}: {line.name} {rest}"


def label(unit: Unit, heavy_above: float) -> str:
    """Say what the label of a unit says; that is nothing about measures."""
    return f"{_kind(unit, heavy_above)}: the {_rest(unit, measures=False)}"


def rank(of: Unit, promised: Iterable[Unit], stored: Iterable[tuple[Unit, str]] = ()) -> str:
    """Say which of several of the same goods a unit is, by when they expire; else say nothing.

    Where some of them are stored already, it is said which are where.

    Args:
        of: The unit.
        promised: All that is promised, the unit too.
        stored: Units in slots, each with the name of its slot.
    """
    days = [one.expiry for one in promised if one.sku == of.sku and one.expiry is not None]
    if of.expiry is None or len(days) < 2:
        return ""
    place = {day: 1 + sum(one < day for one in days) for day in [of.expiry, *days]}
    there = (
        f", {place[one.expiry]} at {slot}"
        for one, slot in stored
        if one.sku == of.sku and one.expiry in place
    )
    return f" ({place[of.expiry]} of {len(days)} to expire{''.join(there)})"


def tally(
    of: Unit, there: Iterable[Unit], spot: str, heavy_above: float, stored: Iterable[Unit] = ()
) -> str:
    """Say how many there are in a spot of each kind that a unit is of, in the words of gists.

    Where more of a kind are stored elsewhere, it is said how many there are in all.

    Args:
        of: The unit that came last.
        there: All units in the spot.
        spot: Name of a zone, of the table or of a tote.
        heavy_above: Goods of a larger mass are called heavy [kg].
        stored: All units in slots; what is on the table is not stored.
    """
    here, everywhere = (
        Counter(kind for unit in some for kind in _kinds(unit, heavy_above))
        for some in (there, () if spot == TABLE else stored)
    )
    said = [
        f"{here[kind]} {kind}>{spot}"
        + (f" ({everywhere[kind]} in all)" if everywhere[kind] > here[kind] else "")
        for kind in _kinds(of, heavy_above)
    ]
    return f"so far {'; '.join(said)}"


def spoken(name: str) -> str:
    """Return the name of a SKU or a category as people say it."""
    return name.replace("-", " ").replace("_", " ")


def who(rule: SlottingRule) -> str:
    """Say in the fewest words which goods a rule is about."""
    words: list[str] = []
    words += rule.temperature or ()
    if rule.hazard is not None:
        words.append("hazard")
    if rule.high_value:
        words.append("valuable")
    if rule.fragile:
        words.append("fragile")
    words += [spoken(category) for category in rule.category or ()]
    if rule.route is not None:
        words += [f"to {route}" for route in rule.route]
    words += rule.condition or ()
    return " ".join(words) or "all else"


def goods(of: Goods) -> str:
    """Say in the fewest words which goods are meant by one attribute."""
    named = [spoken(name) for name in (*(of.category or ()), *(of.sku or ()))]
    named += [f"to {route}" for route in of.route or ()]
    named += of.temperature or ()
    traits = {
        "fragile": of.fragile, "valuable": of.high_value, "hazard": of.hazardous, "heavy": of.heavy
    }  # fmt: skip
    named += [word for word, has in traits.items() if has]
    return " ".join(named)


def _kind(unit: Unit, heavy_above: float) -> str:
    """Say all that gists may mean a unit by, but its name.

    That is looked up, and comes before what is found: small models copy what follows with ease.
    """
    kinds = [spoken(unit.sku.category), *_traits(unit.sku)]
    if unit.sku.mass > heavy_above:
        kinds.append("heavy")
    if unit.route:
        kinds.append(f"to {unit.route}")
    return " ".join(kinds)


def _rest(unit: Unit, measures: bool) -> str:
    """Say in a few words what else a unit is."""
    sku = unit.sku
    words = [spoken(sku.sku)]
    if measures:
        words.append(f"{sku.mass:.2f} kg {sku.size[2] * 100:.1f} cm")
    if unit.expiry is not None:
        words.append(f"{unit.expiry} days")
    if unit.condition != "intact":
        words.append(unit.condition)
    return " ".join(words)


def _kinds(unit: Unit, heavy_above: float) -> Iterator[str]:
    """Yield the words for each single attribute by which `goods` could mean a unit, but its SKU."""
    sku = unit.sku
    asked = [
        Goods(category=(sku.category,)),
        Goods(fragile=sku.fragile),
        Goods(hazardous=sku.hazard != "none"),
        Goods(high_value=sku.high_value),
        Goods(heavy=sku.mass > heavy_above),
        Goods(temperature=() if sku.temperature == "ambient" else (sku.temperature,)),
        Goods(route=(unit.route,) if unit.route else ()),
    ]
    yield from dict.fromkeys(words for one in asked if (words := goods(one)))


def _traits(sku: Sku) -> Iterator[str]:
    if sku.temperature != "ambient":
        yield sku.temperature
    if sku.fragile:
        yield "fragile"
    if sku.hazard != "none":
        yield f"hazard {sku.hazard}"
    if sku.high_value:
        yield "valuable"


def _rules(facility: Facility) -> Iterator[str]:
    """Say the house rules in the words that goods are described in."""
    storage = facility.storage
    yield from (f"{who(rule)} to {rule.zone}" for rule in storage.slotting)
    aside: dict[str, list[str]] = {}
    for flaw, zone in storage.quarantine.items():
        aside.setdefault(zone, []).append(flaw)
    yield from (f"{' '.join(flaws)} to {zone}" for zone, flaws in aside.items())
    yield f"heavy over {storage.heavy_above:.2f} kg on tier 0-{storage.heavy_max_level}"
    if storage.first_expired_first_out:
        yield "of the same goods what expires first lower"
