"""Conversations as tokens, some of them to be learnt, and the batches they are learnt in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from warewheel.agents.language.chat import Chat as Speech

from .rows import Chat

# Of a token that is not to be learnt: the model is told it, or it only fills up.
_TOLD = -1
# Kernels are made for each new length, and kept; so lengths are multiples of this.
BLOCK = 64
# So many batches are sorted by length together; within them, rows meet rows of their own length.
_SORTED = 50


@dataclass(frozen=True, slots=True)
class Lesson:
    """One sequence of tokens.

    Attributes:
        tokens: (length,).
        turns: (length,) the number of the message of the assistant that each token belongs to, or
            -1.
    """

    tokens: NDArray[np.int64]
    turns: NDArray[np.int64]


def lessons(chats: Sequence[Chat], speech: Speech, context: int) -> tuple[list[Lesson], int]:
    """Return conversations as lessons, and how many messages were beyond the context.

    Args:
        chats: Conversations.
        speech: How the model writes them.
        context: Longest lesson [tokens]; what is longer is cut after the last whole message.
    """
    made, lost = [], 0
    for chat in chats:
        for tokens, turns in speech.lessons(chat):
            numbers = np.array(turns)
            cut = numbers[context:]
            late = np.unique(cut[cut >= 0])
            lost += len(late)
            numbers[np.isin(numbers, late)] = _TOLD
            if (numbers >= 0).any():
                stop = int(np.flatnonzero(numbers >= 0)[-1]) + 1
                made.append(Lesson(np.array(tokens[:stop]), numbers[:stop]))
    return made, lost


def batches(lengths: Sequence[int], budget: int, seed: int) -> Iterator[list[int]]:
    """Yield the numbers of the lessons to learn from together, for ever.

    Every lesson comes once before any comes twice. The first time they come about in their order,
    later in any.

    Args:
        lengths: Of the lessons [tokens].
        budget: Most tokens of a batch, padding included; a longer lesson has one of its own.
        seed: Same seed, same batches.
    """
    passed = 0
    while True:
        rng = np.random.default_rng([seed, passed])
        order = rng.permutation(len(lengths)).tolist() if passed else list(range(len(lengths)))
        per_batch = max(1, budget // max(1, int(np.mean(lengths))))
        for start in range(0, len(order), per_batch * _SORTED):
            near = sorted(order[start : start + per_batch * _SORTED], key=lambda k: lengths[k])
            made = list(_fill(near, lengths, budget))
            for k in rng.permutation(len(made)).tolist():
                yield made[k]
        passed += 1


def _fill(order: Sequence[int], lengths: Sequence[int], budget: int) -> Iterator[list[int]]:
    """Yield runs of lessons that go from short to long, each within the budget."""
    batch: list[int] = []
    for k in order:
        if batch and (len(batch) + 1) * lengths[k] > budget:
            yield batch
            batch = []
        batch.append(k)
    if batch:
        yield batch


def collate(some: Sequence[Lesson], pad: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return tokens and turns of lessons as arrays (lesson, length), filled up at the end.

    The length is a multiple of `BLOCK`.

    Attention looks back only, so what fills up at the end is seen by nothing that is learnt.
    """
    length = blocks(max(len(one.tokens) for one in some))
    tokens = np.full((len(some), length), pad)
    turns = np.full((len(some), length), _TOLD)
    for row, one in enumerate(some):
        tokens[row, : len(one.tokens)] = one.tokens
        turns[row, : len(one.tokens)] = one.turns
    return tokens, turns


def blocks(length: int) -> int:
    """Return the least multiple of `BLOCK` that is not less."""
    return -(-length // BLOCK) * BLOCK
