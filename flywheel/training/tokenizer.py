"""A tokenizer made for the conversations that a model is trained on."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from warewheel.agents.language.wire import between

from .rows import Chat

PAD, END = "<|endoftext|>", "<|im_end|>"
ROLES = ("<|system|>", "<|user|>", "<|assistant|>")

# Two tokens around each message where ChatML has five: a conversation has dozens of short ones, and
# a small model reads every token at full price. Its tokens only ever grow.
TEMPLATE = (
    "{% for message in messages %}"
    "<|{{ message['role'] }}|>{{ message['content'] }}<|im_end|>"
    "{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)

# Words with the space before them, single digits, single line ends, and whatever is between them.
# Digits stand alone, so that a number is copied token by token wherever it comes from.
PIECES = r" ?\p{L}+|\p{N}|\n|[^\p{L}\p{N}\n ][^\p{L}\p{N}\n]*| +"


def train_tokenizer(chats: Iterable[Chat], words: int) -> Any:
    """Return a byte-level BPE tokenizer of transformers, with a chat template.

    What every step has between its words (`wire.between`) is one token each. A system message is
    left out by the template if no other is ever said.

    Args:
        chats: What it should be good at; it can write anything.
        words: Most words, at least 280.
    """
    from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    chats, whole, template = list(chats), between(), TEMPLATE
    told = {m["content"] for chat in chats for m in chat if m["role"] == "system"}
    if len(told) == 1:
        # What is said in every conversation alike tells nothing, and is not read.
        chats = [[m for m in chat if m["role"] != "system"] for chat in chats]
        template = TEMPLATE.replace("messages %}", "messages if message['role'] != 'system' %}", 1)
    core = Tokenizer(models.BPE())
    core.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(PIECES), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    core.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=words - len(whole),
        special_tokens=[PAD, END, *ROLES],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    core.train_from_iterator(_texts(chats, whole), trainer)
    core.add_tokens([AddedToken(text, normalized=False) for text in whole])
    return PreTrainedTokenizerFast(
        tokenizer_object=core, eos_token=END, pad_token=PAD, chat_template=template
    )


def save_tokenizer(tokenizer: Any, folder: Path) -> None:
    """Write a tokenizer of :func:`train_tokenizer` so that transformers 4 and 5 load it."""
    tokenizer.save_pretrained(folder)
    path = folder / "tokenizer_config.json"
    settings = json.loads(path.read_text(encoding="utf-8"))
    # Transformers 5 writes a name that 4 does not know, and reads this one too.
    settings["tokenizer_class"] = "PreTrainedTokenizerFast"
    path.write_text(json.dumps(settings, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def _texts(chats: Iterable[Chat], whole: Sequence[str]) -> Iterator[str]:
    """Yield what is said, without what has tokens of its own already."""
    for chat in chats:
        for message in chat:
            text = message["content"]
            for piece in whole:
                text = text.replace(piece, "\n")
            yield text
