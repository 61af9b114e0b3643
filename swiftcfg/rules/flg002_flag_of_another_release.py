"""Flag of another ms-swift release.

Flags of ``swift deploy`` changed name: 3.0 renamed most of 2.x, 3.7 put ``vllm_`` and ``lmdeploy_`` before the
engines' flags (six old names stayed accepted until 3.10), 4.0 dropped ``ckpt_dir`` and ``lora_modules``. A name
that a release does not have ends with ``remaining_argv`` after the model's configuration is loaded.

Bad:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm --gpu_memory_utilization 0.9

Good:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm --vllm_gpu_memory_utilization 0.9
"""

from collections.abc import Iterator

from swiftcfg.backend import successor
from swiftcfg.engine import EngineSettings
from swiftcfg.flags import FlagCatalog
from swiftcfg.rule import Finding, Fix, RemoveFlag, RenameFlag
from swiftcfg.rules.releases import is_of_another_release, when
from swiftcfg.rules.written import flags_of, forgiven, in_force
from swiftcfg.script import Script

SEVERITY = "error"
CONFIDENCE = "certain"
SOURCES = (
    "ms-swift wheels 2.6.1 and 3.0.0 to 4.6.0, the fields of DeployArguments",
    "https://github.com/modelscope/ms-swift/issues/5249",
)

#: Flags whose values changed along with the name.
_OTHER_VALUES = frozenset({"use_flash_attn", "device_map_config", "device_map_config_path", "tools_prompt", "ckpt_dir"})


def check(script: Script, catalog: FlagCatalog, settings: EngineSettings) -> Iterator[Finding]:
    known, present = forgiven(script, catalog), in_force(script, catalog)
    for one in flags_of(script, catalog):
        if one.match.spec or not is_of_another_release(one.name, catalog, settings.backend):
            continue
        new = successor(one.name, catalog, settings.backend)
        fix = None
        if new and new in present:
            fix = Fix(f"leave out {one.use.spelling}: --{new} is given", (RemoveFlag(one.use.name),), safe=False)
        elif new:
            safe = one.name not in _OTHER_VALUES
            fix = Fix(f"write --{new}", (RenameFlag(one.use.name, new),), safe=safe)
        outcome = "drops it with a warning" if known else "does not start with it"
        now = f"; here it is --{new}" if new else ""
        yield Finding(
            f"{one.use.spelling} {when(one.name, catalog)}, and ms-swift {catalog.version} {outcome}{now}",
            one.use.place,
            one.use.spelling,
            fix,
            severity="warning" if known else None,
        )
