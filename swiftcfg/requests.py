"""What the largest request of a workload asks of the engine, once items are resized."""

from collections.abc import Mapping

from swiftcfg.memory import Demand
from swiftcfg.model import Model
from swiftcfg.tokens import TEMPLATES, Limits, chat_overhead
from swiftcfg.tokens.prompt import MARKERS
from swiftcfg.units import Tokens
from swiftcfg.values import dataclass
from swiftcfg.workload import Workload

#: Assumed for a chat template that has not been counted: more than any that has.
UNCOUNTED_TEMPLATE = Tokens(64)


@dataclass(frozen=True, slots=True)
class Request:
    """The largest request: tokens of one image, of one video, of all its parts together."""

    image_prompt_tokens: Tokens
    video_prompt_tokens: Tokens
    template_tokens: Tokens
    tokens: Tokens
    largest_items: Mapping[str, int]

    def demand(self, workload: Workload, max_model_len: int | None = None) -> Demand:
        """What the engine is asked for; items that the context has no room for are refused, and ask for nothing."""
        visual = workload.images_per_request * self.image_prompt_tokens
        visual += workload.videos_per_request * self.video_prompt_tokens
        items = dict(self.largest_items)
        if max_model_len is not None:
            room = max(1, max_model_len - self.template_tokens)
            items = {kind: min(room, size) for kind, size in items.items()}
        return Demand(self.tokens, workload.concurrent_requests, items, Tokens(visual))


def template_tokens(model: Model) -> Tokens:
    """What the chat template adds to a prompt."""
    known = model.template is not None and model.template in TEMPLATES
    return chat_overhead(str(model.template)) if known else UNCOUNTED_TEMPLATE


def request_under(model: Model, workload: Workload, limits: Limits | None, *, any_shape: bool = False) -> Request:
    """Count the largest request under the caps of a server.

    With ``any_shape`` an image counts as the cap itself, so that no image of another shape asks for more. A
    video counts as the workload's largest clip in the prompt, and as its cap in every frame where the vision
    tower is concerned.
    """
    image = video = 0
    items: dict[str, int] = {}
    if limits and workload.images_per_request:
        largest = max(limits.image(size).tokens for size, _ in workload.image_sizes())
        items["image"] = max(largest, limits.image_max_tokens) if any_shape else largest
        image = items["image"] + MARKERS
    if limits and workload.videos_per_request:
        clips = [limits.video(clip) for clip, _ in workload.clips()]
        video = max(clip.prompt_tokens.high for clip in clips)
        items["video"] = max(video, *(frames_at_cap(limits, clip.frames) for clip in clips))
    template = template_tokens(model)
    total = workload.images_per_request * image + workload.videos_per_request * video
    total += template + workload.largest_text()
    return Request(Tokens(image), Tokens(video), template, Tokens(total), items)


def frames_at_cap(limits: Limits, frames: int) -> int:
    """Visual tokens of a video that fills its cap in every frame."""
    steps = -(-frames // limits.tower.temporal_patch_size)
    return steps * (limits.frame_cap(frames) // limits.tower.factor**2)
