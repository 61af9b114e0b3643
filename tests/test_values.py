"""swiftcfg.values.dataclass makes what dataclasses.dataclass makes."""

import copy
import dataclasses
import inspect
import pickle
from collections.abc import Callable
from dataclasses import field
from typing import Any

import pytest

from swiftcfg.values import dataclass as fast

Decorator = Callable[..., Any]


def classes(dataclass: Decorator, *, slots: bool) -> list[type]:
    @dataclass(frozen=True, slots=slots)
    class Point:
        """A place."""

        x: int
        y: int = 3
        names: dict[str, int] = field(default_factory=dict)
        note: str = field(default="", compare=False, repr=False)

    @dataclass(frozen=True, slots=slots)
    class Checked:
        amount: int

        def __post_init__(self) -> None:
            if self.amount < 0:
                raise ValueError("negative")

        @property
        def double(self) -> int:
            return 2 * self.amount

    @dataclass(frozen=True, slots=slots)
    class Empty:
        pass

    @dataclass(frozen=True, slots=slots)
    class Own:
        word: str

        def __eq__(self, other: object) -> bool:
            return isinstance(other, Own) and self.word.lower() == other.word.lower()

        def __hash__(self) -> int:
            return hash(self.word.lower())

        def __repr__(self) -> str:
            return f"<{self.word}>"

    @dataclass(frozen=True, slots=slots)
    class Kept:
        word: str
        origins: dict[str, str] = field(default_factory=dict, hash=False)

    return [Point, Checked, Empty, Own, Kept]


def parameters(cls: type) -> list[tuple[str, object, bool]]:
    """Name and type of each, and whether it may be left out."""
    return [(one.name, one.annotation, one.default is one.empty) for one in inspect.signature(cls).parameters.values()]


@pytest.mark.parametrize("slots", [True, False])
def test_both_make_the_same_classes(slots: bool):
    for ours, theirs in zip(classes(fast, slots=slots), classes(dataclasses.dataclass, slots=slots), strict=True):
        assert parameters(ours) == parameters(theirs)
        assert [one.name for one in dataclasses.fields(ours)] == [one.name for one in dataclasses.fields(theirs)]
        assert getattr(ours, "__slots__", None) == getattr(theirs, "__slots__", None)
        assert ours.__match_args__ == theirs.__match_args__
        assert ours.__qualname__ == theirs.__qualname__


@pytest.mark.parametrize("slots", [True, False])
@pytest.mark.parametrize("arguments", [(1,), (1, 2), (1, 2, {"a": 1}), (1, 2, {}, "n")])
def test_objects_behave_the_same(slots: bool, arguments: tuple[Any, ...]):
    ours, theirs = (classes(dataclass, slots=slots)[0] for dataclass in (fast, dataclasses.dataclass))
    one, other = ours(*arguments), theirs(*arguments)
    assert repr(one) == repr(other)
    assert dataclasses.asdict(one) == dataclasses.asdict(other)
    assert one == ours(*arguments)
    assert one != ours(99)
    assert (one == other) is False
    assert one == ours(*arguments[:3], note="another") if len(arguments) > 2 else True
    assert dataclasses.replace(one, x=5) == ours(5, *arguments[1:])
    assert copy.copy(one) == copy.deepcopy(one) == one
    for change in (lambda: setattr(one, "x", 2), lambda: delattr(one, "x")):
        with pytest.raises(dataclasses.FrozenInstanceError):
            change()
    with pytest.raises(TypeError, match="unhashable"):
        hash(one)


def test_a_default_that_is_made_is_made_anew():
    point = classes(fast, slots=True)[0]
    assert point(1).names is not point(1).names


def test_methods_of_its_own_stay_and_what_follows_making_runs():
    _, checked, empty, own, kept = classes(fast, slots=True)
    assert checked(2).double == 4
    with pytest.raises(ValueError, match="negative"):
        checked(-1)
    assert {own("A"), own("a")} == {own("a")}
    assert repr(own("A")) == "<A>"
    assert empty() == empty()
    assert hash(checked(2)) == hash(checked(2))
    assert hash(kept("a", {"b": "c"})) == hash(kept("a"))
    assert kept("a", {"b": "c"}) != kept("a")


@fast(frozen=True, slots=True)
class Pickled:
    x: int
    y: str = "b"


def test_objects_travel():
    assert pickle.loads(pickle.dumps(Pickled(1))) == Pickled(1)  # noqa: S301  (our own bytes)
    match Pickled(1):
        case Pickled(x, y):
            assert (x, y) == (1, "b")


def test_other_kinds_are_left_to_the_standard_library():
    @fast(frozen=True, order=True)
    class Ordered:
        x: int

    @fast
    class Open:
        x: int

    assert Ordered(1) < Ordered(2)
    opened = Open(1)
    opened.x = 2
    assert opened == Open(2)
