"""Noise: what people say besides, so that a brain learns which words matter."""

from __future__ import annotations

import numpy as np

from warewheel.configs.schema import Case, Phrases

# Share of instructions that are told with noise, and of the gaps between words where it is put.
_SHARE, _GAPS = 0.5, 0.08
# Of what is put there, how much is no word at all: it stands for words that were never heard.
_STRANGE = 0.3
_OPENING = 0.3
_SYLLABLES = (
    "ba", "ce", "di", "fo", "gu", "ha", "je", "ki", "lo", "mu", "na", "pe", "qui", "ro", "su", "ta",
    "ve", "wi", "xo", "yu", "za", "ch", "sh", "st", "tr", "nd", "ng", "er", "ly", "un", "ing", "ed",
)  # fmt: skip


class Noise:
    """Strews words without meaning into instructions.

    Args:
        phrases: Their ``filler``, ``opening`` and ``closing``.
        rng: Where chance comes from.
    """

    def __init__(self, phrases: Phrases, rng: np.random.Generator) -> None:
        self._words, self._rng = phrases.words, rng

    def over(self, case: Case) -> Case:
        """Return the case with noise in its instructions, or as it is."""
        told = self.told(case.instructions)
        return case.model_copy(update={"instruction": told[0] if len(told) == 1 else told})

    def told(self, texts: tuple[str, ...]) -> tuple[str, ...]:
        """Return texts with noise in all of them, or as they are."""
        if "filler" not in self._words or self._rng.random() > _SHARE:
            return texts
        return tuple(self.strew(text) for text in texts)

    def strew(self, text: str) -> str:
        """Return a text with noise around its words; those are still there, in their order."""
        words: list[str] = []
        for word in text.split(" "):
            words.append(word)
            if self._rng.random() < _GAPS:
                words.append(self._strange() if self._chance(_STRANGE) else self._one("filler"))
        if self._chance(_OPENING):
            words.insert(0, self._one("opening"))
        if self._chance(_OPENING):
            words.append(self._one("closing"))
        return " ".join(words)

    def _chance(self, share: float) -> bool:
        return bool(self._rng.random() < share)

    def _one(self, name: str) -> str:
        options = self._words[name]
        return options[int(self._rng.integers(len(options)))]

    def _strange(self) -> str:
        count = int(self._rng.integers(1, 5))
        return "".join(_SYLLABLES[int(k)] for k in self._rng.integers(len(_SYLLABLES), size=count))
