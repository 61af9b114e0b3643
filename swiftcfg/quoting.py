"""How a value or a remark is written so that a shell, a YAML reader and shellcheck get exactly that."""

import re
import textwrap
import unicodedata
from collections.abc import Iterable

_SAFE_IN_SHELL = re.compile(r"[A-Za-z0-9_./:@%+,][A-Za-z0-9_./:=@%+,-]*", re.ASCII)

#: Values that make shellcheck doubt a quote that is right, with the code of the doubt (shellcheck 0.10/0.11).
_DOUBTS = (
    (re.compile(r"[$`]"), "SC2016"),  # expressions do not expand in single quotes
    (re.compile(r"^~"), "SC2088"),  # a tilde does not expand in quotes
    (re.compile(r"\\(?:'|$)"), "SC1003"),  # a backslash before a quote looks like an escape
    (re.compile("[\u2018\u2019]"), "SC1112"),  # a typographic quote between single quotes
    (re.compile("[\u00a0]"), "SC1018"),  # a no-break space
    (re.compile(r"\r"), "SC1017"),  # a carriage return
)

_YAML_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
#: Words that some YAML reader takes for a truth value, nothing, or a number (YAML 1.1 types; 1.2 core schema).
_YAML_SPECIAL = frozenset({"y", "yes", "n", "no", "on", "off", "true", "false", "null"})
_YAML_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}

_LINE_WIDTH = 100
#: A comment that starts with this word is an order to shellcheck.
_DIRECTIVE = re.compile(r"(?i)shellcheck\b")


def quote_shell(text: str) -> str:
    """One word for any POSIX shell: as it is where that is safe, else in single quotes."""
    if _SAFE_IN_SHELL.fullmatch(text):
        return text
    return "'" + text.replace("'", "'\\''") + "'"


def shellcheck_codes(values: Iterable[str]) -> list[str]:
    """The doubts that these values would raise in shellcheck although they are quoted right."""
    values = list(values)
    return [code for pattern, code in _DOUBTS if any(pattern.search(value) for value in values)]


def quote_yaml(text: str, *, plain_numbers: bool = True) -> str:
    """A scalar that YAML 1.1 and 1.2 readers take for exactly this text, or for a number written like it."""
    if plain_numbers and _is_plain_number(text):
        return text
    if _is_printable(text):
        return "'" + text.replace("'", "''") + "'"
    return '"' + "".join(_yaml_escaped(character) for character in text) + '"'


def _is_plain_number(text: str) -> bool:
    """Whether Python writes the number again as it stands, as ms-swift's loader does with str()."""
    if re.fullmatch(r"0|-?[1-9][0-9]{0,14}", text, re.ASCII):
        return True
    return bool(re.fullmatch(r"-?[0-9]{1,9}\.[0-9]{1,9}", text, re.ASCII)) and str(float(text)) == text


def _is_printable(text: str) -> bool:
    return all(character.isprintable() for character in text)


def _yaml_escaped(character: str) -> str:
    if character in _YAML_ESCAPES:
        return _YAML_ESCAPES[character]
    if character.isprintable():
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"  # noqa: PLR2004


def yaml_key(name: str) -> str:
    """A key of a mapping, plain where no reader can mistake it."""
    plain = _YAML_WORD.fullmatch(name) and name.lower() not in _YAML_SPECIAL
    return name if plain else quote_yaml(name, plain_numbers=False)


def comment(text: str, indent: str = "", hang: str = "", *, wrap: bool = True) -> str:
    """Lines of ``# …`` that nothing in the text can break out of.

    Line ends start a new line of the comment; characters that change line, direction or cursor are shown
    by their code. Lines after the first start with ``hang``. Without ``wrap`` a line keeps its length, for
    what people copy.
    """
    width = _LINE_WIDTH - len(indent) - len(hang) - len("# ")
    lines = [part for line in text.split("\n") for part in (_wrapped(_shown(line), width) if wrap else [_shown(line)])]
    return "\n".join(_comment_line((hang if number else "") + line, indent) for number, line in enumerate(lines))


def _shown(line: str) -> str:
    return "".join(
        f"\\u{{{ord(character):x}}}"
        if unicodedata.category(character) in _INVISIBLE and character != "\t"
        else character
        for character in line
    ).expandtabs(4)


#: Control and format characters, separators of lines and paragraphs, halves of characters, and what is none.
_INVISIBLE = frozenset({"Cc", "Cf", "Zl", "Zp", "Cs", "Cn"})


def _wrapped(line: str, width: int) -> list[str]:
    return textwrap.wrap(line, width, break_long_words=False, break_on_hyphens=False) or [""]


def _comment_line(line: str, indent: str) -> str:
    """A line that is no order to shellcheck, and does not end like a continued one."""
    line = line.rstrip()
    if _DIRECTIVE.match(line.lstrip()):
        line = f"| {line}"
    return f"{indent}# {line}".rstrip() + (" ." if line.endswith("\\") else "")
