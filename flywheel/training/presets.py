"""Shapes of language models that are trained from scratch, and how they are trained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from warewheel.configs.choice import chosen


@dataclass(frozen=True, slots=True)
class Preset:
    """A model of the Qwen3 architecture with tied embeddings.

    Attributes:
        words: Most words of its tokenizer.
        width: Of the hidden state.
        layers: Number of layers.
        heads: Of attention.
        head: Width of a head.
        inner: Width of the feed-forward layers.
        context: Longest conversation [tokens].
        rate: Highest learning rate.
        batch: Tokens learnt from at each step, padding included.
        steps: Where neither steps nor minutes are asked for.
        lessons: That are made, where there are none to read.
    """

    words: int
    width: int
    layers: int
    heads: int
    head: int
    inner: int
    context: int
    rate: float
    batch: int
    steps: int
    lessons: int

    def config(self, words: int, end: int, pad: int) -> Any:
        """Return the configuration of transformers.

        Args:
            words: Words that the tokenizer has.
            end: The token that ends a message.
            pad: The token that fills up.
        """
        from transformers import Qwen3Config

        # So narrow a model hardly learns to copy from the usual 0.02, which is meant for widths of
        # thousands.
        spread = 0.64 / self.width**0.5
        return Qwen3Config(
            vocab_size=words,
            hidden_size=self.width,
            intermediate_size=self.inner,
            num_hidden_layers=self.layers,
            num_attention_heads=self.heads,
            num_key_value_heads=self.heads,
            head_dim=self.head,
            max_position_embeddings=self.context,
            tie_word_embeddings=True,
            initializer_range=spread,
            # As Qwen3 has it: far words are still alike.
            rope_parameters={"rope_type": "default", "rope_theta": 1e6},
            eos_token_id=end,
            pad_token_id=pad,
        )


# Wide heads learn to copy in fewer steps than narrow ones, or than more layers at the same cost.
PRESETS = {
    "tiny": Preset(
        words=384, width=64, layers=2, heads=4, head=32, inner=192, context=1024,
        rate=4e-3, batch=1536, steps=400, lessons=500,
    ),
    "small": Preset(
        words=2048, width=256, layers=4, heads=4, head=64, inner=512, context=4096,
        rate=1.5e-3, batch=4096, steps=6300, lessons=6000,
    ),
}  # fmt: skip


def preset(name: str) -> Preset:
    """Return the preset of this name.

    Raises:
        ValueError: There is none.
    """
    return chosen("preset", name, PRESETS)
