"""Secrets in a stream of bytes become ``***``, also where one is cut in two by a read."""

import json
from collections.abc import Iterable

MASK = b"***"


class Veil:
    """Hides every spelling of every secret; what may be the beginning of one is held back until more has come."""

    def __init__(self, secrets: Iterable[str]) -> None:
        spellings = {spelling for secret in secrets for spelling in _spellings(secret)}
        self._strands = [_Strand(spelling) for spelling in sorted(spellings, key=lambda each: (-len(each), each))]

    def feed(self, data: bytes) -> bytes:
        for strand in self._strands:
            data = strand.feed(data)
        return data

    def flush(self) -> bytes:
        """What was held back, as nothing comes after it."""
        rest = b""
        for strand in self._strands:
            rest = strand.feed(rest) + strand.flush()
        return rest


def _spellings(secret: str) -> set[bytes]:
    """As it is, and as Python and JSON write it inside quotes."""
    texts = (secret, repr(secret)[1:-1], json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1])
    return {text.encode("utf-8", "surrogateescape") for text in texts if text}


class _Strand:
    """One spelling."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._held = b""

    def feed(self, data: bytes) -> bytes:
        *before, last = (self._held + data).split(self._secret)
        cut = len(last) - self._beginning(last)
        self._held = last[cut:]
        return MASK.join((*before, last[:cut]))

    def _beginning(self, data: bytes) -> int:
        """How many bytes at the end of the data may be the beginning of the secret."""
        longest = min(len(self._secret) - 1, len(data))
        return next((size for size in range(longest, 0, -1) if data.endswith(self._secret[:size])), 0)

    def flush(self) -> bytes:
        rest, self._held = self._held, b""
        return rest
