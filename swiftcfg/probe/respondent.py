"""Who answers: the server's health and the names of its models."""

from swiftcfg.chat import Endpoint, NoAnswerError, health, models
from swiftcfg.errors import InputError
from swiftcfg.values import dataclass


@dataclass(frozen=True, slots=True)
class Respondent:
    """``health`` is the HTTP status of /health, None where it gives no answer; ``name`` is the model that is asked."""

    address: str
    health: int | None
    models: tuple[str, ...]
    name: str


def look(endpoint: Endpoint, name: str | None = None) -> Respondent:
    """Find the model to ask, the first where none is named; raises NoAnswerError where no server answers."""
    listed = models(endpoint)
    if name is not None and name not in listed:
        raise InputError(f"{endpoint} has no model {name!r}", f"it has: {', '.join(listed) or 'none'}")
    if not listed:
        raise InputError(f"{endpoint} lists no model", "a model is named with --served-model-name")
    return Respondent(str(endpoint), _health(endpoint), listed, name or listed[0])


def _health(endpoint: Endpoint) -> int | None:
    try:
        return health(endpoint)
    except NoAnswerError:
        return None
