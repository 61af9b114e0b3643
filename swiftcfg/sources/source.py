"""A text that was read, and what kinds of text there are."""

from typing import Literal

from swiftcfg.script import Script
from swiftcfg.script.breakages import Breakage
from swiftcfg.values import dataclass

Kind = Literal[
    "shell", "yaml", "json", "args.json", "compose", "kubernetes", "github", "gitlab", "systemd", "dockerfile",
    "python", "paste", "log",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Source:
    """A text that was read.

    ``fault`` says why there is no call in it, where that is known. ``hidden`` are calls that a reader sees and
    nothing makes, with what is broken around them.
    """

    name: str
    kind: Kind
    text: str
    calls: tuple[Script, ...]
    fault: str | None = None
    hidden: tuple[Breakage, ...] = ()
