"""The rules on flags against ms-swift 4.6.0's own parser: an error where it refuses, none where all is well."""

import random
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from oracle import Verdict, model_folder, swift_verdicts
from packaging.version import Version
from rule_facts import Surroundings
from test_rules import found

from swiftcfg.check import Document, Options
from swiftcfg.detect import read_catalog
from swiftcfg.flags import FlagSpec
from swiftcfg.project import Settings
from swiftcfg.validate import Reported

pytestmark = pytest.mark.oracle

CATALOG = read_catalog(Version("4.6.0"))

#: Flags with a test of their own, and the one that forgives what is left over, which happens after parsing.
LEFT_OUT = {"model", "model_type", "template", "port", "ignore_args_error"}
WRONG = ["", "0", "-1", "1.5", "1e6", "1280*28*28", "maybe", "None", "vlm", "{image: 5}", "image=5", "5", "a b", "nan"]


def good_words(spec: FlagSpec, chance: random.Random) -> list[str]:
    """Words that a flag takes."""
    if spec.choices:
        return [str(chance.choice([choice for choice in spec.choices if choice is not None]))]
    if spec.kind == "json":
        return [chance.choice(['{"image": 2}', "{}"])]
    kinds = {
        "str": ["x", "a/b"], "int": ["1", "8", "64"], "float": ["0.5", "1"], "bool": ["true", "no", "0"],
        "optional bool": ["true", "false"],
    }  # fmt: skip
    return [chance.choice(kinds[spec.kind.removeprefix("list of ")])]


def written(name: str, words: list[str], chance: random.Random) -> list[str]:
    """One use of a flag in one of the ways there are."""
    ways = [
        [f"--{name}", *words], [f"--{name}", *words], [f"--{name.replace('_', '-')}", *words],
        [f"--{name[: chance.randrange(3, len(name)) + 1]}", *words],
        [f"--{name}={words[0]}", *words[1:]] if words else [f"--{name}="],
    ]  # fmt: skip
    return chance.choice(ways)


def slips(name: str, chance: random.Random) -> list[list[str]]:
    """What people get wrong in some use of a flag, and what looks wrong and is not."""
    good = good_words(CATALOG.flags[name], chance)
    switch = chance.choice([one for one, spec in CATALOG.flags.items() if spec.is_switch])
    optional = chance.choice([one for one, spec in CATALOG.flags.items() if spec.kind == "optional bool"])
    older = [one for release in ("2.6.1", "3.6.4", "3.12.1") for one in read_catalog(Version(release)).flags]
    wrong, at = chance.choice(WRONG), chance.randrange(3, len(name))
    return [
        [], [], [], [], [], [], [],
        [f"--{chance.choice(older)}", "1"],  # of another release
        [f"--{name[:at]}{name[at + 1 :]}", "1"], [f"---{name}", "1"], [f"-{name}", "1"], [f"--{name} 1"],  # misspelt
        [f"--{name[: at + 1]}", *good],  # cut short
        [f"--{name}", wrong], [f"--{name}={wrong}"], [f"--{name}="], [f"--{name}", "1", "2"],  # wrong words
        [f"--{name}", chance.choice(["-5", "-.5", "-1e3", "-x", "-", "--", "- x"])],  # a dash before the word
        [f"--{name}"], [f"--{optional}"], [f"--{optional}", wrong],  # bare
        [f"--no_{switch}"], [f"--no-{switch.replace('_', '-')}", "x"], [f"--no_{switch}=1"],  # switched off
        [*written(name, good, chance), *written(name, [wrong], chance)],  # twice
        [*written(name, [wrong], chance), *written(name, good, chance)],
        ["stray", "-x"], ["-"], ["-1"], ["--", f"--{name}", "1"], [f"--{name}", *good, "--"],  # words of no flag
    ]  # fmt: skip


def flag_sets(count: int) -> Iterator[list[str]]:
    """Flags and words, right and wrong in some way, without what asks for help."""
    chance = random.Random(3)
    names = [name for name in CATALOG.flags if name not in LEFT_OUT]
    for _ in range(count):
        words: list[str] = []
        for name in chance.sample(names, chance.randint(1, 3)):
            words += [f"--{name}", *good_words(CATALOG.flags[name], chance)]
        words += chance.choice(slips(chance.choice(names), chance))
        if not any(re.match("-h|--h(e(lp?)?)?(=|$)", word) for word in words):
            yield words


def findings_of(words: list[str], only: str = "FLG") -> list[Reported]:
    return found(shlex.join(["swift", "deploy", *words]), Surroundings(), only)


def errors_of(words: list[str]) -> list[tuple[str, str]]:
    return [(one.rule.code, one.finding.message) for one in findings_of(words) if one.severity == "error"]


def refused(verdict: Verdict) -> bool:
    return not verdict.accepted


#: The rules that speak of parsing alone.
PARSING = ("FLG001", "FLG002", "FLG007", "FLG009", "FLG010", "FLG011", "FLG024")
#: Those that speak of what comes after it, in ms-swift too, and find fault where a value is accepted and lost.
AFTER, LOSS = ("FLG013", "FLG019", "FLG025", "FLG026"), ("FLG004", "FLG005", "FLG006", "PAR003")


def test_what_the_parser_refuses_is_an_error_and_nothing_else_that_parsing_tells():
    """On any flags."""
    sets = list(flag_sets(1500))
    model = ["--model", "Qwen/Qwen2.5-VL-7B-Instruct"]
    verdicts = swift_verdicts([[*model, *words] for words in sets])
    for words, verdict in zip(sets, verdicts, strict=True):
        errors = [error for error in errors_of([*model, *words]) if error[0] in PARSING]
        assert bool(errors) == refused(verdict), (words, errors, verdict)
    assert 500 < sum(map(refused, verdicts)) < 1000


#: Flags as people set them for serving, each alone right, with what is lost or refused where it is wrong.
RIGHT = [
    ["--infer_backend", "vllm", "--vllm_gpu_memory_utilization", "0.9"],
    ["--infer_backend", "vllm", "--vllm_max_model_len", "8192", "--vllm_max_num_seqs", "8"],
    ["--infer_backend", "vllm", "--vllm_limit_mm_per_prompt", '{"image": 5, "video": 2}', "--vllm_enforce_eager"],
    ["--infer_backend", "vllm", "--vllm_engine_kwargs", '{"kv_cache_dtype": "fp8"}', "--vllm_quantization", "awq"],
    ["--infer_backend", "transformers", "--attn_impl", "sdpa", "--max_batch_size", "4", "--device_map", "auto"],
    ["--max_new_tokens", "2048", "--temperature", "0", "--served_model_name", "vl", "--host", "127.0.0.1"],
    ["--torch_dtype", "float16", "--system", "You look.", "--max_length", "4096", "--truncation_strategy", "left"],
    ["--model_kwargs", '{"max_pixels": 1003520}', "--log_level", "warning", "--verbose", "no", "--log_interval", "-1"],
    ["--infer_backend", "sglang", "--sglang_mem_fraction_static", "0.8", "--sglang_context_length", "8192"],
    ["--infer_backend", "lmdeploy", "--lmdeploy_tp", "2", "--lmdeploy_session_len", "8192"],
    ["--enable_thinking", "false", "--vllm_enable_prefix_caching", "true", "--infer_backend", "vllm"],
    ["--max_pixels", "1003520", "--stop_words", "a", "b", "--api_key", "secret"],
]  # fmt: skip
WRONG_SETS = [
    ["--infer_backend", "vllm", "--gpu_memory_utilization", "0.9"],
    ["--infer_backend", "vllm", "--limit_mm_per_prompt", '{"image": 5}'],
    ["--infer_backend", "vllm", "--tensor_parallel_size", "2"],
    ["--infer_backend", "vllm", "--vllm_limit_mm_per_prompt", "image=5"],
    ["--infer_backend", "vlm"],
    ["--torch_dtype", "bf16"],
    ["--max_pixels", "1e6"],
    ["--enable_thinking"],
    ["--model_type", "qwen2-vl-7b-instruct"],
    ["--model_kwargs", "max_pixels=1"],
    ["--quant_method", "awq"],
    ["--port", "70000"],
    ["--port", "8000", "8001"],
    ["--rope_scaling", "mrope"],
    ["--max_memory", "20GiB"],
    ["--columns", "query=question"],
    ["--quant_method", "bnb"],
    ["--quant_method", "bnb", "--quant_bits", "3"],
    ["--template", "qwen2.5-vl"],
    ["--vllm_engine_kwargs", "kv_cache_dtype=fp8"],
]


def test_whole_commands_get_errors_exactly_where_ms_swift_does_not_take_them(tmp_path: Path):
    """As far as the arguments are set up, which needs a model's configuration but no engine."""
    model = ["--model", str(model_folder(tmp_path))]
    sets = [*RIGHT, *WRONG_SETS]
    verdicts = swift_verdicts([[*model, *words] for words in sets], level=2)
    for words, verdict in zip(sets, verdicts, strict=True):
        errors = errors_of([*model, *words])
        assert bool(errors) == refused(verdict), (words, errors, verdict.error)
    assert [refused(verdict) for verdict in verdicts] == [False] * len(RIGHT) + [True] * len(WRONG_SETS)


#: Accepted by ms-swift's parser, and lost or refused by what comes after it.
LOST = [
    ["--infer_backend", "vllm", "--max_model_len", "8192"],
    ["--vllm_gpu_memory_utilization", "0.8"],
    ["--infer_backend", "sglang", "--vllm_max_model_len", "8192"],
    ["--infer_backend", "vllm", "--vllm_limit_mm_per_prompt", '{"images": 5}'],
    ["--infer_backend", "vllm", "--vllm_limit_mm_per_prompt", "5"],
    ["--infer_backend", "vllm", "--vllm_limit_mm_per_prompt", "{image:5,video:2}"],
    ["--infer_backend", "vllm", "--vllm_gpu_memory_utilization", "90"],
    ["--infer_backend", "vllm", "--vllm_engine_kwargs", '{"max_model_len": 8192}'],
    ["--api_key", "None"],
    ["--infer_backend", "vllm", "--quant_bits", "4", "--quant_method", "bnb"],
    ["--quant_bits", "4"],
]


def test_what_ms_swift_takes_and_loses_is_an_error_too(tmp_path: Path):
    model = ["--model", str(model_folder(tmp_path))]
    for words, verdict in zip(LOST, swift_verdicts([[*model, *words] for words in LOST], level=2), strict=True):
        assert verdict.accepted, (words, verdict.error)
        assert errors_of([*model, *words]), words


OBJECTS = {
    "vllm_limit_mm_per_prompt": '{"image": 3}', "vllm_engine_kwargs": '{"swap_space": 7}', "model_kwargs": '{"fps": 1}',
    "vllm_speculative_config": '{"method": "ngram", "num_speculative_tokens": 2}',
    "device_groups": '{"nproc_per_node": 1}',
    "max_memory": '{"0": "20GiB"}', "rope_scaling": '{"type": "yarn", "factor": 2.0}', "columns": '{"a": "query"}',
    "vllm_tensor_parallel_size": "4", "sglang_tp_size": "4", "lmdeploy_tp": "4", "lmdeploy_quant_policy": "8",
    "template": "qwen2_vl", "tuner_type": "full", "top_p": "0.5", "quant_method": "fp8",
}  # fmt: skip
#: What they name has to be there, on a disk or on a hub.
OF_THE_WORLD = {
    "adapters",
    "custom_dataset_info",
    "custom_register_path",
    "external_plugins",
    "hub_token",
    "quant_method",
}
#: It reaches the loader, which writes it where nothing limits a context by it (FLG004 has the places).
REACHES_IN_VAIN = {("transformers", "max_model_len")}


def another(spec: FlagSpec) -> str:
    """A right value that is not the default."""
    if spec.name in OBJECTS:
        return OBJECTS[spec.name]
    if spec.choices:
        return str(next(one for one in reversed(spec.choices) if one not in (None, spec.default)))
    if "bool" in spec.kind:
        return "false" if spec.default in (True, None) else "true"
    if spec.kind == "int":
        return str((spec.default or 0) + 2)
    return "0.7" if spec.kind.endswith("float") else "x"


@pytest.mark.parametrize("backend", ["vllm", "sglang", "lmdeploy", "transformers"])
def test_a_flag_of_an_engine_is_called_lost_exactly_where_no_engine_gets_it(tmp_path: Path, backend: str):
    """Judged by what the constructor of the engine is given, with the flag and without."""
    call = ["--model", str(model_folder(tmp_path)), "--infer_backend", backend]
    specs = [one for name, one in CATALOG.flags.items() if name not in LEFT_OUT | OF_THE_WORLD | {"infer_backend"}]
    (bare,) = swift_verdicts([call], level=2)
    sets = [[*call, f"--{spec.name}", another(spec)] for spec in specs]
    for spec, words, verdict in zip(specs, sets, swift_verdicts(sets, level=2), strict=True):
        codes = {one.rule.code for one in findings_of(words, "") if one.severity in ("error", "warning")}
        assert verdict.accepted, (words, verdict.error)
        assert codes.isdisjoint({*PARSING, *AFTER}) or spec.name == "quant_bits", (words, codes)
        reaches, lost = verdict.engine != bare.engine, not codes.isdisjoint(LOSS)
        if spec.name.startswith(("vllm_", "sglang_", "lmdeploy_")):
            assert lost is not reaches, (words, codes)
        elif (backend, spec.name) not in REACHES_IN_VAIN:
            assert not (lost and reaches), (words, codes)


#: Values as YAML has them, of every kind.
VALUES = [
    1, 0, -1, 0.5, 1e6, "x", "", True, False, None, [], [1, 2], ["a"], {}, {"image": 5}, "{image: 5}", "1e6", "None",
    "true", "a b", [None], {"a": {"b": [1]}}, "\N{CJK UNIFIED IDEOGRAPH-4E2D}", "--x", "-1", "- x", "2024-01-01",
]  # fmt: skip


def settings_sets(count: int) -> Iterator[dict[str, Any]]:
    """What settings files hold, right and wrong in some way."""
    chance = random.Random(5)
    names = [name for name in CATALOG.flags if name not in LEFT_OUT]
    kinds: dict[str, list[Any]] = {
        "str": ["x", "a/b"], "int": [1, 8], "float": [0.5, 1], "bool": [True, False], "json": [{"image": 2}, "{}"],
    }  # fmt: skip

    def good(name: str) -> Any:
        spec = CATALOG.flags[name]
        if spec.choices:
            return chance.choice([one for one in spec.choices if one is not None])
        value = chance.choice(kinds[spec.kind.split()[-1]])
        return [value] if spec.kind.startswith("list") else value

    for _ in range(count):
        name = chance.choice(names)
        slip: dict[str, Any] = chance.choice([
            {}, {name: chance.choice(VALUES)}, {name[:-1]: 1}, {name.replace("_", "-"): good(name)},
            {name[: chance.randrange(3, len(name))]: good(name)}, {"gpu_memory_utilization": 0.9},
            {"ENV": chance.choice([{"MAX_PIXELS": 1003520}, {"A": None}, {}, None])},
        ])  # fmt: skip
        yield {one: good(one) for one in chance.sample(names, chance.randint(1, 4))} | slip


def test_a_settings_file_gets_errors_exactly_where_ms_swift_does_not_take_it(tmp_path: Path):
    sets = [{"model": "Qwen/Qwen2.5-VL-7B-Instruct", **one} for one in settings_sets(600)]
    files = [tmp_path / f"{number}.yaml" for number in range(len(sets))]
    for path, settings in zip(files, sets, strict=True):
        path.write_text(yaml.safe_dump(settings, allow_unicode=True), encoding="utf-8")
    options = Options(Settings(versions={"ms-swift": "4.6.0"}))
    verdicts = swift_verdicts([[str(path)] for path in files])
    for path, settings, verdict in zip(files, sets, verdicts, strict=True):
        (call,) = Document(str(path), path.read_bytes(), options).checked().calls
        errors = [one.finding.message for one in call.findings if one.rule.code in PARSING and one.severity == "error"]
        assert bool(errors) == refused(verdict), (settings, errors, verdict)
    assert 150 < sum(map(refused, verdicts)) < 450


def test_sets_of_right_flags_stay_right_together_and_one_wrong_one_is_enough(tmp_path: Path):
    """Whole commands as above, put together at random."""
    chance = random.Random(7)
    model = ["--model", str(model_folder(tmp_path))]
    sets = []
    for _ in range(150):
        right = chance.sample([one for one in RIGHT if one[:1] != ["--infer_backend"] or one[1] == "vllm"], 3)
        wrong = chance.choice([[], chance.choice(WRONG_SETS)])
        sets.append([*model, *(word for one in [*right, wrong] for word in one), "--infer_backend", "vllm"])
    verdicts = swift_verdicts(sets, level=2)
    for words, verdict in zip(sets, verdicts, strict=True):
        errors = errors_of(words)
        assert bool(errors) == refused(verdict), (words, errors, verdict.error)
    assert 40 < sum(map(refused, verdicts)) < 110
