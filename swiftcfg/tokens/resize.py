"""smart_resize: how qwen-vl-utils and transformers round a picture to whole tokens.

Every expression keeps the libraries' order of operations: Python's banker's rounding, true division
and floating-point square roots decide on which side of a token an edge falls.
"""

import math

from swiftcfg.errors import InputError
from swiftcfg.media import Size
from swiftcfg.units import Pixels

#: qwen-vl-utils@0.0.14:src/qwen_vl_utils/vision_process.py:23, the same since 0.0.2.
MAX_RATIO = 200


def round_by(number: float, factor: int) -> int:
    return round(number / factor) * factor


def ceil_by(number: float, factor: int) -> int:
    return math.ceil(number / factor) * factor


def floor_by(number: float, factor: int) -> int:
    return math.floor(number / factor) * factor


def check_ratio(height: int, width: int, max_ratio: int = MAX_RATIO) -> None:
    ratio = max(height, width) / min(height, width)
    if ratio > max_ratio:
        raise InputError(
            f"{width}x{height} cannot be served: one side is {ratio:g} times the other, and qwen-vl-utils "
            f"refuses more than {max_ratio}",
            "crop or pad the picture before sending it",
        )


def smart_resize(  # noqa: PLR0917  (the library's own order)
    height: int, width: int, factor: int, min_pixels: float, max_pixels: float, max_ratio: int = MAX_RATIO
) -> tuple[int, int]:
    """Height and width after the resize of qwen-vl-utils, the same in 0.0.2 to 0.0.14.

    A limit may be so small that a side becomes 0; the caller refuses that, as Pillow and torch do.
    """
    check_ratio(height, width, max_ratio)
    h_bar, w_bar = max(factor, round_by(height, factor)), max(factor, round_by(width, factor))
    if h_bar * w_bar > max_pixels:
        beta = math.sqrt((height * width) / max_pixels)
        return floor_by(height / beta, factor), floor_by(width / beta, factor)
    if h_bar * w_bar < min_pixels:
        beta = math.sqrt(min_pixels / (height * width))
        return ceil_by(height * beta, factor), ceil_by(width * beta, factor)
    return h_bar, w_bar


def smart_resize_processor(
    height: int, width: int, factor: int, min_pixels: int, max_pixels: int, *, frames: int = 1
) -> tuple[int, int]:
    """Height and width after the resize of a transformers processor, whose limits hold for ``frames`` together.

    transformers@5.19.0:src/transformers/models/qwen2_vl/image_processing_qwen2_vl.py (frames=1) and
    .../qwen3_vl/video_processing_qwen3_vl.py; both sides are at least ``factor`` here, as qwen-vl-utils
    leaves them.
    """
    check_ratio(height, width)
    h_bar, w_bar = round_by(height, factor), round_by(width, factor)
    t_bar = 1 if frames == 1 else round_by(frames, 2)
    if t_bar * h_bar * w_bar > max_pixels:
        beta = math.sqrt((frames * height * width) / max_pixels)
        return max(factor, _floor(height / beta, factor)), max(factor, _floor(width / beta, factor))
    if t_bar * h_bar * w_bar < min_pixels:
        beta = math.sqrt(min_pixels / (frames * height * width))
        return ceil_by(height * beta, factor), ceil_by(width * beta, factor)
    return h_bar, w_bar


def _floor(number: float, factor: int) -> int:
    return math.floor(number / factor) * factor


def rescale(size: Size, max_pixels: int | None) -> Size:
    """What ``--max_pixels`` does first: ms-swift's rescale_image, which does not round to tokens.

    ms-swift@4.6.0:swift/template/vision_utils.py:89-99, the same since 3.0.0.
    """
    width, height = size.width, size.height
    if max_pixels is None or max_pixels <= 0 or width * height <= max_pixels:
        return size
    ratio = width / height
    height_scaled = math.sqrt(max_pixels / ratio)
    return Size(int(height_scaled * ratio), int(height_scaled))


def never_shrink_pixels(size: Size, factor: int) -> Pixels:
    """The smallest MAX_PIXELS that leaves a picture unshrunk: the area after rounding, not width times height."""
    return Pixels(max(factor, round_by(size.height, factor)) * max(factor, round_by(size.width, factor)))
