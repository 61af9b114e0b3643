"""Value out of range.

ms-swift checks no range. vLLM refuses ``gpu_memory_utilization`` 90 or 0 only after the model's configuration
is read and half a minute has gone, and ``--max_new_tokens 0`` is found out by the first request.

Bad:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm --vllm_gpu_memory_utilization 90

Good:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm --vllm_gpu_memory_utilization 0.9
"""

from collections.abc import Iterator

from swiftcfg.engine import EngineSettings
from swiftcfg.flags import FlagCatalog
from swiftcfg.rule import Finding, Fix, SetFlag
from swiftcfg.rules.json_flags import is_json
from swiftcfg.rules.written import Written, in_force
from swiftcfg.script import Script
from swiftcfg.values import dataclass

SEVERITY = "error"
CONFIDENCE = "certain"
SOURCES = (
    "vllm@0.23.0:vllm/config/cache.py, gpu_memory_utilization",
    "vllm@0.23.0:vllm/sampling_params.py, _verify_args",
    "vllm@0.23.0:vllm/config/lora.py:26, max_lora_rank",
)


@dataclass(frozen=True, slots=True)
class _Range:
    """What ms-swift's own flags may hold; ``above`` leaves out the lower end itself."""

    low: float
    high: float
    outcome: str
    above: bool = False

    def __contains__(self, value: float) -> bool:
        return (self.low < value or (self.low == value and not self.above)) and value <= self.high


_ENDLESS = float("inf")
_EVERY = "each request that does not give its own is refused"
_RANGES = {
    "port": _Range(0, 65535, "ports go from 0 to 65535, and bind() ends with an OverflowError"),
    "max_new_tokens": _Range(1, _ENDLESS, f"1 is the least, and {_EVERY}"),
    "temperature": _Range(0, _ENDLESS, f"0 is the least, and {_EVERY}"),
    "top_p": _Range(0, 1, f"it is a share above 0 and up to 1, and {_EVERY}", above=True),
    "repetition_penalty": _Range(0, _ENDLESS, f"it must be above 0, and {_EVERY}", above=True),
    "max_pixels": _Range(1, _ENDLESS, "1 is the least, and every image request fails"),
    "vllm_mm_processor_cache_gb": _Range(0, _ENDLESS, "0 is the least, and the start fails"),
}
#: The ranks that vLLM has kernels for; 1 is one only in newer releases.
_LORA_RANKS = (1, 8, 16, 32, 64, 128, 256, 320, 512)


def check(script: Script, catalog: FlagCatalog, settings: EngineSettings) -> Iterator[Finding]:
    given = in_force(script, catalog)
    for name, sentence in settings.problems:
        if name in given and not given[name].refusal() and not is_json(name):
            yield _finding(given[name], sentence)
    for name, allowed in _RANGES.items():
        value = given[name].value if name in given else None
        if value is not None and value not in allowed:
            yield _finding(given[name], f"--{name} {value}: {allowed.outcome}")
    rank = given.get("vllm_max_lora_rank")
    if rank and settings.enable_lora and rank.value not in (None, *_LORA_RANKS):
        ranks = ", ".join(map(str, _LORA_RANKS))
        yield _finding(rank, f"--vllm_max_lora_rank {rank.value}: vLLM knows {ranks}, and the start fails")


def _finding(one: Written, sentence: str) -> Finding:
    shown = sentence if sentence.startswith("--") else f"--{one.name} {sentence}"
    fix = None
    if one.name.endswith(("gpu_memory_utilization", "mem_fraction_static")) and 10 <= (one.value or 0) <= 100:  # noqa: PLR2004
        fix = Fix("a percentage as a share", (SetFlag(one.use.name, f"{one.value / 100:g}"),))
    return Finding(shown, one.use.place, one.use.spelling, fix)
