"""Vision towers and runtimes that tests of tokens share: the published sizes of Qwen2.5-VL-7B and Qwen3-VL-8B."""

from packaging.version import Version

from swiftcfg.model import VisionTower
from swiftcfg.runtime import Runtime

TOWERS = {
    "qwen2_vl": VisionTower("qwen2_vl", 32, 1280, 5120, 16, 14, 2, 2, 3584),
    "qwen2_5_vl": VisionTower("qwen2_5_vl", 32, 1280, 3420, 16, 14, 2, 2, 3584),
    "qwen3_vl": VisionTower("qwen3_vl", 27, 1152, 4304, 16, 16, 2, 2, 4096, deepstack_levels=3),
}


def runtime(
    ms_swift: str = "4.6.0", utils: str = "0.0.14", vllm: str | None = "0.23.0", transformers: str | None = None
) -> Runtime:
    return Runtime(
        Version(ms_swift),
        Version(vllm) if vllm else None,
        Version(utils),
        Version(transformers) if transformers else None,
    )
