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
        confidence: With which it is shown to be no worse in each stage, and on old scenarios.
        margin: By how much it may be worse in a stage, as a share.
        margin_old: The same, of success on old scenarios.
    """

    alpha: float = 0.05
    confidence: float = 0.95
    margin: float = 0.05
    margin_old: float = 0.05


USUAL = Terms()


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether to promote, and why; ``evidence`` is plain data."""

    promote: bool
    reason: str
    evidence: dict[str, Any]


def decide(
    champion: Sequence[Outcome], challenger: Sequence[Outcome], terms: Terms = USUAL
) -> Decision:
    """Compare two models on the same scenarios.

    The challenger has to be better in success, by a test that holds however often one looks, and
    must not be worse in any stage or on old scenarios.

    Raises:
        ValueError: The scenarios differ.
    """
    if [one.key for one in champion] != [one.key for one in challenger]:
        raise ValueError("champion and challenger were judged on different scenarios")
    pairs = list(zip(champion, challenger, strict=True))
    won = sum(new.success and not old.success for old, new in pairs)
    lost = sum(old.success and not new.success for old, new in pairs)
    odds = evidence(won, lost)
    worse = _worse(pairs, terms)
    found = {
        "n": len(pairs), "champion": _share(champion), "challenger": _share(challenger),
        "won": won, "lost": lost, "e_value": round(odds, 6),
        "e_value_needed": round(1 / terms.alpha, 6), "differences": worse,
    }  # fmt: skip
    failed = [name for name, one in worse.items() if not one["no_worse"]]
    if odds < 1 / terms.alpha:
        return Decision(False, f"no better: won {won}, lost {lost} of {len(pairs)}", found)
    if failed:
        return Decision(False, f"not shown to be no worse: {', '.join(failed)}", found)
    return Decision(True, f"better: won {won}, lost {lost} of {len(pairs)}", found)


def evidence(won: int, lost: int) -> float:
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


def _worse(
    pairs: Sequence[tuple[Outcome, Outcome]], terms: Terms
) -> dict[str, dict[str, float | bool]]:
    """Return for each stage, and for old scenarios, whether the challenger is no worse."""
    found = {}
    names = dict.fromkeys(name for old, _ in pairs for name in old.stages)
    for name in names:
        both = [(old.stages[name], new.stages[name]) for old, new in pairs if name in old.stages]
        found[name] = _difference(both, terms.margin, terms.confidence)
    known = [(float(old.success), float(new.success)) for old, new in pairs if old.old]
    if known:
        found["old scenarios"] = _difference(known, terms.margin_old, terms.confidence)
    return found


def _difference(
    both: Sequence[tuple[float, float]], margin: float, confidence: float
) -> dict[str, float | bool]:
    """Return the mean paired difference, its lower bound, and whether that is within a margin."""
    by = np.array([new - old for old, new in both])
    low = float(by.mean())
    if len(by) > 1:
        low -= float(norm.ppf(confidence)) * float(by.std(ddof=1)) / len(by) ** 0.5
    return {
        "mean": round(float(by.mean()), 6), "low": round(low, 6), "margin": margin,
        "no_worse": low > -margin,
    }  # fmt: skip


def _share(outcomes: Sequence[Outcome]) -> float:
    return round(sum(one.success for one in outcomes) / max(1, len(outcomes)), 6)
