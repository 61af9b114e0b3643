"""DeployConfig: what one ``swift deploy`` call means. The waist between writing, reading and judging."""

from swiftcfg.values import dataclass


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that cannot be known from the text, such as a variable set elsewhere."""

    expression: str


#: A word as the program would receive it, or the expression that hides it.
Word = str | Unknown


@dataclass(frozen=True, slots=True)
class Flag:
    """One use of a flag: its full name without dashes, and the words after it (none for a bare switch)."""

    name: str
    words: tuple[Word, ...] = ()


@dataclass(frozen=True, slots=True)
class DeployConfig:
    """Environment and flags of one call, each in the order they are written; names are unique.

    The order carries no meaning to ms-swift but is kept, so that what is rendered is what was planned.
    """

    environment: tuple[tuple[str, Word], ...] = ()
    flags: tuple[Flag, ...] = ()

    def variable(self, name: str) -> Word | None:
        return dict(self.environment).get(name)

    def flag(self, name: str) -> Flag | None:
        return next((flag for flag in self.flags if flag.name == name), None)

    def word(self, name: str) -> Word | None:
        """The single word of a flag; ``"true"`` for a bare switch; None where the flag is absent."""
        flag = self.flag(name)
        if flag is None:
            return None
        return flag.words[0] if flag.words else "true"

    def argv(self) -> tuple[Word, ...]:
        """The words after ``swift deploy``."""
        words: list[Word] = []
        for flag in self.flags:
            words += [f"--{flag.name}", *flag.words]
        return tuple(words)
