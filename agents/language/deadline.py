"""A call that must end in time, whatever it waits for."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as Late
from threading import Thread
from typing import TypeVar

T = TypeVar("T")


def within(seconds: float, call: Callable[[], T]) -> T:
    """Return what ``call`` returns, or raise what it raises.

    It runs in a thread of its own. Timeouts of sockets bound each wait, not their sum: a server
    that sends one byte each second holds a caller for as long as it likes. Past its time the call
    is left behind, and should find out for itself.

    Raises:
        TimeoutError: It takes longer than that.
    """
    future: Future[T] = Future()

    def work() -> None:
        try:
            future.set_result(call())
        except BaseException as error:
            future.set_exception(error)

    Thread(target=work, daemon=True).start()
    try:
        return future.result(max(0.0, seconds))
    except Late:
        if future.done():
            raise
        raise TimeoutError(f"no answer within {seconds:.3g} s") from None
