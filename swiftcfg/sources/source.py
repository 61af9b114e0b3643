"""A text that was read, and what kinds of text there are."""

from typing import Literal

from swiftcfg.script import Script
from swiftcfg.values import dataclass

Kind = Literal[
    "shell", "yaml", "json", "args.json", "compose", "kubernetes", "github", "gitlab", "systemd", "dockerfile",
    "python", "paste", "log",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Source:
    """A text that was read. ``fault`` says why there is no call in it, where that is known."""

    name: str
    kind: Kind
    text: str
    calls: tuple[Script, ...]
    fault: str | None = None
