"""What a generation of cards cannot compute: 16-bit brain floats, 8-bit floats, kernels of quantised weights."""

from collections.abc import Iterable, Iterator

from packaging.version import Version

from swiftcfg.gpu import Gpu
from swiftcfg.model import Model
from swiftcfg.runtime import Runtime

Capability = tuple[int, int]

#: The least compute capability that vLLM's wheels are built for (vllm@0.23.0:CMakeLists.txt, CUDA_SUPPORTED_ARCHS).
LEAST: Capability = (7, 0)
#: bfloat16 (vllm@0.23.0:vllm/platforms/cuda.py:517, vllm@0.8.5:vllm/v1/worker/gpu_worker.py:346).
BFLOAT16: Capability = (8, 0)
#: 8-bit keys and values: V1 begins with Hopper (vllm@0.8.5:vllm/engine/arg_utils.py _is_v1_supported_oracle); the
#: Triton and FlashInfer kernels that 0.11 chooses elsewhere convert to e4m3 from Ada on.
FP8_CACHE_HOPPER: Capability = (9, 0)
FP8_CACHE: Capability = (8, 9)
FP8_CACHE_SINCE = Version("0.11.0")
#: What each method's get_min_capability returns: first release, least capability
#: (vllm@0.8.5, 0.10.2, 0.16.0, 0.23.0:vllm/model_executor/layers/quantization/fp8.py, awq.py, gptq.py).
WEIGHTS: dict[str, tuple[tuple[Version, Capability], ...]] = {
    "fp8": ((Version("0"), (8, 0)), (Version("0.16.0"), (7, 5))),
    "awq": ((Version("0"), (7, 5)),),
}


def card_faults(model: Model, gpus: Iterable[Gpu], runtime: Runtime) -> tuple[str, ...]:
    """Why these cards cannot compute this model at all; empty where they can, or where nothing is known."""
    known = {gpu.name: gpu.compute_capability for gpu in gpus if gpu.compute_capability}
    return tuple(fault for name, has in known.items() for fault in _faults(model, name, has, runtime))


def _faults(model: Model, name: str, has: Capability, runtime: Runtime) -> Iterator[str]:
    if has < LEAST:
        yield f"vLLM needs compute capability {_shown(LEAST)}, {name} has {_shown(has)}"
    rows = WEIGHTS.get(model.quantization or "", ())
    since = runtime.vllm.base_version if runtime.vllm else "0"
    needs = next((least for first, least in reversed(rows) if first <= Version(since)), None)
    if needs is not None and has < needs:
        yield (
            f"vLLM {since} computes {model.quantization} weights from compute capability {_shown(needs)} on, "
            f"{name} has {_shown(has)}"
        )


def without_bfloat16(gpus: Iterable[Gpu]) -> str | None:
    """The first card that is known to have no bfloat16."""
    return next((gpu.name for gpu in gpus if gpu.compute_capability and gpu.compute_capability < BFLOAT16), None)


def serving_dtype(model: Model, gpus: Iterable[Gpu]) -> str | None:
    """float16 where a card has no bfloat16 and the model may be in it; None where ms-swift's own choice works."""
    return "float16" if without_bfloat16(gpus) and model.dtype_bytes == 2 else None  # noqa: PLR2004  (16 bits)


def stores_fp8_cache(gpus: Iterable[Gpu], runtime: Runtime) -> bool:
    """Whether no card is known to lack 8-bit keys and values under this vLLM."""
    recent = runtime.vllm is not None and runtime.vllm >= FP8_CACHE_SINCE
    needs = FP8_CACHE if recent else FP8_CACHE_HOPPER
    return all(gpu.compute_capability is None or gpu.compute_capability >= needs for gpu in gpus)


def _shown(capability: Capability) -> str:
    return "{}.{}".format(*capability)
