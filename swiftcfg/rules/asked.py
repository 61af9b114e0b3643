"""What requests ask of the context: of a workload that is known, or of what a command lets in."""

from swiftcfg.engine import EngineSettings
from swiftcfg.errors import InputError
from swiftcfg.flags import FlagCatalog
from swiftcfg.model import Model
from swiftcfg.requests import Request, request_under
from swiftcfg.rules.written import in_force
from swiftcfg.script import Script
from swiftcfg.tokens import Limits
from swiftcfg.workload import Workload

#: Context lengths are rounded up to this, for people; vLLM stores tokens in blocks of 16.
STEP = 256


def context_of(settings: EngineSettings, model: Model) -> int | None:
    """Tokens of the longest request, its answer included; None where it is not known."""
    longest = model.text.max_position_embeddings if model.text else None
    return settings.max_model_len or longest


def longest_context(model: Model) -> int:
    """What the model was made for; no limit where that is not known."""
    return model.text.max_position_embeddings if model.text else 2**62


def request_of(model: Model, workload: Workload, limits: Limits | None) -> Request | None:
    """The largest request of a workload; None where its sizes are not known, or the server refuses them."""
    if limits is None and (workload.images_per_request or workload.videos_per_request):
        return None
    try:
        return request_under(model, workload, limits)
    except InputError:
        return None


def answer_tokens(script: Script, catalog: FlagCatalog) -> int | None:
    """--max_new_tokens, as far as it is known."""
    one = in_force(script, catalog).get("max_new_tokens")
    value = one.value if one else None
    return value if isinstance(value, int) and value > 0 else None


def rounded(tokens: int) -> int:
    return -(-tokens // STEP) * STEP
