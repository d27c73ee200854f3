"""A small server that speaks OpenAI's chat protocol, around any language model of ours.

It is for one machine: there is no encryption and no key, one answer is computed at a time, and
what cannot be done is refused rather than ignored.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import AF_INET6, has_ipv6
from threading import Lock
from typing import Any

from warewheel.agents.language.model import Completion, Demand, LanguageModel, ModelError

from .chat_format import Refused, answer, ask, models, stream

_CHAT, _MODELS = "/v1/chat/completions", "/v1/models"
# Most bytes of a request; longest time that a client may take to send the next of them [s].
_LARGEST = 4_000_000
_IDLE = 30.0

_log = logging.getLogger(__name__)


class Server(ThreadingHTTPServer):
    """Serves a model until it is shut down.

    Args:
        model: What answers; it is asked by one thread at a time.
        port: 0 takes a free one.
        host: Who else is let in, if anyone: there is no key.
        name: How clients call the model; by default its own name.
        limit: Most tokens of an answer.
        seconds: Longest time of an answer, and of the wait for those before it [s].

    Raises:
        OSError: The port is taken, or the host is no address of this machine.
    """

    daemon_threads = True
    request_queue_size = 64

    def __init__(
        self, model: LanguageModel, port: int, host: str = "127.0.0.1", name: str = "",
        limit: int = 1024, seconds: float = 60.0,
    ) -> None:  # fmt: skip
        if has_ipv6 and ":" in host:
            self.address_family = AF_INET6
        self.model, self.name = model, name or model.name
        self.limit, self.seconds = limit, seconds
        self._lock = Lock()
        super().__init__((host, port), _Handler)

    @property
    def url(self) -> str:
        """Address for clients."""
        host, port = self.server_address[:2]
        host = str(host)
        return f"http://{f'[{host}]' if ':' in host else host}:{port}/v1"

    def complete(self, demand: Demand) -> Completion:
        """Ask the model, when it is free.

        Raises:
            Refused: It has no answer, or no time.
        """
        if not self._lock.acquire(timeout=self.seconds):
            raise Refused("busy with others", 503, "TIMEOUT")
        try:
            return self.model.complete(demand)
        except ModelError as error:
            status = 504 if error.label == "TIMEOUT" else 500
            raise Refused(str(error), status, error.label) from None
        # A schema that it cannot follow, say.
        except ValueError as error:
            raise Refused(str(error)) from None
        except Exception as error:
            _log.exception("the model failed")
            raise Refused(f"the model failed: {type(error).__name__}", 500) from None
        finally:
            self._lock.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Keep quiet about clients that hang up."""
        quiet = isinstance(sys.exc_info()[1], OSError)
        _log.log(logging.DEBUG if quiet else logging.ERROR, "a connection failed", exc_info=True)


class _Handler(BaseHTTPRequestHandler):
    """One connection."""

    server: Server
    protocol_version = "HTTP/1.1"
    server_version = "warewheel"
    sys_version = ""
    timeout = _IDLE
    # Small packets that wait for each other would cost 40 ms each.
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """Tell the models."""
        self._answer_or_refuse(self._get)

    def do_POST(self) -> None:
        """Complete a chat."""
        self._answer_or_refuse(self._post)

    def log_message(self, format: str, *args: Any) -> None:
        """Write requests to the log, not to the terminal."""
        _log.info(format, *args)

    def _answer_or_refuse(self, method: Any) -> None:
        try:
            method()
        except Refused as error:
            self._send(error.body(), error.status)

    def _get(self) -> None:
        if self._path != _MODELS:
            raise Refused(f"{_MODELS} and {_CHAT} are all there is", 404)
        self._send(models(self.server.name))

    def _post(self) -> None:
        # Whatever is refused before the body is read leaves it on the line.
        self.close_connection = True
        if self._path != _CHAT:
            raise Refused(f"{_MODELS} and {_CHAT} are all there is", 404)
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit()):
            raise Refused("Content-Length is missing", 411)
        if len(length) > 9 or int(length) > _LARGEST:
            raise Refused(f"the request is longer than {_LARGEST} bytes", 413)
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            raise Refused("the request breaks off")
        self.close_connection = self.headers.get("Connection", "").lower() == "close"
        asked = ask(body, self.server.name, self.server.limit, self.server.seconds)
        completion = self.server.complete(asked.demand)
        if asked.stream:
            self._stream(stream(asked, self.server.name, completion))
        else:
            self._send(answer(asked, self.server.name, completion))

    @property
    def _path(self) -> str:
        return self.path.partition("?")[0].rstrip("/")

    def _send(self, body: bytes, status: int = 200) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if status == 503:
            self.send_header("Retry-After", "1")
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def _stream(self, events: Iterable[bytes]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Cache-Control", "no-cache")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for event in events:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(event), event))
        self.wfile.write(b"0\r\n\r\n")
