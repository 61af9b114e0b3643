"""FlagCatalog: what ``swift deploy`` of one ms-swift release accepts, and how its parser reads it.

The content comes from knowledge/flags/, which tools/flags.py makes from the released wheels. The rules of
reading are those of HfArgumentParser (transformers@5.19.0:transformers/hf_argparser.py) on argparse.
"""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import field
from functools import cached_property
from typing import Any, Literal

from packaging.version import Version

from swiftcfg.errors import InputError
from swiftcfg.values import dataclass

Kind = Literal["str", "int", "float", "bool", "optional bool", "json", "list of str", "list of int", "list of float"]

#: hf_argparser.py:string_to_bool
_BOOLS = {**dict.fromkeys(("yes", "true", "t", "y", "1"), True), **dict.fromkeys(("no", "false", "f", "n", "0"), False)}
_NUMBERS: Mapping[str, type[int] | type[float]] = {"int": int, "float": float}


@dataclass(frozen=True, slots=True)
class FlagSpec:
    """One flag: its full name without dashes, what it takes, and where ms-swift defines it."""

    name: str
    kind: Kind
    default: Any
    choices: tuple[Any, ...]
    source: str

    @property
    def is_switch(self) -> bool:
        """Whether it may stand bare. An Optional[bool] without a default wants its value."""
        return self.kind == "bool" or (self.kind == "optional bool" and self.default is not None)

    @property
    def spellings(self) -> tuple[str, ...]:
        """Every name it answers to: with hyphens, and ``no_x`` where it is on by default."""
        names = (self.name, f"no_{self.name}") if self.is_switch and self.default is True else (self.name,)
        return tuple(spelling for name in names for spelling in dict.fromkeys((name, name.replace("_", "-"))))

    def value(self, words: Sequence[str]) -> Any:
        """What ms-swift makes of the words after the flag; raises InputError for what its parser refuses."""
        if self.kind.startswith("list"):
            if not words:
                raise InputError(f"--{self.name} expects at least one value")
            return [self._one(word, self.kind.removeprefix("list of ")) for word in words]
        if not words:
            if self.is_switch:
                return True
            raise InputError(f"--{self.name} expects a value")
        if len(words) > 1:
            raise InputError(f"--{self.name} takes one value; {words[1]!r} is left over")
        return self._one(words[0], self.kind)

    def _one(self, word: str, kind: str) -> Any:
        if self.choices:
            meant = {str(choice): choice for choice in self.choices}
            if word not in meant:
                raise InputError(f"--{self.name} {word}: not one of {', '.join(meant)}")
            return meant[word]
        if kind in ("bool", "optional bool"):
            if word.lower() not in _BOOLS:
                raise InputError(f"--{self.name} {word}: neither true nor false")
            return _BOOLS[word.lower()]
        if kind in _NUMBERS:
            try:
                return _NUMBERS[kind](word)
            except ValueError:
                raise InputError(f"--{self.name} {word}: no {'whole ' if kind == 'int' else ''}number") from None
        return word


@dataclass(frozen=True, slots=True)
class Match:
    """What a written name stands for. Without ``spec`` it is unknown, or could be any of ``candidates``."""

    spec: FlagSpec | None = None
    negated: bool = False
    abbreviated: bool = False
    candidates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rename:
    """A flag that got another name: ``new`` exists since that version, ``old`` is refused from then on."""

    old: str
    new: str
    since: Version
    source: str


@dataclass(frozen=True, slots=True)
class Lifetime:
    """Releases from ``since`` until before ``until``; None: it lasts."""

    since: Version
    until: Version | None

    def __contains__(self, version: Version) -> bool:
        return self.since <= version and (self.until is None or version < self.until)


@dataclass(frozen=True, slots=True)
class EngineKeywords:
    """What vLLM's AsyncEngineArgs takes, in the releases that were ``read``, oldest first."""

    read: tuple[Version, ...]
    spans: Mapping[str, Sequence[Sequence[str | None]]]

    def lacks(self, name: str, vllm: Version) -> bool:
        """Whether the releases read on both sides of this one lack a keyword, and so does this one."""
        beside = (max((one for one in self.read if one <= vllm), default=None),
                  min((one for one in self.read if one >= vllm), default=None))  # fmt: skip
        return None not in beside and not any(one in life for one in beside for life in self.lifetimes(name) if one)

    def lifetimes(self, name: str) -> tuple[Lifetime, ...]:
        return _lifetimes(self.spans.get(name, ()))

    def nearest(self, written: str, vllm: Version) -> str | None:
        """A keyword of this release that looks like what was written."""
        near = difflib.get_close_matches(written.replace("-", "_"), self.spans, 5, cutoff=0.8)
        return next((name for name in near if not self.lacks(name, vllm)), None)


#: The oldest release that was read. What it has, older ones are taken to have too: nobody looked when it came.
OLDEST_READ = "2.6.1"


def _lifetimes(rows: Sequence[Sequence[str | None]]) -> tuple[Lifetime, ...]:
    return tuple(
        Lifetime(Version("0" if since == OLDEST_READ else str(since)), Version(until) if until else None)
        for since, until in rows
    )


@dataclass(frozen=True, slots=True)
class NoEffect:
    """A flag that is accepted and does nothing, from ``since`` until before ``until``, with these backends."""

    flag: str
    backends: tuple[str, ...]
    since: Version
    until: Version | None
    reason: str
    instead: str | None
    source: str

    def applies(self, ms_swift: Version, backend: str) -> bool:
        within = self.since <= ms_swift and (self.until is None or ms_swift < self.until)
        return within and backend in self.backends


@dataclass(frozen=True)
class FlagCatalog:
    """What ``swift deploy`` of ``version`` accepts, as the release ``read_from`` has it."""

    version: Version
    read_from: Version
    flags: Mapping[str, FlagSpec]
    renames: tuple[Rename, ...] = ()
    no_effect: tuple[NoEffect, ...] = ()
    note: str | None = field(default=None)
    history: Mapping[str, Mapping[str, Sequence[Sequence[str | None]]]] = field(default_factory=dict)
    engine_keywords: EngineKeywords = field(default_factory=lambda: EngineKeywords((), {}))

    def lifetimes(self, flag: str) -> tuple[Lifetime, ...]:
        """The releases that have a flag of this full name; none where no release that was read has it."""
        return _lifetimes(self.history.get("flags", {}).get(flag, ()))

    def value_lifetimes(self, kind: str, value: str) -> tuple[Lifetime, ...]:
        """The releases that know one of the ``model_types`` or ``templates``."""
        return _lifetimes(self.history.get(kind, {}).get(value, ()))

    def values(self, kind: str) -> list[str]:
        """The ``model_types`` or ``templates`` that this release knows."""
        return [value for value in self.history.get(kind, ()) if self._knows(kind, value)]

    def _knows(self, kind: str, value: str) -> bool:
        return any(self.version in life for life in self.value_lifetimes(kind, value))

    @cached_property
    def _spellings(self) -> dict[str, FlagSpec]:
        return {spelling: spec for spec in self.flags.values() for spelling in spec.spellings}

    def get(self, name: str) -> FlagSpec | None:
        """The flag of exactly this full name, with underscores."""
        return self.flags.get(name)

    def resolve(self, written: str) -> Match:
        """What a name without its dashes stands for: exact, with hyphens, negated, or cut short as argparse allows."""
        exact = self._exact.get(written)
        if exact:
            return exact
        options = [*self._spellings, "help"]
        fitting = [spelling for spelling in options if written and spelling.startswith(written)]
        if len(fitting) == 1 and fitting[0] in self._spellings:
            return self._match(fitting[0], abbreviated=True)
        return Match(candidates=tuple(fitting))

    @cached_property
    def _exact(self) -> dict[str, Match]:
        return {spelling: self._match(spelling) for spelling in self._spellings}

    def _match(self, spelling: str, *, abbreviated: bool = False) -> Match:
        spec = self._spellings[spelling]
        return Match(spec, negated=spelling.replace("-", "_") != spec.name, abbreviated=abbreviated)

    def nearest(self, written: str, count: int = 3) -> list[str]:
        """Full names that look like what was written, the most alike first."""
        return difflib.get_close_matches(written.replace("-", "_"), self.flags, count, cutoff=0.7)

    def renamed(self, written: str) -> str | None:
        """The name here of a flag that had another one in an earlier or a later release."""
        name = written.replace("-", "_")
        for rename in self.renames:
            before, after = (rename.old, rename.new) if rename.since <= self.version else (rename.new, rename.old)
            if name == before and after in self.flags:
                return after
        return None


def choose_release(ms_swift: Version, releases: Mapping[str, str]) -> tuple[str, str | None]:
    """The release whose file speaks for this version, and a note where this version itself was not read.

    ``releases`` is knowledge/flags/releases.json: every release that was read, and the file that holds it.
    """
    read = sorted(map(Version, releases))
    chosen = max((version for version in read if version <= ms_swift), default=read[0])
    if chosen == ms_swift:
        return releases[str(chosen)], None
    place = "newest" if chosen == read[-1] else "oldest" if ms_swift < chosen else "nearest earlier"
    note = f"the flags of ms-swift {ms_swift} were not read; those of {chosen}, the {place} release read, stand in"
    return releases[str(chosen)], note


def flag_catalog(
    ms_swift: Version,
    content: Mapping[str, Any],
    known: Mapping[str, Sequence[Mapping[str, Any]]],
    note: str | None = None,
    *,
    history: Mapping[str, Mapping[str, Sequence[Sequence[str | None]]]] | None = None,
    engine: Mapping[str, Any] | None = None,
) -> FlagCatalog:
    """Build the catalog from one file of knowledge/flags/, its history.json, renames.json, engine_keywords.json."""
    files = content["classes"]
    flags = {
        name: FlagSpec(name, kind, default, tuple(choices[0]) if choices else (), f"{owner}@{files[owner]}:{line}")
        for name, (kind, default, owner, line, *choices) in content["flags"].items()
    }
    return FlagCatalog(
        ms_swift,
        Version(content["ms_swift"]),
        flags,
        tuple(Rename(row["old"], row["new"], Version(row["since"]), row["source"]) for row in known["renames"]),
        tuple(map(_no_effect, known["no_effect"])),
        note,
        history or {},
        EngineKeywords(tuple(map(Version, engine["read"])), engine["keywords"]) if engine else EngineKeywords((), {}),
    )


def _no_effect(row: Mapping[str, Any]) -> NoEffect:
    until = Version(row["until"]) if "until" in row else None
    span = (Version(row["since"]), until)
    return NoEffect(row["flag"], tuple(row["backends"]), *span, row["reason"], row.get("instead"), row["source"])
