"""Value that is no JSON object.

``--vllm_limit_mm_per_prompt``, ``--vllm_engine_kwargs``, ``--vllm_speculative_config`` and ``--model_kwargs`` take
a JSON object. ``image=5,video=2``, as vllm serve took it once, ends with a JSONDecodeError; a bare ``5`` is
accepted by ms-swift and refused by vLLM 18 seconds later. ``--rope_scaling`` takes an object or one of three words.

Bad:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm --vllm_limit_mm_per_prompt image=5,video=2

Good:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm \
      --vllm_limit_mm_per_prompt '{"image": 5, "video": 2}'
"""

import json
import re
from collections.abc import Iterator

from swiftcfg.flags import FlagCatalog
from swiftcfg.rule import Finding, Fix, SetFlag
from swiftcfg.rules.json_flags import is_strict, may_be_a_file, readings
from swiftcfg.rules.written import in_force
from swiftcfg.script import Script

SEVERITY = "error"
CONFIDENCE = "certain"
SOURCES = (
    "ms-swift@4.6.0:swift/utils/utils.py:490-514",
    "ms-swift@4.6.0:swift/arguments/base_args/model_args.py:105-150",
    "ms-swift@3.10.3:swift/llm/argument/base_args/ray_args.py:20",
)

#: Flags that take an object, or one of these words.
_WORDS: dict[str, tuple[str, ...]] = {
    "rope_scaling": ("linear", "dynamic", "yarn"),
    "max_memory": (),
    "device_groups": (),
}
_PAIRS = re.compile(r"\s*\w+\s*[=:]\s*\d+\s*(,\s*\w+\s*[=:]\s*\d+\s*)*")


def check(script: Script, catalog: FlagCatalog) -> Iterator[Finding]:
    for one, reading in readings(script, catalog):
        if reading.unclear or isinstance(reading.value, dict):
            continue
        fault = reading.fault or "it is JSON, but no object"
        meant = _meant(one.name, reading.text)
        fix = Fix(f"write {meant}", (SetFlag(one.use.name, meant),)) if meant else None
        yield Finding(f"--{one.name} {reading.text}: {fault}; the start fails", one.use.place, one.use.spelling, fix)
    yield from _no_words(script, catalog)


def _no_words(script: Script, catalog: FlagCatalog) -> Iterator[Finding]:
    given = in_force(script, catalog)
    for name, words in _WORDS.items():
        text = given[name].word if name in given and not given[name].refusal() else None
        if text is None or text in words or "{" in text or may_be_a_file(text) or (is_strict(text) and not words):
            continue
        kinds = f"neither a JSON object nor one of {', '.join(words)}" if words else "no JSON, and no file"
        message = f"--{name} {text}: {kinds}; the start fails"
        yield Finding(message, given[name].use.place, given[name].use.spelling)


def _meant(name: str, text: str) -> str | None:
    """Pairs of a kind and a count; a number alone is most likely a count of images."""
    if not name.endswith("limit_mm_per_prompt"):
        return None
    if text.strip().isdecimal():
        return json.dumps({"image": int(text)})
    if not _PAIRS.fullmatch(text):
        return None
    pairs = (re.split("[=:]", pair) for pair in text.split(","))
    return json.dumps({kind.strip(): int(count) for kind, count in pairs})
