"""Value that is none of the choices.

argparse ends with status 2 and ``invalid choice`` after ten seconds of imports, at the first one it meets.

Bad:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm --torch_dtype bf16

Good:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm --torch_dtype bfloat16
"""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches

from swiftcfg.flags import FlagCatalog
from swiftcfg.rule import Finding, Fix, RemoveFlag, SetFlag
from swiftcfg.rules.written import Written, flags_of
from swiftcfg.script import Script

SEVERITY = "error"
CONFIDENCE = "certain"
SOURCES = ("python@3.12:Lib/argparse.py, _check_value",)

#: Other words for the same: vLLM's and PyTorch's short names, and both names of the transformers engine.
_SAME = {"bf16": "bfloat16", "fp16": "float16", "half": "float16", "fp32": "float32", "float": "float32",
         "transformers": "pt", "hf": "transformers", "pytorch": "transformers"}  # fmt: skip
#: What ms-swift does by itself where the flag is left out: the data type of the checkpoint, its quantisation.
_LEFT_OUT = {("torch_dtype", "auto"), ("quant_method", "awq"), ("quant_method", "gptq")}
#: A slip leaves a word so much like itself; tensorrt is not transformers.
_ALIKE = 0.7


def check(script: Script, catalog: FlagCatalog) -> Iterator[Finding]:
    for one in flags_of(script, catalog):
        refusal, spec = one.refusal(), one.match.spec
        if refusal and refusal.kind == "choice" and spec and one.word is not None:
            yield Finding(refusal.sentence, one.use.place, one.use.spelling, _fix(one, one.word, spec.choices))


def _fix(one: Written, word: str, choices: Sequence[object]) -> Fix | None:
    if (one.name, word.lower()) in _LEFT_OUT:
        return Fix(f"leave out --{one.name}: ms-swift finds it", (RemoveFlag(one.use.name),))
    names = list(map(str, choices))
    same = _SAME.get(word.lower(), word.lower())
    if same in names:
        return Fix(f"write {same}", (SetFlag(one.use.name, same),))
    near = get_close_matches(word.lower(), names, 1, _ALIKE)
    return Fix(f"write {near[0]}", (SetFlag(one.use.name, near[0]),), safe=False) if near else None
