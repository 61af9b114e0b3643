"""The errors a user sees: value and fault in one sentence, the remedy as a hint, an exit status."""


class SwiftcfgError(Exception):
    """Something the user can act on; printed as ``error:`` and ``hint:``, never as a traceback."""

    exit_status = 2

    def __init__(self, sentence: str, hint: str | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.hint = hint

    @property
    def in_one_line(self) -> str:
        """Sentence and hint, for reports that have one text for both; faults of several lines are joined."""
        sentence = self.sentence.replace("\n  ", " ")
        return sentence if self.hint is None else f"{sentence}; {self.hint}"


class InputError(SwiftcfgError):
    """Input that cannot be used: an unknown name, a malformed file, a value out of range."""

    exit_status = 2


class MachineError(SwiftcfgError):
    """The machine cannot answer: no driver, a lost GPU, an interpreter that does not run."""

    exit_status = 3


class NoFitError(SwiftcfgError):
    """No settings serve this workload on this hardware without breaking a stated limit."""

    exit_status = 4
