"""A start from which a small model learns to look things up.

To find what was told about the goods at hand, one layer has to carry words along to the words after
them, and a later one has to ask where such a word was carried to: an induction head (Olsson et al.,
"In-context learning and induction heads", 2022). Neither is of use without the other, and small
models with random weights go without both for thousands of batches. Here weights start near such
heads, as in Trockman and Kolter, "Mimetic initialization of self-attention layers" (2023), and
training makes of them what it needs. The architecture stays as it is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

# Parts of the hidden state: words themselves, and words that each head of the first layer carried.
_WORD = 0
_CARRIED = (1, 2, 3, 4)
# Weight of the norms of queries and keys: how sharply a head attends, near words and by likeness.
_NEAR_SHARP, _LIKE_SHARP = 1.6, 1.4
# How much of what a head reads it writes, and how much of its random weights stays.
_WRITES, _STAYS = 0.15, 0.2
# The same for layers between attentions: they come in later.
_INNER = 0.1
# How much of a word's random embedding stays where carried words go.
_ROOM = 0.3
# Positions turn some pairs of a head so slowly [rad per token] that far words are still alike.
_SLOW = 0.004
# How strongly a head that asks for likeness keeps from looking at the word itself.
_NOT_ITSELF = 0.12


@dataclass(frozen=True, slots=True)
class Near:
    """A head that reads words about so far back, within about such a width [tokens]."""

    back: float
    width: float


@dataclass(frozen=True, slots=True)
class Like:
    """A head whose query takes one part of the hidden state, its key another.

    It passes on the part ``gives`` as words, or all that there is.
    """

    asks: int
    of: int
    gives: int | None = None


# Heads of each layer. Those of the first carry words along.
_HEADS: tuple[tuple[Near | Like, ...], ...] = (
    (Near(1, 1), Near(3, 3), Near(7, 6), Near(14, 12)),
    (Like(_WORD, 1), Like(_WORD, _WORD, gives=2), Like(_WORD, 2), Like(2, 2)),
    (Near(4, 4), Near(12, 10), Like(_WORD, 3), Like(_WORD, _WORD, gives=3)),
    (Near(4, 4), Near(12, 10), Like(3, 3)),
)


def prepare(model: Any, seed: int) -> None:
    """Start the weights of a Qwen3 model near heads that look things up; same seed, same weights.

    Heads beyond those known here keep their random weights.
    """
    import torch

    config = model.config
    with torch.no_grad(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        parts = _Parts(config.hidden_size, config.head_dim)
        _embed(model.model.embed_tokens.weight, parts)
        theta = config.rope_parameters["rope_theta"]
        for number, layer in enumerate(model.model.layers):
            attention = layer.self_attn
            layer.mlp.down_proj.weight.mul_(_INNER)
            sharp = _NEAR_SHARP if number == 0 else _LIKE_SHARP
            attention.q_norm.weight.fill_(sharp)
            attention.k_norm.weight.fill_(sharp)
            heads = _HEADS[number] if number < len(_HEADS) else ()
            for k, kind in enumerate(heads[: config.num_attention_heads]):
                head = _Head(attention, k, config.head_dim, theta)
                if isinstance(kind, Near):
                    head.near(kind, parts)
                    if number == 0:
                        head.passes(parts.part[_WORD], parts.part[_CARRIED[k]])
                else:
                    head.like(kind, parts)
                if number > 0:
                    gives = kind.gives if isinstance(kind, Like) else None
                    if gives is None:
                        whole = _orthonormal(config.hidden_size, config.head_dim)
                        head.passes(whole, whole)
                    else:
                        head.passes(parts.part[gives], parts.part[_WORD])


class _Parts:
    """A direction that all words have in common, and parts at right angles to it and each other.

    Args:
        width: Of the hidden state.
        head: Width of a head, the most that a part can have.
    """

    def __init__(self, width: int, head: int) -> None:
        basis = _orthonormal(width, width)
        self.common = basis[0]
        self.width = min(head, (width - 1) // (1 + len(_CARRIED)))
        self.part = [
            basis[1 + k * self.width : 1 + (k + 1) * self.width] for k in (_WORD, *_CARRIED)
        ]


class _Head:
    """The weights of one head of attention.

    Args:
        attention: The layer's.
        number: Of the head.
        width: Of the head.
        theta: Base of the rotary positions.
    """

    def __init__(self, attention: Any, number: int, width: int, theta: float) -> None:
        import torch

        rows = slice(number * width, (number + 1) * width)
        self._query, self._key = attention.q_proj.weight[rows], attention.k_proj.weight[rows]
        self._value, self._out = attention.v_proj.weight[rows], attention.o_proj.weight[:, rows]
        self._turns = theta ** (-torch.arange(width // 2) / (width // 2))
        self._query.mul_(_STAYS)
        self._key.mul_(_STAYS)

    def near(self, kind: Near, parts: _Parts) -> None:
        """Attend by distance alone: of a query and a key that never change, turned by it."""
        import torch

        # Turns that go with the width, and their neighbours, lest others so far back match again.
        off = (self._turns.log() - math.log(0.6 / kind.width)) / 0.7
        strength = torch.exp(-0.5 * off**2)
        strength = (strength / strength.norm()).sqrt()
        angle = kind.back * self._turns
        query = torch.cat([strength, torch.zeros_like(strength)])
        key = torch.cat([strength * angle.cos(), strength * angle.sin()])
        loud = 0.16 * len(parts.common) ** 0.5
        self._query.add_(loud * query[:, None] * parts.common)
        self._key.add_(loud * key[:, None] * parts.common)

    def like(self, kind: Like, parts: _Parts) -> None:
        """Attend where a part of the hidden state is like a part of one's own."""
        import torch

        slow = torch.nonzero(self._turns < _SLOW).flatten()
        rows = torch.cat([slow, slow + len(self._turns)])[: parts.width]
        mix = _orthonormal(parts.width, parts.width)[: len(rows)]
        self._query[rows] = mix @ parts.part[kind.asks]
        self._key[rows] = mix @ parts.part[kind.of]
        if kind.asks == kind.of:
            fast = torch.nonzero(self._turns >= _SLOW).flatten()
            self._query[fast] += _NOT_ITSELF * parts.common
            self._key[fast] -= _NOT_ITSELF * parts.common

    def passes(self, reads: Any, writes: Any) -> None:
        """Pass on what one part of the hidden state holds to another."""
        self._value.zero_()
        self._out.zero_()
        self._value[: len(reads)] = reads
        self._out[:, : len(writes)] = _WRITES * writes.T


def _embed(words: Any, parts: _Parts) -> None:
    """Give all words something in common, and make room for words that are carried."""
    loud = float(words.std()) * words.shape[1] ** 0.5
    words.sub_((words @ parts.common)[:, None] * parts.common)
    words.add_(loud * parts.common)
    for k in _CARRIED:
        words.sub_((1 - _ROOM) * (words @ parts.part[k].T) @ parts.part[k])


def _orthonormal(width: int, count: int) -> Any:
    """Return so many random rows of unit length at right angles to each other."""
    import torch

    return torch.linalg.qr(torch.randn(width, count))[0].T
