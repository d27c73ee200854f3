"""A tokenizer made for the conversations that a model is trained on."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from .rows import Chat

PAD, START, END = "<|endoftext|>", "<|im_start|>", "<|im_end|>"

# ChatML, as Qwen speaks it. A conversation's tokens only ever grow.
TEMPLATE = (
    "{% for message in messages %}"
    "<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n"
    "{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)

# Words, single digits, single line ends, and whatever is between them. A name is the same tokens
# after a space, a quote or a comma, which makes copying it easy; tokenizers for prose take the
# space into the word. Line ends stand alone, so that a message's tokens do not depend on the
# template's line end before it.
PIECES = r"\p{L}+|\p{N}|\n|[^\p{L}\p{N}\n]+"


def train_tokenizer(chats: Iterable[Chat], words: int) -> Any:
    """Return a byte-level BPE tokenizer of transformers, with a chat template.

    Args:
        chats: What it should be good at; it can write anything.
        words: Most words, at least 259.
    """
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    core = Tokenizer(models.BPE())
    core.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(PIECES), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    core.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=words,
        special_tokens=[PAD, START, END],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    core.train_from_iterator(_texts(chats), trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=core, eos_token=END, pad_token=PAD, chat_template=TEMPLATE
    )


def save_tokenizer(tokenizer: Any, folder: Path) -> None:
    """Write a tokenizer of :func:`train_tokenizer` so that transformers 4 and 5 load it."""
    tokenizer.save_pretrained(folder)
    path = folder / "tokenizer_config.json"
    settings = json.loads(path.read_text(encoding="utf-8"))
    # Transformers 5 writes a name that 4 does not know, and reads this one too.
    settings["tokenizer_class"] = "PreTrainedTokenizerFast"
    path.write_text(json.dumps(settings, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def _texts(chats: Iterable[Chat]) -> Iterator[str]:
    for chat in chats:
        for message in chat:
            yield f"{message['role']}\n{message['content']}"
