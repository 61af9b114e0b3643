"""ProcessorLimits: what a checkpoint's processor files allow an image or a video to be."""

from collections.abc import Mapping
from typing import Any

from swiftcfg.architectures.fields import number, section
from swiftcfg.model import ProcessorLimits
from swiftcfg.units import Pixels


def read_limits(files: Mapping[str, Mapping[str, Any]]) -> ProcessorLimits | None:
    """Limits from preprocessor_config.json, or its place inside processor_config.json (transformers 5).

    None where no file gives an upper limit for images: other families count in tiles or not at all.
    """
    image = files.get("preprocessor_config.json") or section(files.get("processor_config.json", {}), "image_processor")
    video = files.get("video_preprocessor_config.json") or section(
        files.get("processor_config.json", {}), "video_processor"
    )
    image_min, image_max = _pixels(image, "preprocessor_config.json")
    if image_min is None or image_max is None:
        return None
    return ProcessorLimits(image_min, image_max, *_pixels(video, "video_preprocessor_config.json"))


def _pixels(record: Mapping[str, Any], where: str) -> tuple[Pixels | None, Pixels | None]:
    """Both limits of one processor: min_pixels and max_pixels win over their aliases in ``size``.

    Source: transformers@5.19.0 image_processing_qwen2_vl.py:110-119.
    """
    size = section(record, "size")
    low = number(record, "min_pixels", where=where)
    high = number(record, "max_pixels", where=where)
    low = number(size, "shortest_edge", "min_pixels", where=where) if low is None else low
    high = number(size, "longest_edge", "max_pixels", where=where) if high is None else high
    return (None if low is None else Pixels(low)), (None if high is None else Pixels(high))
