"""Patience: an answer within some seconds, from what may take for ever and cannot be broken off."""

from collections.abc import Callable
from errno import EAGAIN
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TypeVar

Answer = TypeVar("Answer")


def answer_within(seconds: float, question: Callable[[], Answer]) -> Answer:
    """What the question returns or raises; TimeoutError where it does not in time, and it is left to itself."""
    answers: SimpleQueue[tuple[Answer | None, Exception | None]] = SimpleQueue()
    begin(Thread(target=lambda: answers.put(_asked(question)), daemon=True))
    try:
        answer, error = answers.get(timeout=seconds)
    except Empty:
        raise TimeoutError from None
    if error is not None:
        raise error
    return answer  # type: ignore[return-value]  # there is one where there is no error


def begin(thread: Thread) -> None:
    """Start a thread; raises BlockingIOError, as for a process, where the user may have no more."""
    try:
        thread.start()
    except RuntimeError as error:
        raise BlockingIOError(EAGAIN, str(error)) from None


def _asked(question: Callable[[], Answer]) -> tuple[Answer | None, Exception | None]:
    try:
        return question(), None
    except Exception as error:  # noqa: BLE001  (raised again where the answer is waited for)
        return None, error
