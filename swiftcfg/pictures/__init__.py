"""Pictures and clips as bytes: made for a test request, or told their size by their first bytes."""

from swiftcfg.pictures.avi import avi
from swiftcfg.pictures.headers import media_type, picture_size
from swiftcfg.pictures.png import png

__all__ = ["avi", "media_type", "picture_size", "png"]
