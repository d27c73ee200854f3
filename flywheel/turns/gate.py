"""The gate: whether a challenger takes the champion's place."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.special import betainc, betaln
from scipy.stats import norm


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one held-out scenario.

    Attributes:
        key: Of the scenario; the same for champion and challenger.
        success: Whether the task was done.
        stages: Share of each stage that was done, 0 to 1.
        old: The scenario is of a kind that was learnt from in an earlier turn.
        kind: Of scenario.
        label: What a failure is put down to.
        violations: Rules that were broken.
        retries: Subgoals that failed and were followed by others.
        stored: Items that were put away, in physics.
        seconds: Simulated time that it took, in physics [s].
    """

    key: str
    success: bool
    stages: Mapping[str, float] = field(default_factory=dict)
    old: bool = False
    kind: str = ""
    label: str = ""
    violations: int = 0
    retries: int = 0
    stored: float = 0.0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Terms:
    """What is asked of a challenger.

    Attributes:
        alpha: Chance at most that one which is no better is promoted.
        looks: How many sets of held-out scenarios there are at most, one after another.
        confidence: With which it is shown to be no worse in each stage, and on old scenarios,
            over all looks.
        margin: By how much it may be worse in a stage, as a share.
        margin_old: The same, of success on old scenarios.
    """

    alpha: float = 0.05
    looks: int = 3
    confidence: float = 0.95
    margin: float = 0.05
    margin_old: float = 0.05


USUAL = Terms()


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether to promote, and why.

    Attributes:
        promote: The challenger takes the champion's place.
        reason: Why, or why not.
        evidence: As plain data.
        look_on: More held-out scenarios may still speak for the challenger.
    """

    promote: bool
    reason: str
    evidence: dict[str, Any]
    look_on: bool = False


def decide(
    champion: Sequence[Outcome], challenger: Sequence[Outcome], terms: Terms = USUAL, look: int = 1
) -> Decision:
    """Compare two models on the same scenarios.

    The challenger has to be better in success, by a test that holds however often one looks, and
    must not be worse in any stage or on old scenarios: that is tested at each look with its share
    of the chance to be wrong (Bonferroni). It is given up early if it would not be promoted even
    if all looks that are left were like those before.

    Args:
        champion: What came of the scenarios with it.
        challenger: The same, in the same order.
        terms: What is asked.
        look: How many sets of scenarios these are.

    Raises:
        ValueError: The scenarios differ.
    """
    if [one.key for one in champion] != [one.key for one in challenger]:
        raise ValueError("champion and challenger were judged on different scenarios")
    pairs = list(zip(champion, challenger, strict=True))
    won = sum(new.success and not old.success for old, new in pairs)
    lost = sum(old.success and not new.success for old, new in pairs)
    odds, needed = evidence(won, lost), 1 / terms.alpha
    compared = _compared(pairs, terms)
    worse = {name: one.json() for name, one in compared.items()}
    found = {
        "n": len(pairs), "looks": look,
        "champion": _share(champion), "challenger": _share(challenger),
        "won": won, "lost": lost, "e_value": round(odds, 6),
        "e_value_needed": round(needed, 6), "differences": worse,
    }  # fmt: skip
    more = terms.looks / look
    look_on = (
        more > 1
        and evidence(won * more, lost * more) >= needed
        and all(one.no_worse(more) for one in compared.values())
    )
    failed = [name for name, one in compared.items() if not one.no_worse()]
    if odds < needed:
        return Decision(False, f"no better: won {won}, lost {lost} of {len(pairs)}", found, look_on)
    if failed:
        why = f"not shown to be no worse: {', '.join(failed)}"
        return Decision(False, why, found, look_on)
    return Decision(True, f"better: won {won}, lost {lost} of {len(pairs)}", found)


def evidence(won: float, lost: float) -> float:
    """Return the evidence that a challenger wins more often than it loses, as an e-value.

    Where it is no better, a pair that the two do not solve alike is won with a chance of a half at
    most. This is how much likelier the counts are if that chance is above a half, with any such
    value as likely as another: a mixture of likelihood ratios (Robbins, Annals of Mathematical
    Statistics 41, 1970). However often one looks, it ever exceeds 1/a with a chance of a at most.
    """
    n = won + lost
    upper = 1 - float(betainc(won + 1, lost + 1, 0.5))
    if upper <= 0:
        return 0.0
    log = (n + 1) * math.log(2) + float(betaln(won + 1, lost + 1)) + math.log(upper)
    return math.exp(min(log, 700.0))


@dataclass(frozen=True, slots=True)
class _Difference:
    """By how much a challenger is better, scenario by scenario, and by how much it may be worse."""

    by: np.ndarray
    margin: float
    confidence: float

    def low(self, more: float = 1.0) -> float:
        """Return the lower bound of the mean, as it would be of so many times as many."""
        spread = float(self.by.std(ddof=1)) if len(self.by) > 1 else 0.0
        sure = float(norm.ppf(self.confidence))
        return float(self.by.mean()) - sure * spread / math.sqrt(len(self.by) * more)

    def no_worse(self, more: float = 1.0) -> bool:
        return self.low(more) > -self.margin

    def json(self) -> dict[str, float | bool]:
        return {
            "mean": round(float(self.by.mean()), 6), "low": round(self.low(), 6),
            "margin": self.margin, "no_worse": self.no_worse(),
        }  # fmt: skip


def _compared(pairs: Sequence[tuple[Outcome, Outcome]], terms: Terms) -> dict[str, _Difference]:
    """Return how they differ in each stage, and on old scenarios if there are any."""
    sure = 1 - (1 - terms.confidence) / terms.looks
    found = {}
    for name in dict.fromkeys(name for pair in pairs for one in pair for name in one.stages):
        # Who crashed did nothing of any stage.
        by = [
            new.stages.get(name, 0.0) - old.stages.get(name, 0.0)
            for old, new in pairs
            if name in old.stages or name in new.stages
        ]
        found[name] = _Difference(np.array(by), terms.margin, sure)
    known = [float(new.success) - float(old.success) for old, new in pairs if old.old]
    if known:
        found["old scenarios"] = _Difference(np.array(known), terms.margin_old, sure)
    return found


def _share(outcomes: Sequence[Outcome]) -> float:
    return round(sum(one.success for one in outcomes) / max(1, len(outcomes)), 6)
