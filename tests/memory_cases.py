"""Cards, versions and settings for tests of the memory account."""

from functools import cache

from packaging.version import Version

from swiftcfg.catalogue import find_model
from swiftcfg.engine import EngineSettings, MediaLimit
from swiftcfg.gpu import Gpu
from swiftcfg.memory import plan_memory
from swiftcfg.runtime import Runtime
from swiftcfg.units import GIB, MIB, Range

QWEN25_VL_7B = "Qwen/Qwen2.5-VL-7B-Instruct"
QWEN3_VL_8B = "Qwen/Qwen3-VL-8B-Instruct"

model = cache(find_model)


def card(gib=80.0, used=0, name="test card", capability=(9, 0)):
    """A card whose CUDA total is exactly known."""
    total = round(gib * GIB)
    return Gpu(
        name=name,
        nvml_total=total + 400 * MIB,
        cuda_total=Range.exactly(total),
        context=Range(400 * MIB, 500 * MIB, 600 * MIB),
        used=used,
        source="made for a test",
        compute_capability=capability,
    )


def runtime(vllm="0.23.0", transformers="4.57.1"):
    return Runtime(Version("4.6.0"), Version(vllm), None, Version(transformers))


def settings(**given):  # noqa: ANN003
    limits = {kind: MediaLimit(count) for kind, count in given.pop("media", {}).items()}
    return EngineSettings(**{"backend": "vllm", "media_limits": limits, **given})


def plan(name=QWEN25_VL_7B, gpu=None, vllm="0.23.0", demand=None, server="swift", **given):  # noqa: ANN003
    return plan_memory(model(name), gpu or card(), runtime(vllm), settings(**given), demand, server=server)


def best(memory_plan, term):
    found = memory_plan.term(term)
    assert found is not None
    return found.amount.best
