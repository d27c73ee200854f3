"""The record of an episode's violations: what was broken, when, and when it was put right."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

# A violation that is back after so few looks never was put right; its item only stirred.
_STIR = 3


class Breach(NamedTuple):
    """A rule that is broken at one moment: its code, the items, and the place if one matters."""

    code: str
    items: tuple[str, ...]
    place: str = ""

    @property
    def text(self) -> str:
        """The breach in a word: ``RULE:item:where``."""
        if self.place:
            return f"{self.code}:{'+'.join(self.items)}:{self.place}"
        return ":".join((self.code, *self.items))


@dataclass(frozen=True, slots=True)
class Violation:
    """A breach in time.

    Attributes:
        breach: What was broken.
        since: Control step at which it began.
        until: Control step at which it was put right, or None while it stands.
    """

    breach: Breach
    since: int
    until: int | None = None


class Record:
    """Keeps every violation of a trace that is told moment by moment."""

    def __init__(self) -> None:
        self._kept: list[Violation] = []
        # Where in `_kept` the latest violation of a breach is.
        self._latest: dict[Breach, int] = {}
        self._texts: dict[str, None] = {}
        self._standing: frozenset[Breach] = frozenset()

    @property
    def violations(self) -> tuple[Violation, ...]:
        """Every violation, in the order in which they began."""
        return tuple(self._kept)

    @property
    def texts(self) -> tuple[str, ...]:
        """What was ever broken, each breach once, in order."""
        return tuple(self._texts)

    @property
    def standing(self) -> tuple[str, ...]:
        """What is broken now and has not been put right, in the order of `texts`."""
        now = {breach.text for breach in self._standing}
        return tuple(text for text in self._texts if text in now)

    def tell(self, step: int, breaches: Iterable[Breach]) -> list[str]:
        """Take in all that is broken at ``step``; return what never was before."""
        now = frozenset(breaches)
        if now == self._standing:
            return []
        for breach in self._standing - now:
            place = self._latest[breach]
            self._kept[place] = replace(self._kept[place], until=step)
        fresh = []
        for breach in sorted(now - self._standing):
            last = self._latest.get(breach)
            until = None if last is None else self._kept[last].until
            if last is not None and until is not None and step - until < _STIR:
                self._kept[last] = replace(self._kept[last], until=None)
                continue
            self._latest[breach] = len(self._kept)
            self._kept.append(Violation(breach, step))
            if breach.text not in self._texts:
                self._texts[breach.text] = None
                fresh.append(breach.text)
        self._standing = now
        return fresh
