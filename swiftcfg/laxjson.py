"""JSON as ms-swift takes it from a command line: strict first, then what its json_repair makes of common slips.

ms-swift parses strictly and, from 3.9.0 on, repairs what does not parse with json_repair
(ms-swift@4.6.0:swift/utils/utils.py:490-514). Missing quotes, single and curly quotes, Python's constants, commas
and brackets too many or too few are read here as that library reads them; anything stranger raises UnclearError.
"""

import json
import re
from typing import Any

_QUOTES = {'"': '"', "'": "'", "\N{LEFT DOUBLE QUOTATION MARK}": "\N{RIGHT DOUBLE QUOTATION MARK}"}
_CONSTANTS = {"true": True, "True": True, "false": False, "False": False, "null": None, "None": None}
_NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?", re.ASCII)
_DEEPEST = 20
#: As many as Python reads (sys.int_info.default_max_str_digits).
_MOST_DIGITS = 4300


class UnclearError(ValueError):
    """Text of which only json_repair itself could tell what it makes."""


class RefusedError(ValueError):
    """Text that ends with JSONDecodeError."""


def read(text: str, *, repaired: bool) -> Any:
    """The value that ms-swift gets, with or without json_repair. Raises RefusedError or UnclearError."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:  # an integer of 5000 digits is a ValueError, too
        if not repaired:
            raise RefusedError("it is not JSON") from error
    if "{" not in text and "[" not in text:
        raise RefusedError("it is not JSON, and nothing in it can be repaired to JSON")
    return _Repair(text.replace('\\"', '"')).whole()


class _Repair:
    """A tolerant reader of one object."""

    def __init__(self, text: str) -> None:
        self.text, self.place = text, 0
        self.words = self.bent = self.closed = 0  # bare words, numbers that became text, closing braces

    def whole(self) -> Any:
        before, brace, rest = self.text.partition("{")
        if before.strip(" '\"\n\t") or not brace or ",," in rest.replace(" ", ""):
            raise UnclearError("it is not JSON")
        self.text = brace + rest
        value = self._object(0)
        if self.text[self.place :].strip(" '\"};\n\t"):
            raise UnclearError("it goes on after the closing brace")
        if (self.words and self.bent) or ((self.words or self.bent) and self.closed < self.text.count("{")):
            raise UnclearError("words without quotes run into what follows")
        return value

    def _object(self, depth: int) -> dict[str, Any]:
        if depth > _DEEPEST:
            raise UnclearError("it is nested too deep")
        self.place += 1
        found: dict[str, Any] = {}
        while self._skip(" \n\t,") not in ("}", ""):
            name = self._key()
            found[name] = self._value(depth)
        self.closed += self._here() == "}"
        self.place += 1
        return found

    def _key(self) -> str:
        quoted = self._here() in _QUOTES
        name = self._quoted() if quoted else self._until(":=,{}[]\"'")
        separator = self._skip(" \n\t")
        if not name or (separator != ":" and not (quoted and separator == "=")):
            raise UnclearError(f"no value follows {name!r}")
        self.place += 1
        return name

    def _value(self, depth: int) -> Any:
        first = self._skip(" \n\t")
        if first == "{":
            return self._object(depth + 1)
        if first in _QUOTES:
            return self._quoted()
        word = self._until(",{}[]\"'")
        if not word or self._here() in ("{", "[", '"', "'"):
            raise UnclearError("a value is missing or runs into the next one")
        if word in _CONSTANTS:
            return _CONSTANTS[word]
        if not _NUMBER.fullmatch(word):
            self.words += 1
            return word
        # 5,video: json_repair takes the comma for one of thousands, meets a letter and calls it text
        # (json_repair@0.64.5:parse_number.py:19-31)
        letter_next = self.text[self.place - 1].isdigit() and self.text[self.place + 1 : self.place + 2].isalpha()
        self.bent += letter_next
        return word.lstrip("-") if letter_next else _number(word)

    def _here(self) -> str:
        return self.text[self.place : self.place + 1]

    def _skip(self, characters: str) -> str:
        while self._here() and self._here() in characters:
            self.place += 1
        return self._here()

    def _until(self, stops: str) -> str:
        start = self.place
        while self._here() and self._here() not in stops:
            self.place += 1
        return self.text[start : self.place].strip()

    def _quoted(self) -> str:
        end = _QUOTES[self._here()]
        self.place += 1
        word = self._until(end + "{}:,")
        if self._here() != end:
            raise UnclearError("a quote is not closed")
        self.place += 1
        return word


def _number(word: str) -> int | float:
    if "." in word or "e" in word.lower():
        return float(word)
    if len(word) > _MOST_DIGITS:
        raise UnclearError("it holds a number of thousands of digits")
    return int(word)
