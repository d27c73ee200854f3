"""Fiction: made-up sites, where nothing that was known before helps; all there is must be read.

Layout and body are those of a real site. Names of zones and goods, what goods are like, and the
house rules are drawn by chance: a zone is never the likelier for its name, a rule for its goods.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from typing import get_args

import numpy as np

from warewheel.configs import adapted, load_catalogue, load_cell, load_facility, names
from warewheel.configs.schema import Body, Case, Catalogue, Facility, Sku, SlottingRule, Storage
from warewheel.configs.schema.site import Column, Flaw, Keeping, Zone
from warewheel.envs.draw import number
from warewheel.flywheel.bench.play import Stage

from .make import Setting
from .meanings import HAZARDS

ZONES = (
    "west", "attic", "basement", "garage", "upstairs", "corner", "annex", "dock", "yard", "hall",
    "bay", "loft", "vault", "north", "south", "east", "secure", "cold", "ambient", "hazmat",
)  # fmt: skip
_ASIDE = "quarantine"
_BODY = "panda"
# Chances that a site has a zone for what is cold, dangerous, or precious, that it has routes,
# that it looks out for fragile goods, and that it sets opened ones aside.
_APART: tuple[tuple[Keeping, float], ...] = (("cold", 0.5), ("hazmat", 0.6), ("secure", 0.5))
_ROUTES, _CARE, _OPEN = 0.4, 0.2, 0.6
# Categories of goods, and those with a rule of their own, at least and at most.
_CATEGORIES, _RULED = (5, 9), (0, 3)
# Shares of words in names of goods that are made up, and of names with a number in them: what can
# only be copied letter by letter.
_INVENTED, _NUMBERED = 0.35, 0.25
# What words are made up of, to look like any: how a syllable begins, goes on, and ends.
_ONSETS = (
    "b", "bl", "br", "c", "ch", "cl", "cr", "d", "dr", "f", "fl", "fr", "g", "gl", "gr", "h", "j",
    "k", "l", "m", "n", "p", "pl", "pr", "r", "s", "sh", "sk", "sl", "sp", "st", "sw", "t", "th",
    "tr", "v", "w",
)  # fmt: skip
_NUCLEI = ("a", "e", "i", "o", "u", "ai", "ea", "ee", "oa", "oo", "ou")
_CODAS = (
    "", "", "b", "ck", "d", "ft", "g", "l", "ll", "m", "mp", "n", "nd", "ng", "nt", "p", "r", "rd",
    "rn", "rt", "s", "sh", "sk", "st", "t", "tch", "x",
)  # fmt: skip
_SYLLABLES = (1, 2)
# Shares of goods that are like this, where a site has a place for them.
_IS_COLD, _IS_HAZARD, _IS_FRAGILE, _IS_PRECIOUS, _EXPIRES = 0.35, 0.2, 0.2, 0.15, 0.6
_Between = tuple[int, int] | None
_MASS = (0.05, 1.2)
_DAYS = (10, 1200)
_HEAVY = (0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


def setting(seed: int) -> Setting:
    """Return what makes stages at a made-up site that is like a case's own in its layout alone."""

    # A case is set on a stage several times over until it is accepted.
    @functools.cache
    def cell(site: str, cartons: _Between, items: _Between) -> tuple[Facility, Body, Catalogue]:
        rng = np.random.default_rng([seed, 11])
        real, body, goods = load_cell(site, _BODY, None, cartons, items)
        zones = _zones(len(real.rack.columns), rng)
        catalogue = _catalogue(goods, set(zones.values()), rng)
        return _facility(real, catalogue, zones, rng), body, catalogue

    def stage(case: Case) -> Stage:
        facility, body, catalogue = cell(case.facility, case.cartons, case.items)
        return Stage(case, _BODY, (adapted(facility, case), body, catalogue))

    return stage


def _zones(most: int, rng: np.random.Generator) -> dict[str, Keeping]:
    """Return names of zones with what they keep; the last is for what is set aside."""
    keeps: list[Keeping] = ["ambient"] * number(rng, (1, 3))
    keeps += [keeping for keeping, chance in _APART if rng.random() < chance]
    keeps = [*keeps[: most - 1], "quarantine"]
    return dict(zip(_several((*ZONES, _ASIDE), len(keeps), rng), keeps, strict=True))


def _facility(
    real: Facility, catalogue: Catalogue, zones: dict[str, Keeping], rng: np.random.Generator
) -> Facility:
    columns = [column.x for column in real.rack.columns]
    # Each zone has a column; chance says whose the others are.
    called = tuple(zones)
    owners = [*called, *(_one(called, rng) for _ in columns[len(zones) :])]
    owners.sort(key=called.index)
    tiers = real.rack.tiers[: number(rng, (2, len(real.rack.tiers)))]
    rack = real.rack.model_copy(
        update={
            "columns": tuple(Column(zone=z, x=x) for z, x in zip(owners, columns, strict=True)),
            "tiers": tiers,
        }
    )
    totes = tuple(
        tote.model_copy(update={"name": f"tote-{k}", "zone": owners[k % len(owners)]})
        for k, tote in enumerate(real.totes)
    )
    return real.model_copy(
        update={
            "zones": {name: Zone(condition=keeping) for name, keeping in zones.items()},
            "rack": rack, "totes": totes,
            "storage": _storage(real.storage, catalogue, zones, len(tiers), rng),
        }
    )  # fmt: skip


def _storage(
    real: Storage, catalogue: Catalogue, zones: dict[str, Keeping], tiers: int,
    rng: np.random.Generator,
) -> Storage:  # fmt: skip
    flaws = [flaw for flaw in get_args(Flaw) if flaw != "open" or rng.random() < _OPEN]
    *_, aside = zones
    return real.model_copy(
        update={
            "slotting": tuple(_rules(catalogue, zones, rng)),
            "quarantine": dict.fromkeys(flaws, aside),
            "heavy_above": _HEAVY[int(rng.integers(len(_HEAVY)))],
            "heavy_max_level": int(rng.integers(tiers - 1)),
        }
    )


def _rules(
    catalogue: Catalogue, zones: dict[str, Keeping], rng: np.random.Generator
) -> Iterator[SlottingRule]:
    """Yield the rules; what must be kept in its own way comes first, as at any site."""
    kept = {keeping: name for name, keeping in zones.items()}
    plain = [name for name, keeping in zones.items() if keeping in ("ambient", "secure")]
    if "hazmat" in kept:
        yield SlottingRule(zone=kept["hazmat"], hazard=HAZARDS)
    if "cold" in kept:
        yield SlottingRule(zone=kept["cold"], temperature=("chilled", "frozen"))
    if "secure" in kept:
        yield SlottingRule(zone=kept["secure"], high_value=True)
    if rng.random() < _CARE:
        yield SlottingRule(zone=_one(plain, rng), fragile=True)
    categories = tuple(sorted({sku.category for sku in catalogue.items}))
    for category in _several(categories, number(rng, _RULED), rng):
        yield SlottingRule(zone=_one(plain, rng), category=(category,))
    if len(plain) > 1 and rng.random() < _ROUTES:
        for route in plain:
            yield SlottingRule(zone=route, route=(route,))
    else:
        yield SlottingRule(zone=plain[0])


def _catalogue(real: Catalogue, keeps: set[Keeping], rng: np.random.Generator) -> Catalogue:
    """Return goods of the same sizes under other names, and of other kinds."""
    skus, categories = _words()
    called = dict.fromkeys(_named(name, rng) for name in _several(skus, len(real.items), rng))
    while len(called) < len(real.items):
        called[_named(_one(skus, rng), rng)] = None
    some = _several(categories, number(rng, _CATEGORIES), rng)
    return real.model_copy(
        update={
            "items": tuple(
                _sku(sku, name, _one(some, rng), keeps, rng)
                for sku, name in zip(real.items, called, strict=True)
            )
        }
    )


def _named(name: str, rng: np.random.Generator) -> str:
    """Return the name of goods, some of it made up."""
    words = [_word(rng) if rng.random() < _INVENTED else word for word in name.split("-")]
    if rng.random() < _NUMBERED:
        words.append(f"{rng.integers(1000):03d}")
    return "-".join(words)


def _word(rng: np.random.Generator) -> str:
    """Return a word that nobody has heard."""
    parts = (_ONSETS, _NUCLEI, _CODAS)
    return "".join(_one(some, rng) for _ in range(number(rng, _SYLLABLES)) for some in parts)


def _sku(real: Sku, name: str, category: str, keeps: set[Keeping], rng: np.random.Generator) -> Sku:
    # Goods are cold or dangerous, never both: no zone is.
    kind = rng.random()
    cold = "cold" in keeps and kind < _IS_COLD
    hazard = "hazmat" in keeps and kind > 1 - _IS_HAZARD
    return real.model_copy(
        update={
            "sku": name, "category": category,
            "mass": round(float(np.exp(rng.uniform(*np.log(_MASS)))), 2),
            "temperature": _one(("chilled", "frozen"), rng) if cold else "ambient",
            "hazard": _one(HAZARDS, rng) if hazard else "none",
            "fragile": bool(rng.random() < _IS_FRAGILE),
            "high_value": bool(rng.random() < _IS_PRECIOUS),
            "shelf_life_days": number(rng, _DAYS) if rng.random() < _EXPIRES else None,
        }
    )  # fmt: skip


@functools.cache
def _words() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return names of goods, any first word with any last one, and names of categories."""
    stocks = [load_catalogue(load_facility(name).catalogue) for name in names("facility")]
    items = [sku for stock in stocks for sku in stock.items]
    real = {sku.sku for sku in items}
    firsts, lasts = ({name.split("-")[k] for name in real if "-" in name} for k in (0, -1))
    crossed = {f"{first}-{last}" for first in firsts for last in lasts if first != last}
    # A category that goes by the name of a trait would be taken for it.
    categories = {sku.category for sku in items} - {sku.temperature for sku in items}
    return tuple(sorted(real | crossed)), tuple(sorted(categories))


def _several(options: Sequence[str], count: int, rng: np.random.Generator) -> list[str]:
    """Return so many different ones, in any order."""
    return [options[int(k)] for k in rng.choice(len(options), count, replace=False)]


def _one(options: Sequence[str], rng: np.random.Generator) -> str:
    return options[int(rng.integers(len(options)))]
