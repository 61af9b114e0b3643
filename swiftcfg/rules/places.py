"""Where a flag or a variable of a call is written."""

from swiftcfg.script import Place, Script


def flag_place(script: Script, name: str) -> Place | None:
    """The place of the last use of a flag, which is the one that counts."""
    places = [use.place for use in script.flags if use.name == name]
    return places[-1] if places else None


def variable_place(script: Script, name: str) -> Place | None:
    """The place where a variable that reaches swift is set."""
    return next((use.place for use in script.variables if use.name == name), None)
