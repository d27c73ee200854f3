"""Language models that run on this machine, through transformers."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Sequence
from typing import Any

from . import schema
from .chat import Chat
from .decoding import Constraint, Free, Grammar, Logits, Steps, bind, of_schema
from .loading import load
from .model import Completion, Demand, Message
from .reader import Reader

# Texts of steps whose tokens are kept.
_STEPS = 4096


class LocalModel:
    """Any causal language model with a chat template; writes the likeliest token each time.

    Between calls it keeps what it has read, and computes only from where a conversation differs
    from the last one. On one machine and with one number of threads, the same calls in the same
    order give the same bytes. What was kept can change a sum in its last bit, and so, between two
    tokens that are equally likely, the choice.

    Args:
        path_or_name: A folder, a name on the model hub, or ``brain``: the one that comes along.
        device: Such as ``cpu`` or ``cuda``.
        threads: Threads of torch.
        dtype: Such as ``bfloat16``; if absent, float32 on a CPU and as stored elsewhere.

    Attributes:
        name: As given.

    Raises:
        ValueError: It cannot be loaded; the message says what was given and why not.
    """

    def __init__(
        self, path_or_name: str, device: str = "cpu", threads: int = 1, dtype: str | None = None
    ) -> None:
        self.name = str(path_or_name)
        model, tokenizer = load(self.name, device, dtype)
        self._chat = Chat(tokenizer)
        # The same steps are legal again and again.
        self._step = functools.lru_cache(_STEPS)(self._chat.answer)
        self._reader = Reader(model, threads)
        self._ends = {self._chat.end, *_ends(model)}
        self._vocabulary: Any = None

    def complete(self, demand: Demand) -> Completion:
        """Return the assistant's next message, of the likeliest tokens; see `write`."""
        return self.write(demand, _likeliest)

    def write(self, demand: Demand, choose: Callable[[Logits], int]) -> Completion:
        """Return the assistant's next message.

        Args:
            demand: What is asked.
            choose: Returns the next token for the logits (vocabulary,), which are minus infinity
                where the demand does not allow it.

        Raises:
            ModelError: TIMEOUT if no answer came in time, TRUNCATED if the conversation is longer
                than the model can read.
            ValueError: The schema is none that a grammar can be made of.
        """
        started = time.monotonic()
        prompt = self._chat.prompt(demand.messages)
        cached = self._reader.known(prompt)
        constraint = self._constraint(demand)
        written, cut = list[int](), True
        while cut and len(written) < demand.limit:
            tokens = constraint.forced()
            if not tokens:
                so_far = [*prompt, *written]
                (logits,) = self._reader.read(so_far, until=started + demand.seconds)
                constraint.forbid(logits)
                tokens = [choose(logits)]
            constraint.take(tokens)
            for token in tokens:
                if token in self._ends:
                    cut = False
                    break
                written.append(token)
        cut = cut or len(written) > demand.limit
        del written[demand.limit :]
        return Completion(
            text=self._chat.text(written),
            read=len(prompt),
            cached=cached,
            written=len(written),
            seconds=time.monotonic() - started,
            cut=cut,
        )

    def score(self, messages: Sequence[Message], texts: Sequence[str]) -> list[float]:
        """Return the log-likelihood of each text as the assistant's whole next message [nat].

        It is that of the text's canonical tokens and of the end of the message after them.

        Raises:
            ModelError: TRUNCATED if the conversation is longer than the model can read.
        """
        paths = [[*self._chat.answer(text), self._chat.end] for text in texts]
        return self._reader.weigh(self._chat.prompt(messages), paths)

    def forget(self) -> None:
        """Drop what was read; the next call computes everything."""
        self._reader.forget()

    def _constraint(self, demand: Demand) -> Constraint:
        # Who asks through a server says the same steps as a schema, and gets the same answer.
        if steps := demand.steps or schema.texts(demand.schema or {}):
            return Steps([self._step(step) for step in steps], self._chat.end)
        if demand.schema is None:
            return Free()
        if self._vocabulary is None:
            self._vocabulary = bind(self._chat.tokenizer, self._reader.size, self._chat.end)
        return Grammar(self._vocabulary, of_schema(demand.schema), self._chat.end)


def _likeliest(logits: Logits) -> int:
    return int(logits.argmax())


def _ends(model: Any) -> list[int]:
    """Return the tokens that the model's own settings take for the end of what it writes."""
    ends = getattr(model.generation_config, "eos_token_id", None)
    if ends is None:
        return []
    return [ends] if isinstance(ends, int) else list(ends)
