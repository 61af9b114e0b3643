"""Pixels and frames become visual tokens, bit for bit as ms-swift and qwen-vl-utils count them."""

from swiftcfg.tokens.assignments import parse_assignments
from swiftcfg.tokens.effective import PUBLISHED_LIMITS, effective_limits
from swiftcfg.tokens.limits import Limits, SizedImage, SizedVideo
from swiftcfg.tokens.notes import Note
from swiftcfg.tokens.prompt import TEMPLATES, chat_overhead
from swiftcfg.tokens.releases import refusal_of
from swiftcfg.tokens.resize import never_shrink_pixels, smart_resize
from swiftcfg.tokens.variables import CONVERSIONS
from swiftcfg.tokens.variables import FORGOTTEN as FORGOTTEN_VARIABLES
from swiftcfg.tokens.variables import KNOWN as KNOWN_VARIABLES

__all__ = [
    "CONVERSIONS",
    "FORGOTTEN_VARIABLES",
    "KNOWN_VARIABLES",
    "PUBLISHED_LIMITS",
    "TEMPLATES",
    "Limits",
    "Note",
    "SizedImage",
    "SizedVideo",
    "chat_overhead",
    "effective_limits",
    "never_shrink_pixels",
    "parse_assignments",
    "refusal_of",
    "smart_resize",
]
