"""Draft: the flags of one command as ms-swift's parser takes them, and what is to be said about each."""

from collections.abc import Callable
from typing import Any

from packaging.version import Version

from swiftcfg import laxjson
from swiftcfg.backend import (
    ALIASED,
    ALIASED_UNTIL,
    BACKENDS,
    PREFIXED,
    backend_word,
    flag_name,
    owner,
    route,
    suggestion,
)
from swiftcfg.config import DeployConfig, Flag, Unknown
from swiftcfg.engine import BackendName
from swiftcfg.errors import InputError
from swiftcfg.flags import FlagCatalog, FlagSpec

#: The first release that repairs JSON which does not parse (ms-swift@3.9.0:swift/utils/utils.py).
REPAIRS_JSON = Version("3.9.0")

#: From where to where --max_model_len ends up in the configuration that vLLM reads.
EDITS_CONTEXT = (Version("4.0.0"), Version("4.5.0"))


class Draft:
    """Values by full flag name, with findings beside them; what cannot be used is as if it were not given."""

    def __init__(self, config: DeployConfig, catalog: FlagCatalog) -> None:
        self.catalog, self.version = catalog, catalog.version
        self.values: dict[str, Any] = {}
        self.unread: list[tuple[str, str]] = []
        self.problems: list[tuple[str, str]] = []
        self.unknowns: list[str] = []
        self.strangers: list[tuple[str, str]] = []
        for flag in config.flags:
            self._take(flag)
        self._judge_strangers()
        self.backend = self._backend()
        for name in tuple(self.values):
            self._drop_if_unread(name)
        self._follow_aliases()
        self._follow_edited_context()

    def knob(self, knob: str) -> Any:
        """The value that the engine gets: what was written, else ms-swift's default for it."""
        name = flag_name(self.backend, knob, self.version)
        spec = self.catalog.get(name) if name else None
        return self.values.get(spec.name, spec.default) if spec else None

    def checked(self, knob: str, fits: Callable[[Any], bool], wanted: str) -> Any:
        """Like ``knob``, held against what the engine takes; a value it refuses is a problem and not used."""
        value = self.knob(knob)
        if value is None or fits(value):
            return value
        name = flag_name(self.backend, knob, self.version) or knob
        self.problems.append((name, f"{value} is refused at start: {self.backend} wants {wanted}"))
        self.values.pop(name, None)
        return self.knob(knob)

    def ranks(self, knob: str) -> int:
        """Over how many cards something is split: 1 where this release has no flag for it."""
        return self.checked(knob, lambda ranks: ranks >= 1, "1 or more") or 1

    def mapping(self, name: str, text: Any) -> dict[str, Any]:
        """The JSON object that ms-swift makes of a flag's text; empty where there is none."""
        if not isinstance(text, str):
            return {}
        try:
            value = laxjson.read(text, repaired=self.version >= REPAIRS_JSON)
        except laxjson.RefusedError as error:
            if "{" not in text and ("/" in text or text.endswith(".json")):
                self.unknowns.append(f"--{name}: it is read from the file {text}")
            else:
                self.problems.append((name, f"{text!r}: {error}"))
            return {}
        except laxjson.UnclearError as error:
            self.unknowns.append(f"--{name} {text!r}: {error}, and what ms-swift repairs it to is not known")
            return {}
        if not isinstance(value, dict):
            self.problems.append((name, f"{text!r} is not a JSON object"))
            return {}
        return value

    def _take(self, flag: Flag) -> None:
        match = self.catalog.resolve(flag.name)
        if match.spec is None:
            self._refuse(flag.name, match.candidates)
            return
        name = match.spec.name
        hidden = [word.expression for word in flag.words if isinstance(word, Unknown)]
        self.unknowns += [f"--{name} {expression}" for expression in hidden]
        if hidden and not match.spec.kind.startswith("list"):
            self.values.pop(name, None)
            return
        words = [word.expression if isinstance(word, Unknown) else word for word in flag.words]
        try:
            self.values[name] = _off(match.spec, words) if match.negated else match.spec.value(words)
        except InputError as error:
            self.problems.append((name, error.sentence))

    def _refuse(self, written: str, candidates: tuple[str, ...]) -> None:
        refusal = f"ms-swift {self.version} refuses it: the start fails"
        if candidates:
            self.problems.append((written, f"{refusal}; it could be --{', --'.join(candidates)}"))
            return
        meant = suggestion(written, self.catalog)
        self.strangers.append((written, f"{refusal}; did you mean --{meant}?" if meant else refusal))

    def _judge_strangers(self) -> None:
        """ms-swift stops at leftovers unless it is told to go on (ms-swift@4.6.0:swift/pipelines/base.py:34-41)."""
        if self.values.get("ignore_args_error"):
            told = "ms-swift does not know it and was told to go on"
            self.unread += [(written, told) for written, _ in self.strangers]
        else:
            self.problems += self.strangers

    def _backend(self) -> BackendName:
        spec = self.catalog.get("infer_backend")
        word = self.values.get("infer_backend", spec.default if spec else "transformers")
        if word == "AUTO":
            self.unknowns.append("--infer_backend AUTO: taken as vllm, which it is where vLLM supports the model")
        return BACKENDS.get(word, "transformers")

    def _follow_aliases(self) -> None:
        """3.7 to 3.9 copy six old names over the new ones (ms-swift@3.7.0:swift/trainers/arguments.py:187-199)."""
        if not PREFIXED <= self.version < ALIASED_UNTIL:
            return
        for old in ALIASED & self.values.keys():
            new = f"vllm_{old}"
            if new in self.values:
                self.unread.append((new, f"--{old} is given too and overrides it"))
            self.values[new] = self.values[old]

    def _follow_edited_context(self) -> None:
        """4.0 to 4.4 write --max_model_len into the configuration that vLLM then takes for the model's own.

        Template and engine share one configuration (ms-swift@4.0.0:swift/model/register.py:213-242, swift/
        infer_engine/vllm_engine.py), which stands in for the one on disk until 4.5.0; read in source, not run.
        """
        if self.backend != "vllm" or not EDITS_CONTEXT[0] <= self.version < EDITS_CONTEXT[1]:
            return
        length = self.values.get("max_model_len")
        if length is not None and "vllm_max_model_len" not in self.values:
            self.values["vllm_max_model_len"] = length
            self.unknowns.append("--max_model_len: it reaches vLLM by a detour; --vllm_max_model_len is sure to")

    def _drop_if_unread(self, name: str) -> None:
        reason = self._no_effect(name) or self._foreign(name)
        if reason:
            self.unread.append((name, reason))
            del self.values[name]

    def _no_effect(self, name: str) -> str | None:
        fitting = (
            row for row in self.catalog.no_effect if row.flag == name and row.applies(self.version, self.backend)
        )
        row = next(fitting, None)
        if row is None:
            return None
        instead = route(self.backend, row.instead, self.version) if row.instead else None
        return f"{row.reason}; --{instead.flag} is what sets it" if instead else row.reason

    def _foreign(self, name: str) -> str | None:
        reader = owner(name, self.version)
        if reader in (None, self.backend):
            return None
        word = backend_word(self.backend, self.version)
        cause = (
            f"--infer_backend is {word}" if "infer_backend" in self.values else f"without --infer_backend it is {word}"
        )
        return f"only {reader} reads it, and {cause}"


def _off(spec: FlagSpec, words: list[str]) -> bool:
    if words:
        raise InputError(f"--no_{spec.name} takes no value; {words[0]!r} is left over")
    return False
