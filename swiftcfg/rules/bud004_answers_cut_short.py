"""Answers cut by --max_new_tokens.

It is the limit of every request that does not give its own. Where it is below the longest answer that a workload
states, such answers end in the middle (``finish_reason: length``).

Checked with: --profile document-ocr-a4-200dpi

Bad:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm --max_new_tokens 2048

Good:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm --max_new_tokens 4096
"""

from collections.abc import Iterator

from swiftcfg.flags import FlagCatalog
from swiftcfg.rule import Finding, Fix, SetFlag
from swiftcfg.rules.asked import answer_tokens
from swiftcfg.rules.written import in_force
from swiftcfg.script import Script
from swiftcfg.workload import Workload

SEVERITY = "warning"
CONFIDENCE = "certain"
SOURCES = ("ms-swift@4.6.0:swift/infer_engine/infer_engine.py, set_default_max_tokens",)


def check(script: Script, catalog: FlagCatalog, workload: Workload) -> Iterator[Finding]:
    answer, wanted = answer_tokens(script, catalog), workload.answer_tokens
    if answer is None or answer >= wanted:
        return
    use = in_force(script, catalog)["max_new_tokens"].use
    yield Finding(
        f"--max_new_tokens {answer} cuts answers of {workload.name}, which have up to {wanted} tokens, in every "
        "request without a max_tokens of its own",
        use.place,
        use.spelling,
        Fix(f"--max_new_tokens {wanted}", (SetFlag(use.name, str(wanted)),)),
    )
