"""More sequences at once than tokens in a step.

vLLM refuses to start where max_num_seqs is above max_num_batched_tokens, which is 2,048 or so unless the engine's
keywords say more.

Bad:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm --vllm_max_num_seqs 4096

Good:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm --vllm_max_num_seqs 256
"""

from collections.abc import Iterator

from packaging.version import Version

from swiftcfg.engine import EngineSettings
from swiftcfg.flags import FlagCatalog
from swiftcfg.gpu import Gpu
from swiftcfg.memory.defaults import resolve_batch
from swiftcfg.memory.versions import behaviour_of
from swiftcfg.model import Model
from swiftcfg.rule import Finding, Fix
from swiftcfg.rules.knobs import Knobs
from swiftcfg.rules.replan import card_of
from swiftcfg.runtime import Runtime
from swiftcfg.script import Script

SEVERITY = "error"
CONFIDENCE = "certain"
SOURCES = ("vllm@0.23.0:vllm/config/scheduler.py, verify_max_model_len",)


def check(
    *, script: Script, catalog: FlagCatalog, settings: EngineSettings, model: Model, runtime: Runtime,
    gpus: tuple[Gpu, ...] | None = None,
) -> Iterator[Finding]:  # fmt: skip
    if settings.backend != "vllm" or runtime.vllm is None:
        return
    card = card_of(gpus)
    behaviour = behaviour_of(Version(runtime.vllm.base_version), card.compute_capability, settings.use_v1)
    batch = resolve_batch(model, card, behaviour, settings, "swift")
    if batch is None or batch.max_num_seqs <= batch.tokens:
        return
    knobs = Knobs(script, catalog, settings.backend)
    knob = "max_num_seqs" if knobs.written("max_num_seqs") else "max_num_batched_tokens"
    changes = knobs.change("max_num_seqs", batch.tokens)
    yield Finding(
        f"max_num_seqs {batch.max_num_seqs} is above max_num_batched_tokens {batch.tokens}, and vLLM refuses to start",
        knobs.place(knob),
        knobs.subject(knob),
        Fix(f"{batch.tokens} sequences at once", changes, safe=False) if changes else None,
    )
