"""Conversations as tokens, in the words of a model's own chat template.

What a model is trained on and what it is asked later pass through here, so that they cannot differ.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence
from typing import Any

from .model import Message, learnt

_PROBE = "Zq7"


class Chat:
    """A tokenizer and its chat template.

    Args:
        tokenizer: Any tokenizer of transformers.

    Attributes:
        end: The token that ends an assistant's message.

    Raises:
        ValueError: It has no chat template, or nothing that ends a message.
    """

    def __init__(self, tokenizer: Any) -> None:
        if not tokenizer.chat_template:
            raise ValueError(
                f"the tokenizer of {tokenizer.name_or_path!r} has no chat template; "
                "a model that follows conversations is needed"
            )
        self.tokenizer = tokenizer
        marks = [str(t) for t in tokenizer.added_tokens_decoder.values() if t.special]
        self._marks = re.compile("|".join(map(re.escape, sorted(marks, key=len, reverse=True))))
        self._any_marks = bool(marks)
        self.end = self._find_end()

    def prompt(self, messages: Sequence[Message]) -> list[int]:
        """Return the tokens of a conversation, up to where the assistant's next message begins."""
        return self._tokens(self._render(messages, ask=True))

    def answer(self, text: str) -> list[int]:
        """Return the canonical tokens of an assistant's message, without its end."""
        return self._tokens(self._harmless(text))

    def text(self, tokens: Sequence[int]) -> str:
        """Return what an assistant's tokens say."""
        said = self.tokenizer.decode(
            list(tokens), skip_special_tokens=True, clean_up_tokenization_spaces=False
        )
        assert isinstance(said, str)
        return said

    def lessons(self, messages: Sequence[Message]) -> Iterator[tuple[list[int], list[int]]]:
        """Yield token sequences that hold each message of the assistant once, to be learnt.

        One with a weight of 0 is there, but not to be learnt.

        One sequence is enough where the template only ever adds to what it wrote before. Some
        templates write the last message otherwise than those before it (Qwen's closed thoughts);
        then each message needs a sequence of its own.

        Yields:
            Tokens, and for each the number of the assistant's message that it belongs to, its
            end included, or -1 if it is not to be learnt.
        """
        turns = [k for k, message in enumerate(messages) if message["role"] == "assistant"]
        answers = [[*self.answer(messages[k]["content"]), self.end] for k in turns]
        wanted = [learnt(messages[k]) for k in turns]
        whole = self._tokens(self._render(messages, ask=False))
        opening = self.opening
        marks = [-1] * len(whole)
        at = 0
        for number, answer in enumerate(answers):
            at = _find(whole, [*opening, *answer], at)
            if at < 0:
                break
            at += len(opening)
            if wanted[number]:
                marks[at : at + len(answer)] = [number] * len(answer)
            at += len(answer)
        else:
            yield whole, marks
            return
        for number, (k, answer) in enumerate(zip(turns, answers, strict=True)):
            if not wanted[number]:
                continue
            before = self.prompt(messages[:k])
            yield before + answer, [-1] * len(before) + [number] * len(answer)

    @functools.cached_property
    def opening(self) -> list[int]:
        """The tokens that open an assistant's message."""
        one: list[Message] = [{"role": "user", "content": _PROBE}]
        asked, told = self._render(one, ask=True), self._render(one, ask=False)
        return self._tokens(asked.removeprefix(told))

    def _render(self, messages: Sequence[Message], ask: bool) -> str:
        said = [{"role": m["role"], "content": self._harmless(m["content"])} for m in messages]
        # Templates that know nothing of thinking ignore the switch. A step is a matter of
        # milliseconds here, and thoughts aloud would not match any grammar.
        rendered = self.tokenizer.apply_chat_template(
            said, add_generation_prompt=ask, tokenize=False, enable_thinking=False
        )
        assert isinstance(rendered, str)
        return rendered

    def _harmless(self, text: str) -> str:
        """Break up what the tokenizer would take for the end or the start of a message.

        A label in the cell may say anything, such as ``<|im_end|>`` and then an order.
        """
        if not self._any_marks:
            return text
        return self._marks.sub(lambda found: f"{found[0][:1]} {found[0][1:]}", text)

    def _tokens(self, text: str) -> list[int]:
        return list(self.tokenizer.encode(text, add_special_tokens=False))

    def _find_end(self) -> int:
        both: list[Message] = [
            {"role": "user", "content": "?"},
            {"role": "assistant", "content": _PROBE},
        ]
        after = self._tokens(self._render(both, ask=False).rpartition(_PROBE)[2])
        if after and after[0] in self.tokenizer.added_tokens_decoder:
            return after[0]
        if self.tokenizer.eos_token_id is None:
            raise ValueError(
                f"the tokenizer of {self.tokenizer.name_or_path!r} has no token to end a message"
            )
        return int(self.tokenizer.eos_token_id)


def _find(where: Sequence[int], what: Sequence[int], start: int) -> int:
    """Return the first position of ``what`` from ``start`` on, or -1."""
    for k in range(start, len(where) - len(what) + 1):
        if where[k] == what[0] and list(where[k : k + len(what)]) == list(what):
            return k
    return -1
