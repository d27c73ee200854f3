"""Language models behind any server that speaks OpenAI's chat protocol."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import numpy as np

from warewheel.configs.choice import unknown

from .answer import Answer, Odd, understand
from .dialect import DIALECTS, fields, text
from .line import Line
from .model import Completion, Demand, ModelError

# Longest pause of our own choice [s].
_LONGEST_PAUSE = 30.0


class ChatServer:
    """A model that a server runs; what goes wrong on the way is tried again.

    Tried again are: statuses 408, 409, 425, 429 and from 500 up, connections that are refused or
    break, answers that are not JSON, are no chat completion or hold no choice. The pause doubles
    each time, is stretched by up to a half at random, and is at least what the server asks for.

    Args:
        model: As the server calls it.
        base_url: Such as ``http://127.0.0.1:8000/v1``.
        dialect: How the server is told what must be written, see `dialect`; by default ``openai``
            for OpenAI's own servers and ``schema`` for all others.
        key: Environment variable that holds the key. Servers on this machine need none.
        tries: How often a demand is sent at most.
        patience: Longest wait for one try [s]; by default all that the demand's time allows, so
            that a server which never answers is asked once.
        backoff: First pause [s].
        rng: Draws the pauses; by default from ``seed``.
        temperature: None leaves it to the server, as some models insist.
        seed: Of the server's own random choices, as far as it heeds it.
        price_in: US dollars per million tokens that are read.
        price_out: US dollars per million tokens that are written.
        price_cached: The same for those that are read from a cache; by default ``price_in``.
        extra: More fields of each request, such as ``{"chat_template_kwargs": {...}}``.

    Attributes:
        name: The model, as the server calls it.

    Raises:
        ValueError: openai is not installed, there is no key, or an option makes no sense.
    """

    def __init__(
        self, model: str, base_url: str, *, dialect: str = "", key: str = "OPENAI_API_KEY",
        tries: int = 4, patience: float | None = None, backoff: float = 0.5,
        rng: np.random.Generator | None = None, temperature: float | None = 0.0, seed: int = 0,
        price_in: float = 0.0, price_out: float = 0.0, price_cached: float | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:  # fmt: skip
        if tries < 1:
            raise ValueError(f"tries is {tries}; at least 1")
        if dialect not in ("", *DIALECTS):
            raise ValueError(unknown("dialect", dialect, DIALECTS))
        self.name = model
        self._line = Line(base_url, key)
        if not dialect:
            own = self._line.host.endswith((".openai.com", ".openai.azure.com"))
            dialect = "openai" if own else "schema"
        self._dialect = dialect
        # OpenAI's newer models refuse the older word, and most other servers know no other.
        self._limit = "max_completion_tokens" if dialect == "openai" else "max_tokens"
        self._tries, self._patience, self._backoff = tries, patience, backoff
        self._rng = np.random.default_rng(seed) if rng is None else rng
        self._prices = (price_in, price_in if price_cached is None else price_cached, price_out)
        self._options: dict[str, Any] = {"model": model, "seed": seed}
        if temperature is not None:
            self._options["temperature"] = temperature
        self._extra = dict(extra or {})

    def complete(self, demand: Demand) -> Completion:
        """Return the assistant's next message.

        Raises:
            ModelError: TIMEOUT if the server does not answer in time, or not with an answer; PARSE
                if that is no chat completion; EMPTY if it holds no message, or is a refusal to
                write one. The reason is that of the last try.
            ValueError: The steps cannot be said in the server's dialect.
        """
        began = time.monotonic()
        answer = self._answer(self._request(demand), began + demand.seconds)
        price_in, price_cached, price_out = self._prices
        fresh = answer.read - answer.cached
        paid = fresh * price_in + answer.cached * price_cached + answer.written * price_out
        return Completion(
            text=text(answer.text, demand, self._dialect),
            read=answer.read,
            cached=answer.cached,
            written=answer.written,
            seconds=time.monotonic() - began,
            cut=answer.cut,
            cost=paid / 1e6,
        )

    def check(self, seconds: float = 60.0) -> None:
        """Ask for a word, so that a wrong key, name or address is found before an episode.

        Raises:
            ValueError: No answer; the message says why.
        """
        ask = Demand(({"role": "user", "content": "Say OK."},), limit=16, seconds=seconds)
        try:
            self.complete(ask)
        except ModelError as error:
            raise ValueError(str(error)) from None

    def close(self) -> None:
        """Let go of the connections."""
        self._line.close()

    def _request(self, demand: Demand) -> dict[str, Any]:
        told, beyond = fields(demand, self._dialect)
        return {
            **self._options, **told, "messages": list(demand.messages),
            self._limit: demand.limit, "extra_body": {**self._extra, **beyond},
        }  # fmt: skip

    def _answer(self, request: Mapping[str, Any], until: float) -> Answer:
        """Return the answer to a request, from the first try that brings one."""
        for k in range(self._tries):
            left = until - time.monotonic()
            if self._patience is not None:
                left = min(left, self._patience)
            try:
                return understand(self._line.ask(request, left))
            except Odd as error:
                odd = error
            pause = self._backoff * 2**k * self._rng.uniform(1.0, 1.5)
            pause = max(min(pause, _LONGEST_PAUSE), odd.after)
            if not odd.passing or time.monotonic() + pause >= until:
                break
            if k + 1 < self._tries:
                time.sleep(pause)
        tries = f" ({k + 1} tries)" if k else ""
        reason = " ".join(str(odd).split())
        short = reason if len(reason) <= 200 else reason[:197] + "..."
        raise ModelError(odd.label, f"{self.name} at {self._line.host}: {short}{tries}") from None
