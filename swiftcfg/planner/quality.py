"""What becomes of each image size and clip of a workload under a candidate."""

from collections.abc import Iterator

from swiftcfg.media import Size
from swiftcfg.model import Model
from swiftcfg.planner.candidate import Candidate
from swiftcfg.planner.plan import Item
from swiftcfg.tokens import never_shrink_pixels
from swiftcfg.units import Tokens
from swiftcfg.workload import Workload


def items_of(model: Model, workload: Workload, chosen: Candidate) -> tuple[Item, ...]:
    """One row per size and clip, images first, in the order of the workload."""
    if chosen.limits is None:
        return ()
    return (*_images(model, workload, chosen), *_videos(model, workload, chosen))


def _images(model: Model, workload: Workload, chosen: Candidate) -> Iterator[Item]:
    limits = chosen.limits
    if limits is None or not workload.images_per_request:
        return
    factor = limits.tower.factor
    for size, share in workload.image_sizes():
        sized = limits.image(size)
        dpi = None
        if size.dpi:
            dpi = (round(size.dpi * sized.scale[0]), round(size.dpi * sized.scale[1]))
        yield Item(
            kind="image",
            name=str(size),
            share=share,
            original=(size.width, size.height),
            resized=_pair(sized.resized),
            scale=sized.scale,
            tokens=sized.tokens,
            prompt_tokens=sized.prompt_tokens,
            dpi=dpi,
            box_scale=sized.box_scale if model.absolute_coordinates else None,
            shrunk=sized.tokens * factor**2 < never_shrink_pixels(size, factor),
        )


def _videos(model: Model, workload: Workload, chosen: Candidate) -> Iterator[Item]:
    limits = chosen.limits
    if limits is None or not workload.videos_per_request:
        return
    for clip, share in workload.clips():
        sized = limits.video(clip)
        yield Item(
            kind="video",
            name=str(clip),
            share=share,
            original=(clip.size.width, clip.size.height),
            resized=_pair(sized.resized),
            scale=sized.scale,
            tokens=sized.tokens,
            prompt_tokens=Tokens(sized.prompt_tokens.high),
            frames=sized.frames,
            box_scale=sized.box_scale if model.absolute_coordinates else None,
            shrunk=sized.resized.pixels < never_shrink_pixels(clip.size, limits.tower.factor),
        )


def _pair(size: Size) -> tuple[int, int]:
    return size.width, size.height
