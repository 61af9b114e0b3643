"""Engine older than the model.

Each architecture came to vLLM and transformers with some release; an older one ends with ``Model architectures
[...] are not supported`` or ``does not recognize this architecture``.

Checked with: --ms-swift 3.9.3 --vllm 0.10.2

Bad:

    swift deploy --model Qwen/Qwen3-VL-8B-Instruct --infer_backend vllm

Checked with: --ms-swift 3.9.3 --vllm 0.11.0

Good:

    swift deploy --model Qwen/Qwen3-VL-8B-Instruct --infer_backend vllm
"""

import re
from collections.abc import Iterator

from packaging.version import Version

from swiftcfg.engine import EngineSettings
from swiftcfg.flags import FlagCatalog
from swiftcfg.model import Model
from swiftcfg.rule import Finding
from swiftcfg.rules.releases import model_words
from swiftcfg.rules.written import in_force
from swiftcfg.runtime import Runtime
from swiftcfg.script import Script

SEVERITY = "error"
CONFIDENCE = "certain"
SOURCES = (
    "vllm@0.10.2 and vllm@0.11.0:vllm/model_executor/models/qwen3_vl.py",
    "ms-swift@4.6.0:swift/model/models/qwen.py, requires",
    "vllm@0.6.0, 0.6.1, 0.7.1, 0.7.2, 0.8.4 and 0.8.5:vllm/model_executor/models/registry.py",
    "vllm@0.9.2, 0.10.2, 0.11.0, 0.12.0, 0.16.0 and 0.18.0:vllm/model_executor/models/registry.py",
    "vllm@0.5.3.post1 and 0.5.4:vllm/model_executor/models/__init__.py (InternVL, MiniCPM-V)",
    "https://github.com/zai-org/GLM-V/issues/15",
    "https://github.com/vllm-project/vllm/pull/15130",
)

#: Architecture -> the first vLLM and the first transformers that know it.
_SINCE = {
    "Qwen2VLForConditionalGeneration": {"vllm": Version("0.6.1"), "transformers": Version("4.45")},
    "Qwen2_5_VLForConditionalGeneration": {"vllm": Version("0.7.2"), "transformers": Version("4.49")},
    "Qwen3VLForConditionalGeneration": {"vllm": Version("0.11.0"), "transformers": Version("4.57")},
    "Qwen3VLMoeForConditionalGeneration": {"vllm": Version("0.11.0"), "transformers": Version("4.57")},
    "Qwen3_5ForConditionalGeneration": {"transformers": Version("5.2")},
    "Qwen3_5MoeForConditionalGeneration": {"transformers": Version("5.2")},
}


#: Models by name -> the newest vLLM that does not know them yet.
_NOT_YET = (
    (r"glm-?4[._]1v", "0.9.1"), (r"glm-?4[._]5v", "0.9.2"), (r"qwen3-?_?omni", "0.11.0"), (r"qwen3-?_?vl", "0.10.2"),
    (r"qwen3[._][56]", "0.16.0"),
    (r"qwen2[._]5-?_?omni", "0.8.4"), (r"internvl.*[-_]hf$", "0.9.2"), (r"ovis2[._]5", "0.9.2"),
    (r"internvl", "0.5.3.post1"), (r"minicpm-?_?v", "0.5.3.post1"),
    (r"keye-?_?vl-?_?1[._]5", "0.9.2"), (r"keye-?_?vl", "0.8.5"), (r"gemma-?3n", "0.8.5"),
)  # fmt: skip


def check(
    script: Script, catalog: FlagCatalog, settings: EngineSettings, runtime: Runtime, model: Model | None = None
) -> Iterator[Finding]:
    known = _SINCE.get(model.architecture, {}) if model else {}
    if model is None or "vllm" not in known:
        yield from _by_name(script, catalog, settings, runtime)
    for package, since in known.items():
        version, name = runtime.version_of(package), model.name if model else ""
        if version and version < since and (package != "vllm" or settings.backend == "vllm"):
            yield Finding(f"{package} {version} does not know {name}, only {since} and newer do", script.place)


def _by_name(script: Script, catalog: FlagCatalog, settings: EngineSettings, runtime: Runtime) -> Iterator[Finding]:
    version, words = runtime.vllm, model_words(in_force(script, catalog))
    row = next(((word, last) for word in words for names, last in _NOT_YET if re.search(names, word)), None)
    if row and version and settings.backend == "vllm" and version <= Version(row[1]):
        yield Finding(f"vllm {version} does not know {row[0]}, only releases after {row[1]} do", script.place)
