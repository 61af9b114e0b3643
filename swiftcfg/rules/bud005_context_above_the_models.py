"""Context longer than the model's.

vLLM refuses to start with ``User-specified max_model_len (…) is greater than the derived max_model_len (…)`` where the
number is above max_position_embeddings. Only RoPE scaling, or VLLM_ALLOW_LONG_MAX_MODEL_LEN=1 and answers that may turn
to nonsense, lets it pass.

Bad:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm --vllm_max_model_len 131072

Good:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm --vllm_max_model_len 128000
"""

from collections.abc import Iterator

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
)


def check(script: Script, catalog: FlagCatalog, settings: EngineSettings, model: Model) -> Iterator[Finding]:
    length, longest = settings.max_model_len, model.text.max_position_embeddings if model.text else None
    if settings.backend != "vllm" or length is None or longest is None or length <= longest:
        return
    given = in_force(script, catalog)
    allowed = variables_in_force(script, catalog).get("VLLM_ALLOW_LONG_MAX_MODEL_LEN")
    if "rope_scaling" in given or "max_model_len" in dict(settings.unread):
        return
    knobs = Knobs(script, catalog, settings.backend)
    changes = knobs.change("max_model_len", longest)
    if allowed and allowed.text not in ("", "0"):
        outcome, fix = "beyond that answers may be nonsense", None
    else:
        outcome = "vLLM refuses to start"
        fix = Fix(f"a context of {longest}", changes, safe=False) if changes else None
    yield Finding(
        f"a context of {length} is longer than the {longest} positions of {model.name}: {outcome}",
        knobs.place("max_model_len"),
        knobs.subject("max_model_len"),
        fix,
        "warning" if fix is None and allowed else None,
    )
