"""A wish: what a user wants to know of a running server, and how it is found out."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import field, replace

from swiftcfg.catalogue import find_model
from swiftcfg.chat import Endpoint
from swiftcfg.detect import find_runtime
from swiftcfg.errors import InputError, SwiftcfgError
from swiftcfg.expectation import Samples, choose_samples, expect
from swiftcfg.model import Model
from swiftcfg.probe.items import Item, item_of_text
from swiftcfg.probe.prove import Proof, prove, try_items
from swiftcfg.probe.respondent import Respondent, look
from swiftcfg.tokens import Limits, effective_limits, parse_assignments
from swiftcfg.values import dataclass

#: Sent where nothing else is named: larger than most caps that people set, and shorter than most contexts.
PICTURE = "1920x1080"
#: Beginnings of the variables that matter to videos alone; where one is set a clip is tried too.
_VIDEO_VARIABLES = ("VIDEO_", "FPS", "FRAME_FACTOR", "MODEL_SEQ_LEN")


@dataclass(frozen=True)
class Wish:
    """``model`` is a folder or a name of the catalogue; ``assignments`` are variables the server was started with."""

    model: str | None = None
    served_name: str | None = None
    images: tuple[str, ...] = ()
    videos: tuple[str, ...] = ()
    assignments: tuple[str, ...] = ()
    max_model_len: int | None = None
    backend: str = "vllm"
    versions: Mapping[str, str] = field(default_factory=dict)
    python: str | None = None


@dataclass(frozen=True)
class Found:
    """Who answered, by which model its counts were understood (None: by none), and what it counted."""

    server: Respondent
    model: Model | None
    proof: Proof


def fulfil(wish: Wish, endpoint: Endpoint) -> Found:
    """Ask all that is wished; raises InputError for a wish that cannot be, NoAnswerError where no server answers."""
    items = [item_of_text(text, "image") for text in wish.images] + [
        item_of_text(text, "video") for text in wish.videos
    ]
    known = None if wish.model is None else _understood(wish.model, wish)
    server = look(endpoint, wish.served_name)
    understood = known or _guessed(server.name, wish)
    if understood and wish.assignments:
        proof = prove(endpoint, server.name, _samples(wish, *understood), more=_expected(items, understood[1]))
    else:
        limits = understood[1] if understood else None
        proof = Proof(try_items(endpoint, server.name, items or [item_of_text(PICTURE, "image")], limits))
    return Found(server, understood[0] if understood else None, proof)


def _understood(name: str, wish: Wish) -> tuple[Model, Limits]:
    """A model and what it makes of pictures, by the variables that are given."""
    model = find_model(name)
    if model.vision is None:
        raise InputError(f"how {model.name} counts images is not known", "known are the Qwen-VL lines: swiftcfg models")
    runtime = find_runtime(wish.versions, wish.python)
    limits = effective_limits(
        model.vision, runtime, parse_assignments(wish.assignments), model_type=model.model_type,
        processor=model.limits, backend=wish.backend,
    )  # fmt: skip
    return model, limits


def _guessed(name: str, wish: Wish) -> tuple[Model, Limits] | None:
    """The same for a name that only the server gave: nothing where it says nothing."""
    with suppress(SwiftcfgError):
        return _understood(name, wish)
    return None


def _samples(wish: Wish, model: Model, limits: Limits) -> Samples:
    context = wish.max_model_len or (model.text.max_position_embeddings if model.text else None)
    videos = any(text.startswith(_VIDEO_VARIABLES) for text in wish.assignments)
    return choose_samples(limits, context, videos=videos)


def _expected(items: list[Item], limits: Limits) -> list[Item]:
    """What is to be expected of the user's own, where their size is known."""
    return [item if item.media is None else replace(item, expected=expect(limits, item.media)) for item in items]
