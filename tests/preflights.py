"""What checks before a start say, for tests to compare."""

from collections.abc import Iterator

from swiftcfg.preflight import Note, Problem


def told(said: Iterator[Problem | Note]) -> list[tuple[str, str]]:
    """What was said, each with how bad it is."""
    return [(one.severity if isinstance(one, Problem) else "note", one.sentence) for one in said]
