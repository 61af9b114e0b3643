"""Values: the standard dataclass decorator, made in a third of the time.

The standard one compiles six functions for every frozen class, 0.45 ms each time Python starts, and the 150 classes
of swiftcfg would be half of the time that a command takes. Here only ``__init__`` is compiled; the other functions
share code that knows the names of the fields. What is not frozen, or has other options, is left to the standard
library. Type checkers see the standard decorator, and the tests compare the two.
"""

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass  # noqa: PLC0414  (an explicit re-export)
else:

    def dataclass(cls: Any = None, /, *, frozen: bool = False, slots: bool = False, **options: bool) -> Any:
        """``dataclasses.dataclass``."""
        if not frozen or options:
            return dataclasses.dataclass(cls, frozen=frozen, slots=slots, **options)
        return lambda plain: _value(plain, slots=slots)


_Fields = Sequence["dataclasses.Field[Any]"]
_Function = Callable[..., Any]


def _value(plain: type[Any], *, slots: bool) -> type[Any]:
    own = set(vars(plain))
    if plain.__doc__ is None:
        plain.__doc__ = plain.__name__  # the standard one would ask inspect for a signature, 0.1 ms
    made = dataclasses.dataclass(init=False, repr=False, eq=False, slots=slots)(plain)
    fields = dataclasses.fields(made)
    for function in (_init(made, fields), *_comparisons(fields), _repr(fields), *_REFUSALS, *_state(fields)):
        if function.__name__ not in own:
            setattr(made, function.__name__, function)
    return made


def _init(cls: type[Any], fields: _Fields) -> _Function:
    """The one function that is compiled: it is called most, and its signature is looked at."""
    names: dict[str, Any] = {"_set": object.__setattr__, "_absent": object()}
    words, lines = [], []
    for field in (field for field in fields if field.init):
        name, value, default = field.name, field.name, ""
        if field.default is not dataclasses.MISSING:
            names[f"_default_{name}"], default = field.default, f"=_default_{name}"
        elif field.default_factory is not dataclasses.MISSING:
            names[f"_make_{name}"], default = field.default_factory, "=_absent"
            value = f"_make_{name}() if {name} is _absent else {name}"
        words.append(name + default)
        lines.append(f" _set(self, {name!r}, {value})")
    lines += [" self.__post_init__()"] if hasattr(cls, "__post_init__") else []
    source = f"def __init__(self, {', '.join(words)}):\n" + ("\n".join(lines) or " pass")
    exec(source, names)  # noqa: S102  (names of fields, as in the standard library)
    function: _Function = names["__init__"]
    function.__annotations__ = {field.name: field.type for field in fields if field.init} | {"return": None}
    return function


def _comparisons(fields: _Fields) -> Iterator[_Function]:
    values = _getter([field.name for field in fields if field.compare])
    hashed = _getter([field.name for field in fields if (field.compare if field.hash is None else field.hash)])

    def __eq__(self: object, other: object) -> Any:  # noqa: N807
        return values(self) == values(other) if other.__class__ is self.__class__ else NotImplemented

    def __hash__(self: object) -> int:  # noqa: N807
        return hash(hashed(self))

    yield from (__eq__, __hash__)


def _getter(names: Sequence[str]) -> Callable[[object], Any]:
    """From an object to the values of its fields, as one value."""
    return attrgetter(*names) if names else lambda _: ()


def _repr(fields: _Fields) -> _Function:
    names = [field.name for field in fields if field.repr]

    def __repr__(self: object) -> str:  # noqa: N807
        shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in names)
        return f"{self.__class__.__qualname__}({shown})"

    return __repr__


def _refusals() -> tuple[_Function, _Function]:
    def __setattr__(_: object, name: str, __: object) -> None:  # noqa: N807
        raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")

    def __delattr__(_: object, name: str) -> None:  # noqa: N807
        raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")

    return __setattr__, __delattr__


_REFUSALS = _refusals()


def _state(fields: _Fields) -> Iterator[_Function]:
    """For pickle and copy, which would assign to the fields."""
    names = [field.name for field in fields]

    def __getstate__(self: object) -> list[Any]:  # noqa: N807
        return [getattr(self, name) for name in names]

    def __setstate__(self: object, state: list[Any]) -> None:  # noqa: N807
        for name, value in zip(names, state, strict=True):
            object.__setattr__(self, name, value)

    yield from (__getstate__, __setstate__)
