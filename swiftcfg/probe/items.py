"""What is sent: pictures and clips that are made here, or files of the user."""

from base64 import b64encode
from dataclasses import field
from typing import Any, Literal

from swiftcfg.errors import InputError
from swiftcfg.expectation import Expected, Sample
from swiftcfg.files import expanded, is_file, read_bytes, shown_name
from swiftcfg.media import Clip, Size, parse_clip, parse_size
from swiftcfg.pictures import avi, media_type, picture_size, png
from swiftcfg.values import dataclass

Kind = Literal["image", "video"]

#: Larger files are refused: in a request they are a third longer still, and servers and proxies have their own limits.
LARGEST_FILE = 64 * 2**20


@dataclass(frozen=True, slots=True)
class Item:
    """Something to send. ``media`` is None where the size of a file is not known, ``expected`` where nothing is."""

    what: str
    kind: Kind
    media: Size | Clip | None
    data: bytes = field(repr=False)
    media_type: str
    expected: Expected | None = None

    def part(self) -> dict[str, Any]:
        """The part of a message that OpenAI's language has for it."""
        name = f"{self.kind}_url"
        return {"type": name, name: {"url": f"data:{self.media_type};base64,{b64encode(self.data).decode()}"}}


def item_of_sample(sample: Sample) -> Item:
    return _made(sample.what, sample.media, sample.expected)


def _made(what: str, media: Size | Clip, expected: Expected | None = None) -> Item:
    if isinstance(media, Size):
        return Item(what, "image", media, png(media), "image/png", expected)
    return Item(what, "video", media, avi(media), "video/x-msvideo", expected)


def item_of_text(text: str, kind: Kind) -> Item:
    """A file, or a size or clip to make where no file is called so; raises InputError where it is neither."""
    if is_file(expanded(text)):
        return item_of_file(text, kind)
    try:
        return _made("picture", parse_size(text)) if kind == "image" else _made("clip", parse_clip(text))
    except InputError as error:
        hint = f"check the path; or to have one made, {error.hint}"
        raise InputError(f"{text!r} is no file, and no size to make one of", hint) from None


def item_of_file(path: str, kind: Kind) -> Item:
    """A file of the user; raises InputError where it cannot be read, is empty or too large."""
    data = read_bytes(path, LARGEST_FILE)
    if not data:
        raise InputError(f"{shown_name(path)} is empty", "check that it was written to its end")
    if kind == "video":
        return Item(path, kind, None, data, "video/mp4")
    found = media_type(data)
    return Item(path, kind, picture_size(data), data, found or "application/octet-stream")
