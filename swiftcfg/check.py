"""Check: from a file to everything that is to be said of it, as the options and its project say."""

from dataclasses import field, replace
from difflib import get_close_matches
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.version import Version

from swiftcfg.deploy_file import settings_file_of, with_settings_file
from swiftcfg.detect import find_runtime, read_catalog
from swiftcfg.errors import InputError
from swiftcfg.facts import Origin
from swiftcfg.files import STDIN, read_bytes, shown_name
from swiftcfg.gather import Given, gather, gather_hidden
from swiftcfg.project import Settings, settings_for
from swiftcfg.rule import Rule
from swiftcfg.rules import all_rules
from swiftcfg.script import Script
from swiftcfg.sources import Source, find_calls
from swiftcfg.suppress import UNUSED_IGNORE, Suppressed, matches, suppress
from swiftcfg.validate import Checked, Outcome, Reported, Skipped, call_of, validate
from swiftcfg.values import dataclass

#: A file of so many calls is checked in a few seconds; those that people write have a few.
CALL_LIMIT = 2000

if TYPE_CHECKING:
    from swiftcfg.fix import Judged


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

    @cached_property
    def given(self) -> Given:
        said = self.settings
        versions = tuple(sorted(said.versions.items()))
        return _given(versions, self.options.python, said.model, said.gpu, said.profile)

    @cached_property
    def source(self) -> Source:
        found = find_calls(self.path, self.text)
        if len(found.calls) > CALL_LIMIT:
            fault = f"{self.name} has {len(found.calls)} calls of swift deploy; no more than {CALL_LIMIT} are checked"
            raise InputError(fault, "split the file")
        return found

    def is_meant(self) -> bool:
        """Whether it surely holds a call: any mapping of YAML or JSON could be settings, few are of swift deploy."""
        if self.source.hidden or self.source.kind not in ("yaml", "json", "args.json"):
            return bool(self.source.hidden or self.source.calls)
        return any(self._looks_like_deploy(script) for script in self.source.calls)

    def _looks_like_deploy(self, script: Script) -> bool:
        names = {use.name for use in script.flags}
        known = {name for name in names if self.given.catalog.resolve(name).spec}
        telling = any(name == "infer_backend" or name.startswith(("vllm_", "sglang_", "lmdeploy_")) for name in names)
        return telling and 2 * len(known) > len(names) and self.source.kind != "args.json"

    def checked(self) -> Checked:
        """What is found in it."""
        return self._checked(self.text, self.source)

    def mended(self, *, unsafe: bool) -> Checked:
        """What is left to find once the fixes are applied; ``text`` is then the mended text."""
        from swiftcfg.fix import mend  # noqa: PLC0415  (4 ms that checking alone need not pay)

        result = mend(self.text, self._judged, unsafe=unsafe)
        return self._checked(result.text, find_calls(self.path, result.text), result.done, result.refused)

    def _checked(self, text: str, read: Source, done: tuple[str, ...] = (), refused: tuple[str, ...] = ()) -> Checked:
        left = self._left(text, read)
        calls = tuple(map(call_of, left.outcomes[: len(read.calls)]))
        found = self._of_the_file(left, read)
        return Checked(self.path, self.name, read.kind, text, calls, found, left.count, len(done), refused, read.fault)

    def _judged(self, text: str) -> "Judged":
        from swiftcfg.fix import Judged  # noqa: PLC0415

        read = find_calls(self.path, text)
        left = self._left(text, read)
        calls = left.outcomes[: len(read.calls)]
        found = [(at, one) for at, outcome in enumerate(calls) for one in outcome.findings]
        return Judged(text, read.calls, (*found, *((None, one) for one in self._of_the_file(left, read))))

    def _left(self, text: str, read: Source) -> Suppressed:
        origin = Origin(self.name, read.kind, text, self.mode, read.calls)
        outcomes = [self._outcome(script, origin, self.given) for script in read.calls]
        return suppress([*outcomes, *self._hidden(read, origin)], text, every_rule())

    def _hidden(self, read: Source, origin: Origin) -> list[Outcome]:
        """What is to be said of calls that nothing makes; only their text can be judged."""
        if not read.hidden:
            return []
        rules = tuple(rule for rule in self.rules if rule.asks_for_text_only)
        return [validate(gather_hidden(origin, read.hidden, self.given), rules)]

    def _of_the_file(self, left: Suppressed, read: Source) -> tuple[Reported, ...]:
        """Findings that are about no call: those on hidden ones, and on comments that suppress nothing."""
        hidden = (one for outcome in left.outcomes[len(read.calls) :] for one in outcome.findings)
        return (*hidden, *self._unused(left))

    def _outcome(self, script: Script, origin: Origin, given: Given) -> Outcome:
        """What the rules say; where settings are in another file that is not here, only those on the text speak."""
        rules = tuple(rule for rule in self.rules if rule is not UNUSED_IGNORE)
        try:
            whole = with_settings(script, Path(self.path).parent, given.runtime.ms_swift)
        except InputError as error:
            able = tuple(rule for rule in rules if set(rule.needs) <= {"origin", "script", "breakages"})
            outcome = validate(gather(origin, script, given), able)
            return replace(outcome, skipped=tuple(Skipped(rule, error.sentence) for rule in rules if rule not in able))
        return validate(gather(origin, whole, given), rules)

    def _unused(self, left: Suppressed) -> tuple[Reported, ...]:
        if UNUSED_IGNORE not in self.rules:
            return ()
        return tuple(Reported(UNUSED_IGNORE, one) for one in UNUSED_IGNORE.apply({"unused_ignores": left.unused}))


def read_file(path: str, options: Options) -> Document:
    """Raises InputError for what cannot be read."""
    content = read_bytes(path)
    return Document(path, content, options, None if path == STDIN else Path(path).stat().st_mode & 0o7777)


def with_settings(script: Script, folder: Path, ms_swift: Version) -> Script:
    """The call with the settings of ``swift deploy FILE``, each of which stands where that file is named."""
    named = settings_file_of(script, ms_swift)
    if named is None:
        return script
    whole = with_settings_file(script, folder, ms_swift)
    own_flags, own_variables = set(script.flags), set(script.variables)
    return replace(
        whole,
        flags=tuple(use if use in own_flags else replace(use, place=named.place) for use in whole.flags),
        variables=tuple(use if use in own_variables else replace(use, place=named.place) for use in whole.variables),
        outdone=tuple(use if use in own_variables else replace(use, place=named.place) for use in whole.outdone),
    )


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
