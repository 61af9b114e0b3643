"""Check: from a file to everything that is to be said of it, as the options and its project say."""

from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from pathlib import Path

from swiftcfg.detect import find_runtime, read_catalog
from swiftcfg.errors import InputError
from swiftcfg.facts import Origin
from swiftcfg.files import STDIN, read_bytes, shown_name
from swiftcfg.gather import Given, gather
from swiftcfg.project import Settings, settings_for
from swiftcfg.rule import Rule
from swiftcfg.rules import all_rules
from swiftcfg.script import Script, find_fault, read_script
from swiftcfg.suppress import UNUSED_IGNORE, matches, suppress
from swiftcfg.validate import Checked, Reported, call_of, validate


@dataclass(frozen=True)
class Options:
    """What the command line says; ``settings`` win over those of a project."""

    settings: Settings = field(default_factory=Settings)
    python: str | None = None


def every_rule() -> tuple[Rule, ...]:
    """All rules that findings come from, by code."""
    return tuple(sorted((*all_rules(), UNUSED_IGNORE), key=lambda rule: rule.code))


def check_file(path: str, options: Options) -> Checked:
    """Check a file, or standard input for ``-``. Raises InputError where nothing in it can be checked."""
    content = read_bytes(path)
    mode = None if path == STDIN else Path(path).stat().st_mode & 0o7777
    return check_text(path, content.decode("utf-8", "surrogateescape"), options, mode)


def check_text(path: str, text: str, options: Options, mode: int | None = None) -> Checked:
    """Check what the file at ``path`` holds or is about to hold."""
    place = Path("standard input" if path == STDIN else path)
    settings = settings_for(place).under(options.settings)
    given, rules = _given(settings, options.python), chosen_rules(settings.select, settings.ignore)
    name = shown_name(path)
    kind, scripts = _read(name, text)
    origin = Origin(name, kind, text, mode)
    outcomes = [validate(gather(origin, script, given), rules) for script in scripts]
    left = suppress(outcomes, text, every_rule())
    unused = UNUSED_IGNORE.apply({"unused_ignores": left.unused}) if UNUSED_IGNORE in rules else ()
    return Checked(
        name, kind, text, tuple(map(call_of, left.outcomes)),
        findings=tuple(Reported(UNUSED_IGNORE, finding) for finding in unused),
        ignored=left.count,
    )  # fmt: skip


def _read(name: str, text: str) -> tuple[str, tuple[Script, ...]]:
    scripts = read_script(text)
    if not scripts:
        fault = find_fault(text)
        raise InputError(f"there is no swift deploy in {name}", f"a shell stops at {fault}" if fault else None)
    return "shell", scripts


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


def _given(settings: Settings, python: str | None) -> Given:
    versions = tuple(sorted(settings.versions.items()))
    return _given_once(versions, python, settings.model, settings.gpu, settings.profile)


@cache
def _given_once(
    versions: tuple[tuple[str, str], ...], python: str | None, model: str | None, gpu: str | None, profile: str | None
) -> Given:
    runtime = find_runtime(dict(versions), python)
    workload = None
    if profile is not None:
        from swiftcfg.profile_files import find_profile  # noqa: PLC0415  (pydantic)

        workload = find_profile(profile)
    return Given(runtime, read_catalog(runtime.ms_swift), model, gpu, workload)
