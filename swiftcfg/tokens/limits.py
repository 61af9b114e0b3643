"""Limits: what one server does to every image and video, and what each then costs in tokens."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import field

from swiftcfg.errors import InputError
from swiftcfg.media import Clip, FrameList, Size
from swiftcfg.model import ProcessorLimits, VisionTower
from swiftcfg.tokens import frames, prompt, resize
from swiftcfg.tokens.library import IN_PIXELS, Library
from swiftcfg.tokens.notes import Note
from swiftcfg.tokens.variables import Constants
from swiftcfg.units import Pixels, Range, Tokens
from swiftcfg.values import dataclass


@dataclass(frozen=True, slots=True)
class Sized:
    """A picture before and after it is resized."""

    original: Size
    resized: Size

    @property
    def scale(self) -> tuple[float, float]:
        """Resized over original, per axis; the two differ a little because each side is rounded."""
        return self.resized.width / self.original.width, self.resized.height / self.original.height

    @property
    def box_scale(self) -> tuple[float, float]:
        """What a client multiplies x and y of a box by, where the model answers in pixels of what it saw."""
        return self.original.width / self.resized.width, self.original.height / self.resized.height


@dataclass(frozen=True, slots=True)
class SizedImage(Sized):
    """An image as the model sees it. ``prompt_tokens`` counts the two markers around it."""

    tokens: Tokens
    prompt_tokens: Tokens


@dataclass(frozen=True, slots=True)
class SizedVideo(Sized):
    """A video as the model sees it. ``prompt_tokens`` counts ``markers`` and time stamps too.

    ``stamps`` are the time stamps written between the frames, each as (earliest, latest) it can be.
    """

    frames: int
    tokens: Tokens
    prompt_tokens: Range
    markers: Range
    stamps: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Limits:
    """All that decides how pictures are resized, once ms-swift has started.

    ``flag_pixels`` is ``--max_pixels``. ``second`` holds the processor's limits where it resizes again.
    ``no_video`` and ``no_frame_list`` say why such a request fails (None: it is served). ``outer_markers`` are
    tokens around a whole Qwen3-VL video; ``frame_list_fps`` dates the frames of a list.
    """

    tower: VisionTower
    library: Library
    constants: Constants
    flag_pixels: int | None = None
    second: ProcessorLimits | None = None
    request: Mapping[str, float] = field(default_factory=dict)
    outer_markers: Range = field(default_factory=lambda: Range.exactly(0))
    frame_list_fps: float = 2.0
    qwen_tokenizer: bool = True
    no_video: str | None = None
    no_frame_list: str | None = None
    notes: tuple[Note, ...] = ()

    @property
    def image_max_tokens(self) -> Tokens:
        """Tokens of the largest image; none where the cap is below 0, which a server starts with."""
        return Tokens(max(0, self.constants.image_max // self.constants.factor**2))

    @property
    def video_max_pixels(self) -> Pixels:
        """The cap on one frame after the floor, where the total of all frames does not bind."""
        return Pixels(max(self.constants.video_max, self.constants.video_floor))

    def frame_cap(self, count: int) -> Pixels:
        """Pixels that one of ``count`` frames of a video has at most, whatever its shape."""
        limits = self.constants
        cap = max(min(limits.video_max, limits.video_total / count * limits.frame_factor), limits.video_floor)
        return Pixels(int(min(cap, self._second_cap / (count if self.tower.kind == "qwen3_vl" else 1))))

    @property
    def _second_cap(self) -> float:
        """What the processor's own resize leaves of a frame, for Qwen3-VL of all frames together."""
        if self.second is None:
            return math.inf
        return self.second.image_max if self.second.video_max is None else self.second.video_max

    def image(self, size: Size) -> SizedImage:
        """What becomes of an image; raises InputError where the server would refuse it."""
        limits = self.constants
        first = resize.rescale(size, self.flag_pixels)
        if not (first.width and first.height):
            raise InputError(f"--max_pixels {self.flag_pixels} leaves nothing of {size}", "give a larger --max_pixels")
        seen = self._fit(first, limits.factor, limits.image_min, limits.image_max)
        if self.second:
            seen = self._again(seen, self.second.image_min, self.second.image_max)
        tokens = self._tokens(seen)
        return SizedImage(size, seen, tokens, Tokens(tokens + prompt.MARKERS))

    def video(self, video: Clip | FrameList) -> SizedVideo:
        """What becomes of a video; raises InputError where the server would refuse it."""
        if isinstance(video, FrameList):
            return self.frames_as_images(video.size, video.count)
        self._check_served(self.no_video)
        count = frames.count_frames(video, self.constants, self.library, self.request)
        indices = frames.frame_indices(video.total_frames, count)
        return self._sized(video.size, self._frame(video.size, count), indices, video.fps)

    def frames_as_images(self, size: Size, count: int) -> SizedVideo:
        """What becomes of ``count`` frames of one size, sent as the list that is a video."""
        self._check_served(self.no_frame_list)
        if self.tower.kind == "qwen3_vl" and not self.frame_list_fps > 0:
            raise InputError(f"FPS={self.frame_list_fps:g} cannot date the frames of a list", "set FPS above 0")
        limits = self.constants
        seen = self._fit(size, limits.list_factor, limits.list_min, limits.list_max)
        count = max(count, resize.ceil_by(count, limits.frame_factor))
        if self.library.in_tokens:
            seen = self._frame(seen, count)
        return self._sized(size, seen, [(index, index) for index in range(count)], self.frame_list_fps)

    def _frame(self, size: Size, count: int) -> Size:
        """fetch_video's cap on one of ``count`` frames, and the resize to it."""
        limits = self.constants
        least = self.request.get("min_pixels", limits.video_min)
        total = self.request.get("total_pixels", limits.video_total)
        most = max(min(limits.video_max, total / count * limits.frame_factor), int(least * 1.05))
        asked = self.request.get("max_pixels", most)
        most = min(asked, most) if self.library.caps_requests else asked
        return self._fit(size, limits.factor, least, most, requested=False)

    def _fit(self, size: Size, factor: int, least: float, most: float, *, requested: bool = True) -> Size:
        """smart_resize with the limits of the request, if it gives any; raises InputError like the library."""
        height, width = size.height, size.width
        if "resized_height" in self.request and "resized_width" in self.request:
            height, width = int(self.request["resized_height"]), int(self.request["resized_width"])
            least, most = self._exact(factor)
        elif requested:
            least, most = self.request.get("min_pixels", least), self.request.get("max_pixels", most)
        if self.library.in_tokens and most < least:
            raise InputError(
                f"{size} cannot be served: the upper limit of {most:.0f} pixels is below the lower one of {least:.0f}",
                "raise the upper limit or lower the other; qwen-vl-utils refuses every request until then",
            )
        try:
            height, width = resize.smart_resize(height, width, factor, least, most, self.constants.max_ratio)
        except (ZeroDivisionError, ValueError):
            height = width = 0
        if height < 1 or width < 1:
            raise InputError(
                f"{size} cannot be served: a limit of {most:.0f} pixels leaves nothing of one side",
                f"give a larger limit, {factor * factor * resize.MAX_RATIO} pixels serve any shape",
            )
        return Size(width, height)

    def _exact(self, factor: int) -> tuple[int, int]:
        """smart_resize's own limits, for a resized_height and resized_width of a request."""
        if not self.library.in_tokens:
            return IN_PIXELS["MIN_PIXELS"], IN_PIXELS["MAX_PIXELS"]
        times = (factor // self.constants.factor) ** 2
        return self.constants.image_min * times, self.constants.image_max * times

    def _again(self, size: Size, least: int, most: int, count: int = 1) -> Size:
        height, width = resize.smart_resize_processor(
            size.height, size.width, self.tower.factor, least, most, frames=count
        )
        return Size(width, height)

    def _second_of_frames(self, size: Size, count: int) -> Size:
        """The processor's own resize of frames: each by itself for Qwen2-VL, all together for Qwen3-VL."""
        if self.second is None:
            return size
        least = self.second.image_min if self.second.video_min is None else self.second.video_min
        return self._again(size, least, int(self._second_cap), count if self.tower.kind == "qwen3_vl" else 1)

    def _sized(self, original: Size, seen: Size, indices: Sequence[tuple[int, int]], fps: float) -> SizedVideo:
        seen = self._second_of_frames(seen, len(indices))
        steps = -(-len(indices) // self.tower.temporal_patch_size)
        tokens = Tokens(steps * self._tokens(seen))
        visual = Range.exactly(tokens)
        if self.tower.kind != "qwen3_vl":
            markers = Range.exactly(prompt.MARKERS)
            return SizedVideo(original, seen, len(indices), tokens, visual + markers, markers)
        stamps = frames.stamps(indices, fps)
        markers = Range.exactly(steps * prompt.MARKERS) + self.outer_markers
        written = frames.stamp_tokens(stamps, qwen_tokenizer=self.qwen_tokenizer)
        return SizedVideo(original, seen, len(indices), tokens, visual + markers + written, markers, tuple(stamps))

    def _tokens(self, seen: Size) -> Tokens:
        patch, merge = self.tower.patch_size, self.tower.merge_size
        return Tokens((seen.width // patch) * (seen.height // patch) // merge**2)

    @staticmethod
    def _check_served(fault: str | None) -> None:
        if fault:
            raise InputError(f"this server cannot serve such a video: {fault}", "install qwen-vl-utils 0.0.14")
