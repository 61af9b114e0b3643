"""Check: from a file to everything that is to be said of it, as the options and its project say."""

from dataclasses import field
from difflib import get_close_matches
from functools import cache, cached_property
from pathlib import Path

from swiftcfg.detect import find_runtime, read_catalog
from swiftcfg.errors import InputError
from swiftcfg.facts import Origin
from swiftcfg.files import STDIN, read_bytes, replace_content, shown_name
from swiftcfg.fix import Judged, mend
from swiftcfg.gather import Given, gather
from swiftcfg.project import Settings, settings_for
from swiftcfg.rule import Rule
from swiftcfg.rules import all_rules
from swiftcfg.script import Script, find_fault, read_script
from swiftcfg.suppress import UNUSED_IGNORE, Suppressed, matches, suppress
from swiftcfg.validate import Checked, Reported, call_of, validate
from swiftcfg.values import dataclass


@dataclass(frozen=True)
class Options:
    """What the command line says; ``settings`` win over those of a project."""

    settings: Settings = field(default_factory=Settings)
    python: str | None = None


def every_rule() -> tuple[Rule, ...]:
    """All rules that findings come from, by code."""
    return tuple(sorted((*all_rules(), UNUSED_IGNORE), key=lambda rule: rule.code))


@dataclass(frozen=True)
class Document:
    """A file as it was read, or standard input for the path ``-``."""

    path: str
    content: bytes
    options: Options
    mode: int | None = None

    @property
    def name(self) -> str:
        return shown_name(self.path)

    @property
    def text(self) -> str:
        return self.content.decode("utf-8", "surrogateescape")

    @cached_property
    def settings(self) -> Settings:
        place = Path("standard input" if self.path == STDIN else self.path)
        return settings_for(place).under(self.options.settings)

    @cached_property
    def rules(self) -> tuple[Rule, ...]:
        return chosen_rules(self.settings.select, self.settings.ignore)

    def checked(self) -> Checked:
        """What is found in it."""
        return self._checked(self.text, _read(self.name, self.text))

    def mended(self, *, unsafe: bool) -> Checked:
        """What is left to find once the fixes are applied; ``text`` is then the mended text."""
        result = mend(self.text, self._judged, unsafe=unsafe)
        return self._checked(result.text, _read(self.name, result.text), result.done, result.refused)

    def _checked(self, text: str, read: "_Read", done: tuple[str, ...] = (), refused: tuple[str, ...] = ()) -> Checked:
        left = self._left(text, read)
        path = "standard input" if self.path == STDIN else self.path
        calls = tuple(map(call_of, left.outcomes))
        return Checked(
            path, self.name, read.kind, text, calls, self._unused(left), left.count, len(done), refused, read.fault
        )

    def _judged(self, text: str) -> Judged:
        read = _read(self.name, text)
        left = self._left(text, read)
        found = [(at, one) for at, outcome in enumerate(left.outcomes) for one in outcome.findings]
        return Judged(text, read.scripts, (*found, *((None, one) for one in self._unused(left))))

    def _left(self, text: str, read: "_Read") -> Suppressed:
        settings = self.settings
        given = _given(
            tuple(sorted(settings.versions.items())), self.options.python,
            settings.model, settings.gpu, settings.profile,
        )  # fmt: skip
        origin = Origin(self.name, read.kind, text, self.mode)
        rules = tuple(rule for rule in self.rules if rule is not UNUSED_IGNORE)
        outcomes = [validate(gather(origin, script, given), rules) for script in read.scripts]
        return suppress(outcomes, text, every_rule())

    def _unused(self, left: Suppressed) -> tuple[Reported, ...]:
        if UNUSED_IGNORE not in self.rules:
            return ()
        return tuple(Reported(UNUSED_IGNORE, one) for one in UNUSED_IGNORE.apply({"unused_ignores": left.unused}))

    def save(self, text: str) -> None:
        """Put the text in the place of the file's, if it is still what was read."""
        replace_content(self.path, self.content, text.encode("utf-8", "surrogateescape"))


def read_file(path: str, options: Options) -> Document:
    """Raises InputError for what cannot be read."""
    content = read_bytes(path)
    return Document(path, content, options, None if path == STDIN else Path(path).stat().st_mode & 0o7777)


@dataclass(frozen=True)
class _Read:
    """The calls in a text; ``fault`` is what keeps them from being found where there are none."""

    kind: str
    scripts: tuple[Script, ...]
    fault: str | None = None


def _read(_name: str, text: str) -> _Read:
    scripts = read_script(text)
    return _Read("shell", scripts, None if scripts else find_fault(text))


@cache
def chosen_rules(select: tuple[str, ...], ignore: tuple[str, ...]) -> tuple[Rule, ...]:
    """The rules that are selected and not ignored; raises InputError for a code that names none."""
    rules = every_rule()
    for pattern in (*select, *ignore):
        if not any(matches(rule.code, pattern) for rule in rules):
            near = get_close_matches(pattern, [rule.code for rule in rules], 1)
            hint = f"did you mean {near[0]}?" if near else "swiftcfg rules lists them"
            raise InputError(f"there is no rule {pattern!r}", hint)
    selected = [rule for rule in rules if not select or any(matches(rule.code, pattern) for pattern in select)]
    return tuple(rule for rule in selected if not any(matches(rule.code, pattern) for pattern in ignore))


@cache
def _given(
    versions: tuple[tuple[str, str], ...], python: str | None, model: str | None, gpu: str | None, profile: str | None
) -> Given:
    runtime = find_runtime(dict(versions), python)
    workload = None
    if profile is not None:
        from swiftcfg.profile_files import find_profile  # noqa: PLC0415  (what reads profiles takes 75 ms to load)

        workload = find_profile(profile)
    return Given(runtime, read_catalog(runtime.ms_swift), model, gpu, workload)
