"""Card that cannot compute what is asked of it.

Cards before Ampere (V100, T4, RTX 20) have no bfloat16, in which most models are published. ms-swift takes the type
that the checkpoint states and vLLM refuses it on such a card: ``Bfloat16 is only supported on GPUs with compute
capability of at least 8.0``. Kernels of quantised weights need a least capability too, and FlashAttention 2 in the
transformers backend needs Ampere.

Checked with: --gpu V100-32GB

Bad:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm --vllm_max_model_len 8192

Good:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm --vllm_max_model_len 8192 \
      --torch_dtype float16
"""

from collections.abc import Iterator

from swiftcfg.capability import card_faults, without_bfloat16
from swiftcfg.engine import EngineSettings
from swiftcfg.flags import FlagCatalog
from swiftcfg.gpu import Gpu
from swiftcfg.model import Model
from swiftcfg.rule import Finding, Fix, SetFlag, Severity
from swiftcfg.rules.written import in_force
from swiftcfg.runtime import Runtime
from swiftcfg.script import Script

SEVERITY = "error"
CONFIDENCE = "likely"
SOURCES = (
    "vllm@0.23.0:vllm/platforms/cuda.py:505-522, check_if_supports_dtype",
    "ms-swift@4.6.0:swift/model/utils.py:247-265, get_default_torch_dtype",
    "https://github.com/vllm-project/vllm/issues/1157",
    "https://github.com/Dao-AILab/flash-attention/issues/524",
)

_FLASH = ("flash_attn", "flash_attention_2")


def check(
    *, script: Script, catalog: FlagCatalog, settings: EngineSettings, runtime: Runtime, gpus: tuple[Gpu, ...],
    model: Model,
) -> Iterator[Finding]:  # fmt: skip
    old = without_bfloat16(gpus)
    if settings.backend == "vllm":
        for fault in card_faults(model, gpus, runtime):
            yield Finding(fault, script.place)
        if old:
            yield from _dtype(script, catalog, settings, model, old)
    elif old and settings.attn_impl in _FLASH:
        one = in_force(script, catalog)["attn_impl"]
        yield Finding(f"FlashAttention 2 needs Ampere or newer, and {old} is older", one.use.place, one.use.spelling)


def _dtype(
    script: Script, catalog: FlagCatalog, settings: EngineSettings, model: Model, card: str
) -> Iterator[Finding]:
    """Quantised checkpoints are in float16 as a rule; those of the catalogue that are not are in bfloat16."""
    one = in_force(script, catalog).get("torch_dtype")
    fix = Fix("serve in float16", (SetFlag(one.use.name if one else "torch_dtype", "float16"),), safe=False)
    refuses = f"vLLM refuses bfloat16 on {card}, which has none"
    if settings.torch_dtype == "bfloat16" and one:
        yield Finding(refuses, one.use.place, one.use.spelling, fix)
    elif settings.torch_dtype is None and model.dtype_bytes == 2 and not model.quantization:  # noqa: PLR2004  (16 bits)
        severity: Severity = "warning" if model.local else "error"
        stated = "if the checkpoint states it" if model.local else f"in which {model.name} is published"
        yield Finding(f"{refuses}, {stated}; --torch_dtype float16", script.place, "--torch_dtype", fix, severity)
