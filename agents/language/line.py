"""The line to a server: one request, one answer, in time, and the key kept secret."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from .answer import Odd
from .deadline import within

_LOOPBACK = ("localhost", "127.0.0.1", "::1")
# Statuses below 500 after which the same request may do better later.
_PASSING = {408, 409, 425, 429}
# A shorter key is a word for servers that want none, and no secret.
_SECRET = 16
# Most bytes of an answer; longest time to connect [s].
_LARGEST = 4_000_000
_CONNECT = 10.0


class Line:
    """Sends chat requests by the openai package, each once.

    Args:
        base_url: Such as ``http://127.0.0.1:8000/v1``.
        key: Environment variable that holds the key. Servers on this machine need none.

    Attributes:
        host: Name of the server's machine.

    Raises:
        ValueError: openai is not installed, the address is none, or there is no key.
    """

    def __init__(self, base_url: str, key: str) -> None:
        try:
            import openai
        except ImportError:
            raise ValueError(
                "openai is not installed; models behind servers need the brain extra: "
                "pip install 'warewheel[brain]'"
            ) from None
        self.host = _host(base_url)
        loopback = self.host in _LOOPBACK
        self._key = os.environ.get(key, "").strip()
        if not self._key and not loopback:
            raise ValueError(f"{key} is not set; if {self.host} wants no key, set it to any word")
        self._openai: Any = openai
        self._client: Any = openai.OpenAI(
            api_key=self._key or "none",
            base_url=base_url,
            max_retries=0,
            # Proxies are for the world outside.
            http_client=openai.DefaultHttpxClient(trust_env=not loopback),
        )

    def ask(self, request: Mapping[str, Any], seconds: float) -> bytes:
        """Send a request and return the body of its answer; neither it nor an error holds the key.

        Args:
            request: Arguments of openai's ``chat.completions.create``.
            seconds: Longest time on the clock, whatever the server does [s].

        Raises:
            Odd: No answer, or none with a good status.
        """
        try:
            return within(seconds, partial(self._send, request, seconds))
        except TimeoutError:
            raise Odd("TIMEOUT", f"no answer within {seconds:.3g} s") from None

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def _send(self, request: Mapping[str, Any], seconds: float) -> bytes:
        end = time.monotonic() + seconds
        api = self._openai
        timeout = api.Timeout(seconds, connect=min(seconds, _CONNECT))
        create = self._client.chat.completions.with_streaming_response.create
        try:
            with create(**request, timeout=timeout) as response:
                return self._gather(response, end)
        except api.APITimeoutError as error:
            raise TimeoutError from error
        except api.APIConnectionError as error:
            raise Odd("TIMEOUT", f"cannot be reached: {error.__cause__ or error}") from None
        except api.APIStatusError as error:
            status = error.status_code
            passing = status in _PASSING or status >= 500
            label = "TIMEOUT" if passing else "EMPTY"
            reason = self._clean(f"status {status}: {_told(error)}".encode()).decode()
            raise Odd(label, reason, passing, _after(error.response.headers)) from None

    def _gather(self, response: Any, end: float) -> bytes:
        """Return the body of a response; it must end, and not be too long."""
        body = bytearray()
        try:
            for piece in response.iter_bytes():
                body += piece
                if len(body) > _LARGEST or time.monotonic() > end:
                    break
            else:
                return self._clean(bytes(body))
        # The library that openai sends requests with, and so what it raises, has changed before.
        except Exception as error:
            if "timeout" in type(error).__name__.lower():
                raise TimeoutError from error
            raise Odd("PARSE", f"the answer breaks off: {error}") from None
        if time.monotonic() > end:
            raise TimeoutError
        raise Odd("PARSE", f"the answer is longer than {_LARGEST} bytes")

    def _clean(self, words: bytes) -> bytes:
        """Return a server's words without the key, which some servers echo."""
        secret = len(self._key) >= _SECRET
        return words.replace(self._key.encode(), b"***") if secret else words


def _host(base_url: str) -> str:
    try:
        parts = urlsplit(base_url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or parts.scheme not in ("http", "https"):
        raise ValueError(f"{base_url!r} is no address of a server; try http://127.0.0.1:8000/v1")
    return host


def _told(error: Any) -> str:
    """Return what a server says of a failure."""
    body = error.body
    if isinstance(body, dict):
        body = body.get("message", body)
    return body if isinstance(body, str) else json.dumps(body, default=str)


def _after(headers: Any) -> float:
    """Return the pause that a server asks for [s], 0 if it asks for none or talks nonsense."""
    try:
        seconds = float(headers.get("retry-after", "0"))
    except ValueError:
        return 0.0
    return seconds if 0.0 <= seconds < 3600.0 else 0.0
