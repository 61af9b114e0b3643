"""What one picture or clip must add to a prompt under the limits of a server."""

from collections.abc import Mapping

from swiftcfg.errors import InputError
from swiftcfg.media import Clip, Size
from swiftcfg.tokens import Limits
from swiftcfg.tokens.prompt import MARKERS
from swiftcfg.units import Range, Tokens
from swiftcfg.values import dataclass


class UncertainError(InputError):
    """The clip is served, and what it costs can be either of two numbers."""


@dataclass(frozen=True, slots=True)
class Expected:
    """``resized`` is what the model sees, ``tokens`` what that costs, ``markers`` what stands around it.

    ``texts`` are written between the frames of a clip. Only the server's own tokenizer tells how long they are.
    """

    resized: Size
    tokens: Tokens
    markers: Range
    frames: int | None = None
    texts: tuple[str, ...] = ()

    def added(self, lengths: Mapping[str, int]) -> Range:
        """Tokens that the prompt gets longer by; ``lengths`` are those of ``texts``."""
        written = sum(lengths[text] for text in self.texts)
        return Range.exactly(self.tokens + written) + self.markers


def expect(limits: Limits, media: Size | Clip) -> Expected:
    """Raises InputError where the server would refuse it, UncertainError where its time stamps are not certain."""
    if isinstance(media, Size):
        image = limits.image(media)
        return Expected(image.resized, image.tokens, Range.exactly(MARKERS))
    video = limits.video(media)
    if any(earliest != latest for earliest, latest in video.stamps):
        raise UncertainError(
            f"which frames are taken of {media} depends on the processor", "take a clip of another length"
        )
    texts = tuple(stamp for stamp, _ in video.stamps)
    return Expected(video.resized, video.tokens, video.markers, video.frames, texts)


def tokens_of(limits: Limits, size: Size) -> int:
    """Tokens of a picture, 0 of one that the server would refuse."""
    try:
        return limits.image(size).tokens
    except InputError:
        return 0
