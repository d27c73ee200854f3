"""Attention in blocks, for training on a CPU that multiplies matrices of bfloat16."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from .precision import reduced

# What transformers calls it.
_NAME = "warewheel_blocks"
# Queries of a block, and about how many scores are there at once: few enough for a cache.
_ROWS, _SCORES = 128, 1_000_000
# Heads, queries, and the keys that these look back at.
_Block = tuple[slice, slice, slice]


@contextmanager
def in_blocks(model: Any, device: str) -> Iterator[None]:
    """Let a model attend in blocks for a while, if that is faster here and the same.

    PyTorch's own attention takes most of a small model's step on a CPU. Blocks of queries whose
    products of matrices are left to the units for bfloat16 take little more than half of its time.
    Scores are rounded to bfloat16 on the way; sums are not.

    Args:
        model: What is no Qwen3, or looks back only so far, is left as it is.
        device: That it is on.
    """
    config = model.config
    wanted = (
        reduced(device)
        and config.model_type == "qwen3"
        and set(config.layer_types) == {"full_attention"}
        and not config.attention_dropout
    )
    usual = config._attn_implementation
    if wanted:
        _register()
        model.set_attn_implementation(_NAME)
    try:
        yield
    finally:
        if wanted:
            model.set_attn_implementation(usual)


def attend(queries: Any, keys: Any, values: Any) -> Any:
    """Return what each query finds among the keys up to its own place.

    Args:
        queries: (head, length, width), scaled; heads of different lessons are different heads.
        keys: The same.
        values: The same.
    """
    import torch

    found = torch.empty_like(queries)
    for heads, rows, past in _blocks(*queries.shape[:2]):
        shares = _shares(queries[heads, rows], keys[heads, past])
        found[heads, rows] = torch.bmm(shares, values[heads, past])
    return found


def gradients(by_found: Any, queries: Any, keys: Any, values: Any) -> tuple[Any, Any, Any]:
    """Return gradients by queries, keys and values, given that by what was found."""
    import torch

    by_queries = torch.empty_like(queries)
    by_keys, by_values = (torch.zeros_like(one, dtype=torch.float32) for one in (keys, values))
    for heads, rows, past in _blocks(*queries.shape[:2]):
        asked, told, by = queries[heads, rows], keys[heads, past], by_found[heads, rows]
        shares = _shares(asked, told)
        by_shares = torch.bmm(by, values[heads, past].mT)
        by_scores = torch._softmax_backward_data(by_shares, shares, -1, shares.dtype)
        by_queries[heads, rows] = torch.bmm(by_scores, told)
        by_keys[heads, past] += torch.bmm(by_scores.mT, asked)
        by_values[heads, past] += torch.bmm(shares.mT, by)
    return by_queries, by_keys.to(keys.dtype), by_values.to(values.dtype)


def _blocks(heads: int, length: int) -> Iterator[_Block]:
    for start in range(0, length, _ROWS):
        stop = min(start + _ROWS, length)
        some = max(1, _SCORES // ((stop - start) * stop))
        for head in range(0, heads, some):
            yield slice(head, head + some), slice(start, stop), slice(0, stop)


def _shares(queries: Any, keys: Any) -> Any:
    """Return how much of each key a query takes; the last keys are at the queries' own places."""
    import torch

    scores = torch.bmm(queries, keys.mT)
    count = queries.shape[1]
    later = torch.ones(count, count, dtype=torch.bool).triu_(1)
    scores[:, :, -count:].masked_fill_(later, -torch.inf)
    return torch.softmax(scores, -1)


@functools.cache
def _register() -> None:
    """Make `attend` known to the compiler, which is not to look into it, and to transformers."""
    import torch
    from transformers import AttentionInterface

    three = "Tensor queries, Tensor keys, Tensor values"
    forward = torch.library.custom_op(
        "warewheel::attend", attend, mutates_args=(), schema=f"({three}) -> Tensor"
    )
    backward = torch.library.custom_op(
        "warewheel::attend_backward", gradients, mutates_args=(),
        schema=f"(Tensor by_found, {three}) -> (Tensor, Tensor, Tensor)",
    )  # fmt: skip
    forward.register_fake(lambda queries, *_: torch.empty_like(queries))
    backward.register_fake(lambda _, *three: tuple(torch.empty_like(one) for one in three))

    # PyTorch passes these by their names.
    def remember(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
        ctx.save_for_backward(*inputs)

    def differentiate(ctx: Any, by_found: Any) -> Any:
        return backward(by_found.contiguous(), *ctx.saved_tensors)

    forward.register_autograd(differentiate, setup_context=remember)

    def layer(
        module: Any, queries: Any, keys: Any, values: Any, mask: Any, scaling: float, **_: Any
    ) -> tuple[Any, None]:
        """Do as the attentions of transformers; heads are (lesson, head, length, width)."""
        lessons, heads, length, width = queries.shape
        shared = heads // keys.shape[1]
        each = (queries * scaling, *(one.repeat_interleave(shared, 1) for one in (keys, values)))
        flat = (one.to(torch.bfloat16).reshape(-1, length, width) for one in each)
        found = forward(*flat)
        found = found.view(lessons, heads, length, width).transpose(1, 2)
        return found.to(values.dtype), None

    AttentionInterface.register(_NAME, layer)
