"""NPROC_PER_NODE, which deploy does not read.

``swift deploy`` starts one process whatever NPROC_PER_NODE and NNODES say: they make torchrun start for training
and ``swift infer`` only. Cards are used by ``--vllm_tensor_parallel_size`` and its like.

Bad:

    NPROC_PER_NODE=4 swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm

Good:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm --vllm_tensor_parallel_size 4
"""

from collections.abc import Iterator

from swiftcfg.rule import Finding, Fix, RemoveVariable
from swiftcfg.script import Script

SEVERITY = "warning"
CONFIDENCE = "certain"
SOURCES = ("ms-swift@4.6.0:swift/cli/main.py, cli_main",)


def check(script: Script) -> Iterator[Finding]:
    for use in script.variables:
        if use.name in ("NPROC_PER_NODE", "NNODES") and use.word not in ("", "1"):
            yield Finding(
                f"{use.name} has no effect: swift deploy starts one process",
                use.place,
                use.name,
                Fix(f"leave out {use.name}", (RemoveVariable(use.name),)),
            )
