"""What of a command reaches the engine: by release, by backend, and what is said about the rest."""

import json
import shlex
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.version import Version

from swiftcfg.config import DeployConfig, Flag, Unknown
from swiftcfg.detect import read_catalog
from swiftcfg.engine import EngineSettings, MediaLimit
from swiftcfg.knowledge import load
from swiftcfg.runtime import choose_runtime
from swiftcfg.settings import engine_settings
from swiftcfg.units import Bytes, Pixels, Tokens

RELEASES = list(load("flags/releases.json"))


def config(command: str) -> DeployConfig:
    """Flags as the shell would give them; $X stands for a value that is not known."""
    flags: list[tuple[str, list[str | Unknown]]] = []
    for word in shlex.split(command):
        if word.startswith("--"):
            flags.append((word[2:], []))
        else:
            flags[-1][1].append(Unknown(word) if word.startswith("$") else word)
    return DeployConfig(flags=tuple(Flag(name, tuple(words)) for name, words in flags))


def read(command: str, ms_swift: str = "4.6.0", vllm: str = "0.23.0") -> EngineSettings:
    runtime = choose_runtime({"ms-swift": ms_swift, "vllm": vllm}, {}, "")
    return engine_settings(config(command), runtime, read_catalog(runtime.ms_swift))


VLLM = EngineSettings(
    backend="vllm",
    gpu_memory_utilization=0.9,
    max_num_seqs=256,
)


def test_vllm_gets_ms_swifts_defaults():
    assert read("--model m --infer_backend vllm") == VLLM


def test_without_infer_backend_the_transformers_engine_serves_and_reads_no_vllm_flag():
    assert read("--model m --vllm_max_model_len 8192 --torch_dtype float16") == EngineSettings(
        backend="transformers",
        max_num_seqs=1,
        torch_dtype="float16",
        unread=(("vllm_max_model_len", "only vllm reads it, and without --infer_backend it is transformers"),),
    )


OLD = (
    "--infer_backend vllm --gpu_memory_utilization 0.5 --max_model_len 8192 --max_new_tokens 2048 "
    """--limit_mm_per_prompt '{"image": 5, "video": 2}' --served_model_name x"""
)
READ = EngineSettings(
    backend="vllm",
    gpu_memory_utilization=0.5,
    max_model_len=Tokens(8192),
    max_num_seqs=256,
    media_limits={"image": MediaLimit(5), "video": MediaLimit(2)},
)


@pytest.mark.parametrize("release", ["2.6.1", "3.0.0", "3.6.4", "3.7.0", "3.9.3"])
def test_the_old_names_reach_vllm_until_3_9(release: str):
    assert read(OLD, release) == READ


@pytest.mark.parametrize("release", ["3.10.0", "3.12.6", "4.5.0", "4.6.0"])
def test_the_old_names_are_refused_from_3_10_on_but_max_model_len_is_swallowed(release: str):
    found = read(OLD, release)
    refusal = f"ms-swift {release} refuses it: the start fails; did you mean --vllm"
    assert found.problems == (
        ("gpu_memory_utilization", f"{refusal}_gpu_memory_utilization?"),
        ("limit_mm_per_prompt", f"{refusal}_limit_mm_per_prompt?"),
    )
    assert [name for name, _ in found.unread] == ["max_model_len"]
    assert found.unread[0][1].endswith("--vllm_max_model_len is what sets it")
    assert found.max_model_len is None


def test_max_model_len_reaches_vllm_by_a_detour_from_4_0_to_4_4():
    found = read("--infer_backend vllm --max_model_len 8192", "4.4.2")
    assert (found.max_model_len, found.unread) == (8192, ())
    assert found.unknowns == ("--max_model_len: it reaches vLLM by a detour; --vllm_max_model_len is sure to",)
    assert read("--infer_backend vllm --max_model_len 8192 --vllm_max_model_len 4096", "4.4.2").max_model_len == 4096


def test_an_old_name_overrides_the_new_one_from_3_7_to_3_9():
    both = "--infer_backend vllm --vllm_gpu_memory_utilization 0.5 --gpu_memory_utilization 0.8"
    found = read(both, "3.8.0")
    assert found.gpu_memory_utilization == 0.8
    assert found.unread == (("vllm_gpu_memory_utilization", "--gpu_memory_utilization is given too and overrides it"),)


def test_new_names_are_refused_before_3_7():
    assert read("--infer_backend vllm --vllm_max_num_seqs 8", "3.5.1").problems == (
        ("vllm_max_num_seqs", "ms-swift 3.5.1 refuses it: the start fails; did you mean --max_num_seqs?"),
    )


@pytest.mark.parametrize(
    ("command", "release", "size"),
    [
        ("--vllm_data_parallel_size 2", "4.6.0", 2),
        ("--vllm_data_parallel_size 2", "4.2.3", 1),
        ("--vllm_data_parallel_size 2", "3.9.3", 1),
        ("--data_parallel_size 2", "3.9.3", 1),
        ("--data_parallel_size 2", "3.4.0", 1),
        ("""--vllm_engine_kwargs '{"data_parallel_size": 2}'""", "3.10.0", 2),
        ("""--vllm_data_parallel_size 3 --vllm_engine_kwargs '{"data_parallel_size": 2}'""", "4.6.0", 3),
    ],
)  # fmt: skip
def test_data_parallel_reaches_deploy_by_flag_from_4_3_on(command: str, release: str, size: int):
    found = read(f"--infer_backend vllm {command}", release)
    assert found.data_parallel_size == size
    assert bool(found.unread) == (size == 1)


def test_quantization_is_forgotten_by_4_0():
    command = "--infer_backend vllm --vllm_quantization awq"
    assert [read(command, release).quantization for release in ("3.12.6", "4.0.4", "4.1.0")] == ["awq", None, "awq"]
    assert read(command, "4.0.4").unread == (
        ("vllm_quantization", "this release forgets to pass it on; --vllm_engine_kwargs is what sets it"),
    )


def test_everything_for_vllm_at_once():
    keywords = {
        "mm_processor_kwargs": {"max_pixels": 1003520},
        "max_num_batched_tokens": 4096,
        "kv_cache_dtype": "fp8",
        "kv_cache_memory_bytes": 2**30,
        "skip_mm_profiling": True,
        "mm_encoder_tp_mode": "data",
    }
    limits = {"image": {"count": 5, "width": 1316, "height": 728}, "video": {"count": 1, "num_frames": 8}, "audio": 0}
    assert read(
        "--infer_backend vllm --vllm_tensor_parallel_size 2 --vllm_pipeline_parallel_size 2 --vllm_max_num_seqs 8 "
        "--vllm_max_model_len 4096 --vllm_enforce_eager --vllm_quantization awq --torch_dtype float16 "
        f"--adapters a=x y --vllm_max_lora_rank 32 --vllm_limit_mm_per_prompt {shlex.quote(json.dumps(limits))} "
        f"--vllm_engine_kwargs {shlex.quote(json.dumps(keywords))}"
    ) == EngineSettings(
        backend="vllm",
        tensor_parallel_size=2,
        pipeline_parallel_size=2,
        gpu_memory_utilization=0.9,
        kv_cache_memory=Bytes(2**30),
        max_model_len=Tokens(4096),
        max_num_seqs=8,
        max_num_batched_tokens=Tokens(4096),
        media_limits={
            "image": MediaLimit(5, Pixels(1316), Pixels(728)),
            "video": MediaLimit(1, frames=8),
            "audio": MediaLimit(0),
        },
        processor_kwargs={"max_pixels": 1003520},
        enforce_eager=True,
        kv_cache_dtype="fp8",
        quantization="awq",
        torch_dtype="float16",
        enable_lora=True,
        max_lora_rank=32,
        max_loras=2,
        mm_encoder_tp_mode="data",
        skip_mm_profiling=True,
    )


@pytest.mark.parametrize(
    ("command", "flag", "sentence"),
    [
        ("--vllm_gpu_memory_utilization 1.9", "", "1.9 is refused at start: vllm wants a share up to 1"),
        ("--vllm_gpu_memory_utilization nan", "", "nan is refused at start: vllm wants a share up to 1"),
        ("--vllm_max_num_seqs 0", "", "0 is refused at start: vllm wants 1 or more"),
        ("--vllm_max_model_len 8k", "", "--vllm_max_model_len 8k: no whole number"),
        (
            "--vllm_max 5",
            "",
            (
                "ms-swift 4.6.0 refuses it: the start fails; it could be "
                "--vllm_max_num_seqs, --vllm_max_model_len, --vllm_max_lora_rank"
            ),
        ),
        ("--vllm_limit_mm_per_prompt 5", "", "'5' is not a JSON object"),
        (
            "--vllm_limit_mm_per_prompt image=5",
            "",
            "'image=5': it is not JSON, and nothing in it can be repaired to JSON",
        ),
        ("--vllm_limit_mm_per_prompt", """{"image": -1}""", "image: -1 is no count"),
        (
            "--vllm_engine_kwargs",
            """{"max_num_seqs": 4}""",
            "max_num_seqs: ms-swift passes it too, and Python refuses it twice; --vllm_max_num_seqs is the flag",
        ),
        ("--vllm_engine_kwargs", """{"kv_cache_dtype": 8}""", "kv_cache_dtype: 8 is not a name"),
        ("--vllm_engine_kwargs", "[1]", "'[1]' is not a JSON object"),
    ],
)
def test_what_stops_the_start_is_told_and_read_as_if_not_given(command: str, flag: str, sentence: str):
    found = read(f"--infer_backend vllm {command} {shlex.quote(flag) if flag else ''}")
    assert found.problems == ((command.split(maxsplit=1)[0].removeprefix("--"), sentence),)
    assert replace(found, problems=()) == VLLM


def test_a_count_written_as_text_is_read_and_told_where_vllm_refuses_it():
    lax = "--infer_backend vllm --vllm_limit_mm_per_prompt {image:5,video:2}"
    both = {"image": MediaLimit(5), "video": MediaLimit(2)}
    new, old = read(lax), read(lax, vllm="0.11.0")
    assert (new.media_limits, old.media_limits) == (both, both)
    assert new.problems == (("vllm_limit_mm_per_prompt", "image: '5' is text; write 5 without quotes"),)
    assert old.problems == ()


def test_json_is_not_repaired_before_3_9():
    lax = "--infer_backend vllm --vllm_limit_mm_per_prompt '{image: 5}'"
    assert read(lax, "3.9.0").media_limits == {"image": MediaLimit(5)}
    assert read(lax, "3.8.3").problems == (("vllm_limit_mm_per_prompt", "'{image: 5}': it is not JSON"),)


def test_a_kind_of_media_that_vllm_does_not_know_has_no_effect():
    found = read("""--infer_backend vllm --vllm_limit_mm_per_prompt '{"images": 5}'""")
    assert found.media_limits == {}
    assert found.unread == (("vllm_limit_mm_per_prompt", "vLLM knows no 'images', only image, video, audio"),)


def test_sizes_in_limits_and_some_keywords_need_a_newer_vllm():
    sized = """--infer_backend vllm --vllm_limit_mm_per_prompt '{"image": {"count": 5, "width": 28, "height": 28}}'"""
    assert read(sized, vllm="0.11.0").problems == (
        ("vllm_limit_mm_per_prompt", "image: this vLLM takes only a count; write 5"),
    )
    skip = """--infer_backend vllm --vllm_engine_kwargs '{"skip_mm_profiling": true}'"""
    assert read(skip, vllm="0.9.2").problems == (
        ("vllm_engine_kwargs", "skip_mm_profiling: vLLM 0.9.2 does not know it"),
    )


def test_before_4_0_more_keywords_collide():
    command = """--infer_backend vllm --vllm_engine_kwargs '{"quantization": "awq"}'"""
    assert read(command, "3.12.6").problems[0][0] == "vllm_engine_kwargs"
    assert read(command, "4.0.0").quantization == "awq"


def test_values_that_are_not_known_are_listed_and_treated_as_not_given():
    found = read("--infer_backend vllm --vllm_max_model_len $LEN --adapters $LORA")
    assert found.unknowns == ("--vllm_max_model_len $LEN", "--adapters $LORA")
    assert (found.max_model_len, found.enable_lora) == (None, True)


@pytest.mark.parametrize(
    ("command", "lora", "count"),
    [
        ("--adapters a b", True, 2),
        ("--adapters a --merge_lora true", False, 1),
        ("--adapters n=a b --merge_lora true", True, 1),
        ("""--vllm_engine_kwargs '{"enable_lora": true, "max_loras": 3}'""", True, 3),
    ],
)
def test_adapters_switch_lora_on_unless_they_are_merged(command: str, lora: bool, count: int):
    found = read(f"--infer_backend vllm {command}")
    assert (found.enable_lora, found.max_loras) == (lora, count)


def test_leftovers_are_forgiven_where_ms_swift_is_told_to():
    found = read("--infer_backend vllm --ignore_args_error true --gpu_memory_utilization 0.5")
    assert found.problems == ()
    assert found.unread == (("gpu_memory_utilization", "ms-swift does not know it and was told to go on"),)


def test_sglang_and_lmdeploy_have_their_own_names():
    sglang = "--infer_backend sglang --sglang_tp_size 2 --sglang_mem_fraction_static 0.7 --sglang_disable_cuda_graph"
    assert read(sglang) == EngineSettings(
        backend="sglang", tensor_parallel_size=2, gpu_memory_utilization=0.7, enforce_eager=True
    )
    assert read("--infer_backend lmdeploy --tp 2 --session_len 4096 --quant_policy 8", "3.5.0") == EngineSettings(
        backend="lmdeploy",
        tensor_parallel_size=2,
        gpu_memory_utilization=0.8,
        max_model_len=Tokens(4096),
        kv_cache_dtype="int8",
    )
    assert read("--infer_backend sglang --adapters a").unread == (
        ("adapters", "sglang serves the model without them; --merge_lora true folds them in"),
    )


def test_the_transformers_engine_reads_its_own_flags():
    assert read("--attn_impl flash_attn --max_batch_size 8", "3.9.0") == EngineSettings(
        backend="transformers", max_num_seqs=8, attn_impl="flash_attn"
    )
    assert read("--infer_backend vllm --attn_impl flash_attn").unread == (
        ("attn_impl", "the engine chooses its own attention"),
    )


NAMES = sorted({name for release in RELEASES for name in read_catalog(Version(release)).flags})
WORDS = st.sampled_from([
    "0", "1", "-1", "4096", "0.9", "1.9", "nan", "true", "None", "vllm", "pt", "sglang", "lmdeploy", "AUTO", "", "a=b",
    "{}", "[]", "5", '{"image": 5}', '{"image": {"count": 5}}', '{"image": {"count": "x"}}', "{image:5,video:2}",
    '{"max_num_seqs": 1, "kv_cache_dtype": {}}', '{"mm_processor_kwargs": 5, "data_parallel_size": 0}',
]) | st.text(max_size=12)  # fmt: skip
FLAGS = st.builds(
    Flag,
    st.sampled_from(NAMES) | st.sampled_from(NAMES).map(lambda name: name[:-2]) | st.text(max_size=8),
    st.lists(WORDS | st.builds(Unknown, st.just("$X")), max_size=3).map(tuple),
)
VERSIONS = st.none() | st.sampled_from(["0.8.5", "0.11.0", "0.23.0"])


@settings(max_examples=300, deadline=None)
@given(
    st.lists(FLAGS, max_size=8, unique_by=lambda flag: flag.name),
    st.sampled_from(["vllm", "vllm", "sglang", "lmdeploy", "transformers", "pt", "AUTO", None]),
    st.sampled_from(RELEASES),
    VERSIONS,
)
def test_any_command_has_settings(flags: list[Flag], backend: str | None, release: str, vllm: str | None):
    others = [flag for flag in flags if flag.name != "infer_backend"]
    own = [Flag("infer_backend", (backend,))] if backend else []
    runtime = choose_runtime(
        {"ms-swift": release} | ({"vllm": vllm} if vllm else {}), {"ms-swift": release}, "", pointed_at=True
    )
    found = engine_settings(DeployConfig(flags=(*own, *others)), runtime, read_catalog(runtime.ms_swift))
    assert found.tensor_parallel_size >= 1
    assert found.data_parallel_size >= 1
    assert found.gpu_memory_utilization is None or 0 < found.gpu_memory_utilization <= 1
    assert all(limit.count >= 0 for limit in found.media_limits.values())


@pytest.mark.parametrize(("text", "use_v1"), [("0", False), ("1", True), ("auto", None)])
def test_the_choice_of_vllms_engine_comes_from_the_environment(text, use_v1):
    config = DeployConfig((("VLLM_USE_V1", text),), (Flag("infer_backend", ("vllm",)),))
    runtime = choose_runtime({"ms-swift": "3.6.4", "vllm": "0.8.5"}, {}, "")
    assert engine_settings(config, runtime, read_catalog(runtime.ms_swift)).use_v1 is use_v1
