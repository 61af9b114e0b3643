"""Our reading of ms-swift 4.6.0's flags against ms-swift 4.6.0 itself."""

import json
import random
import string
import subprocess
from pathlib import Path

import pytest
from oracle import Verdict, interpreter, model_folder, swift_fields, swift_verdicts
from packaging.version import Version
from test_laxjson import READ

from swiftcfg import laxjson
from swiftcfg.config import DeployConfig, Flag
from swiftcfg.detect import find_runtime, read_catalog
from swiftcfg.engine import EngineSettings
from swiftcfg.errors import InputError
from swiftcfg.runtime import choose_runtime
from swiftcfg.settings import engine_settings

pytestmark = pytest.mark.oracle

CATALOG = read_catalog(Version("4.6.0"))


def test_the_fields_and_defaults_are_those_of_the_real_dataclass():
    assert {name: spec.default for name, spec in CATALOG.flags.items()} == swift_fields()
    assert list(CATALOG.flags) == list(swift_fields())


def generated_names(count: int) -> list[str]:
    """Names as people write them: true ones, cut short, with hyphens, with a slip, old ones."""
    chance = random.Random(0)
    everything = [*CATALOG.flags, *read_catalog(Version("3.6.4")).flags, *read_catalog(Version("2.6.1")).flags]
    names = []
    for _ in range(count):
        name = chance.choice(everything)
        at = chance.randrange(len(name))
        changed = (
            name, name[: at + 1], name.replace("_", "-"), name.replace("_", "-")[: at + 1], f"no_{name}", f"no-{name}",
            name[:at] + chance.choice(string.ascii_lowercase) + name[at + 1 :], name.replace("_", "-", 1), name.upper(),
        )  # fmt: skip
        names.append(chance.choice(changed))
    return [name for name in names if not "help".startswith(name)]  # --help prints and ends


def test_a_name_is_accepted_exactly_where_we_say_so():
    names = generated_names(3000)
    verdicts = swift_verdicts([[f"--{name}"] for name in names])
    for name, verdict in zip(names, verdicts, strict=True):
        spec = CATALOG.resolve(name).spec
        known = not verdict.left_over and "ambiguous" not in verdict.error
        assert known == (spec is not None), (name, verdict)


WORDS = [
    "",
    "0",
    "1",
    "-1",
    "5",
    "1.5",
    "1e6",
    "1_000",
    "nan",
    "true",
    "No",
    "maybe",
    "None",
    "vllm",
    "pt",
    "bfloat16",
    "x y",
]


def accepted(flag: str, words: list[str]) -> tuple[bool, object]:
    try:
        return True, CATALOG.flags[flag].value(words)
    except InputError:
        return False, None


@pytest.mark.parametrize("words", [[], *([word] for word in WORDS), ["a", "b"]], ids=str)
def test_every_flag_reads_words_as_the_real_parser_does(words: list[str]):
    verdicts = swift_verdicts([[f"--{name}", *words] for name in CATALOG.flags])
    for name, verdict in zip(CATALOG.flags, verdicts, strict=True):
        ours = accepted(name, words)
        assert ours[0] == verdict.accepted, (name, words, verdict)
        if verdict.accepted:
            assert str(ours[1]) == str(verdict.values[name]), (name, words)


def test_lax_json_is_read_as_ms_swift_repairs_it():
    code = (
        "import json, json_repair, sys\n"
        "for line in sys.stdin: print(json.dumps(json.loads(json_repair.repair_json(json.loads(line)))))"
    )
    rows = [*READ, *lax_objects(400)]
    asked = subprocess.run(
        [interpreter("swift"), "-c", code],
        input="\n".join(map(json.dumps, rows)),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    for text, answer in zip(rows, asked.stdout.splitlines(), strict=True):
        try:
            ours = laxjson.read(text, repaired=True)
        except laxjson.UnclearError:
            continue
        assert ours == json.loads(answer), text


def lax_objects(count: int) -> list[str]:
    """Objects of numbers and words as people type them."""
    chance = random.Random(1)
    rows = []
    for _ in range(count):
        pairs = []
        for name in chance.sample(["image", "video", "audio", "max_pixels", "fps"], chance.randint(1, 4)):
            quote = chance.choice(["", "", '"', "'"])
            value = chance.choice(["5", "0", "2.5", "true", "None", "fp8", '"x"', "{count: 5}", "{count:5,width:28}"])
            pairs.append(f"{quote}{name}{quote}{chance.choice([':', ': ', ' : '])}{value}")
        rows.append("{" + chance.choice([",", ", "]).join(pairs) + chance.choice(["}", "}", "", ",}"]))
    return rows


#: Settings that ms-swift hands to vLLM under the name they have here.
ENGINE = (
    "gpu_memory_utilization", "tensor_parallel_size", "pipeline_parallel_size", "max_num_seqs", "max_model_len",
    "enforce_eager", "quantization", "max_loras", "enable_lora", "max_lora_rank",
)  # fmt: skip

OPTIONS = [
    ["--vllm_gpu_memory_utilization", "0.5"], ["--vllm_gpu_mem=0.7"], ["--vllm_max_model_len", "8192"],
    ["--max_model_len", "4096"], ["--vllm-tensor-parallel-size", "2"], ["--vllm_pipeline_parallel_size", "2"],
    ["--vllm_max_num_seqs", "4"], ["--vllm_enforce"], ["--vllm_enforce_eager", "no"], ["--vllm_quantization", "awq"],
    ["--vllm_max_lora_rank", "32"], ["--max_batch_size", "8"], ["--attn_impl", "sdpa"], ["--sglang_tp_size", "4"],
    ["--vllm_limit_mm_per_prompt", '{"image": 5, "video": 2}'], ["--vllm_limit_mm_per_prompt", "{image: 5}"],
    ["--adapters", "LORA"], ["--adapters", "a=LORA", "b=LORA"],
    ["--vllm_engine_kwargs", '{"mm_processor_kwargs": {"max_pixels": 1003520}, "kv_cache_dtype": "fp8"}'],
]  # fmt: skip


def test_settings_are_what_ms_swift_hands_to_vllm(tmp_path: Path):
    model, lora = model_folder(tmp_path), tmp_path / "lora"
    lora.mkdir()
    (lora / "adapter_config.json").write_text("{}")
    chance = random.Random(2)
    samples = [chance.sample(OPTIONS, chance.randint(0, 6)) for _ in range(120)]
    argvs = [[word.replace("LORA", str(lora)) for option in sample for word in option] for sample in samples]
    verdicts = swift_verdicts([["--model", str(model), "--infer_backend", "vllm", *words] for words in argvs], level=2)
    for words, verdict in zip(argvs, verdicts, strict=True):
        assert verdict.accepted, (words, verdict.error)
        found = settings_of(["--infer_backend", "vllm", *words])
        assert found.problems == (), words
        assert {name: getattr(found, name) for name in ENGINE} == {name: verdict.engine[name] for name in ENGINE}, words
        limits = {kind: limit.count for kind, limit in found.media_limits.items()}
        assert limits == (verdict.engine["limit_mm_per_prompt"] or {}), words
        assert found.processor_kwargs == verdict.engine["engine_kwargs"].get("mm_processor_kwargs", {}), words


def settings_of(words: list[str]) -> EngineSettings:
    flags: dict[str, list[str]] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if word.startswith("--"):
            flags.pop(name[2:], None)  # the last one wins
            flags[name[2:]] = [value] if equals else []
        else:
            flags[next(reversed(flags))].append(word)
    config = DeployConfig(flags=tuple(Flag(name, tuple(values)) for name, values in flags.items()))
    return engine_settings(config, choose_runtime({}, {}, ""), CATALOG)


def test_the_oracle_environment_is_found():
    found = find_runtime({}, str(interpreter("swift").parent.parent))
    assert (found.ms_swift, found.qwen_vl_utils) == (Version("4.6.0"), Version("0.0.14"))


def test_a_verdict_says_when_a_line_is_forgiven():
    (verdict,) = swift_verdicts([["--ignore_args_error", "true", "--foo", "1"]])
    assert verdict == Verdict(
        accepted=False, argv=verdict.argv, environment={}, values=verdict.values, left_over=["--foo", "1"]
    )
