"""Context longer than the model's.

vLLM refuses to start with ``User-specified max_model_len (…) is greater than the derived max_model_len (…)`` where the
number is above max_position_embeddings. Only RoPE scaling, or VLLM_ALLOW_LONG_MAX_MODEL_LEN=1 and answers that may turn
to nonsense, lets it pass.

Until 3.6.2 ms-swift counts what is left for the answer from the checkpoint's own context even where RoPE scaling made
it longer: requests beyond that get a negative ``max_tokens`` and fail. ``--max_length`` is a limit on prompts of
ms-swift itself and makes no context longer.

Bad:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm --vllm_max_model_len 131072

Good:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm --vllm_max_model_len 128000
"""

from collections.abc import Iterator

from packaging.version import Version

from swiftcfg.engine import EngineSettings
from swiftcfg.flags import FlagCatalog
from swiftcfg.model import Model
from swiftcfg.rule import Finding, Fix
from swiftcfg.rules.knobs import Knobs
from swiftcfg.rules.variables import in_force as variables_in_force
from swiftcfg.rules.written import in_force
from swiftcfg.script import Script

SEVERITY = "error"
CONFIDENCE = "certain"
SOURCES = (
    "vllm@0.23.0:vllm/config/model.py, _get_and_verify_max_len",
    "https://github.com/modelscope/ms-swift/issues/4464",
    "ms-swift@3.6.2:swift/llm/infer/infer_engine/vllm_engine.py:83-85,187, infer_engine.py:32,184-203",
    "https://github.com/modelscope/ms-swift/issues/4893",
    "ms-swift@4.6.0:swift/template/base.py:1577-1584, max_length",
    "https://github.com/modelscope/ms-swift/issues/6021",
)

#: The first release that counts answers from the context that vLLM was given.
_COUNTS_FROM_THE_ENGINE = Version("3.6.3")


def check(script: Script, catalog: FlagCatalog, settings: EngineSettings, model: Model) -> Iterator[Finding]:
    longest = model.text.max_position_embeddings if model.text else None
    if longest is None:
        return
    scaled = "rope_scaling" in in_force(script, catalog)
    if not scaled:
        yield from _prompts(script, catalog, longest)
    length = settings.max_model_len
    if settings.backend != "vllm" or not length or length <= longest:
        return
    knobs = Knobs(script, catalog, settings.backend)
    if not scaled:
        yield _refused(knobs, model, length, longest)
    elif catalog.version < _COUNTS_FROM_THE_ENGINE:
        yield Finding(
            f"ms-swift {catalog.version} counts answers from the {longest} tokens of {model.name}, not from {length}: "
            f"a longer request leaves less than 0 of them and fails; {_COUNTS_FROM_THE_ENGINE} counts from the latter",
            knobs.place("max_model_len"),
            knobs.subject("max_model_len"),
        )


def _prompts(script: Script, catalog: FlagCatalog, longest: int) -> Iterator[Finding]:
    one = in_force(script, catalog).get("max_length")
    if one and one.value and one.value > longest:
        yield Finding(
            f"--max_length {one.value} only limits prompts, it makes no context longer: that stays {longest} tokens",
            one.use.place,
            one.use.spelling,
            severity="warning",
        )


def _refused(knobs: Knobs, model: Model, length: int, longest: int) -> Finding:
    nonsense = _let_in(knobs)
    changes = () if nonsense else knobs.change("max_model_len", longest)
    outcome = "beyond that answers may be nonsense" if nonsense else "vLLM refuses to start"
    return Finding(
        f"a context of {length} is longer than the {longest} positions of {model.name}: {outcome}",
        knobs.place("max_model_len"),
        knobs.subject("max_model_len"),
        Fix(f"a context of {longest}", changes, safe=False) if changes else None,
        "warning" if nonsense else None,
    )


def _let_in(knobs: Knobs) -> bool:
    """Whether vLLM is told to take it, or does not know better: 4.0 to 4.4 edit what it reads (see Draft)."""
    allowed = variables_in_force(knobs.script, knobs.catalog).get("VLLM_ALLOW_LONG_MAX_MODEL_LEN")
    return bool(allowed and allowed.text not in ("", "0")) or knobs.written("max_model_len") is None
