"""What is to be done at a certain moment, by name; setting an alarm again moves it."""

import time
from collections.abc import Callable


class Alarms:
    """Each alarm has one action, and is set for one moment or none."""

    def __init__(self, **actions: Callable[[], object]) -> None:
        self._actions = actions
        self._moments: dict[str, float] = {}

    def set(self, name: str, after_s: float) -> None:
        self._moments[name] = time.monotonic() + after_s

    def patience_ms(self) -> float | None:
        """How long the next one is off; None, which is for ever, where none is set."""
        return max(0.0, min(self._moments.values()) - time.monotonic()) * 1000 if self._moments else None

    def ring(self) -> None:
        """Do what is due."""
        now = time.monotonic()
        for name in [name for name, moment in self._moments.items() if moment <= now]:
            del self._moments[name]
            self._actions[name]()
