"""What is known of a call under given options, and why the rest is not."""

import time

import pytest

from swiftcfg import nvml
from swiftcfg.detect import find_runtime, read_catalog
from swiftcfg.errors import InputError, MachineError
from swiftcfg.facts import Facts, Origin
from swiftcfg.gather import Given, gather
from swiftcfg.script import read_script

CALL = "swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm --vllm_tensor_parallel_size 2"


def facts_of(text: str, model: str | None = None, gpu: str | None = None, utils: str = "0.0.14") -> Facts:
    runtime = find_runtime({"ms-swift": "4.6.0", "vllm": "0.23.0", "qwen-vl-utils": utils})
    given = Given(runtime, read_catalog(runtime.ms_swift), model, gpu)
    (script,) = read_script(text)
    return gather(Origin("a.sh", "shell", text), script, given)


def test_with_a_model_and_a_card_everything_is_known():
    facts = facts_of(CALL, gpu="H100-80GB")
    assert facts.reasons == {}
    assert set(Facts.__dataclass_fields__) - facts.known().keys() == {"workload", "video_readers"}
    assert facts.memory is not None
    assert facts.memory.verdict == "fits"


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        ("swift deploy --infer_backend vllm", "the command names no model: give --model"),
        ("swift deploy --model $M", "the model is $M, which is not known here: give --model"),
        ("swift deploy --model /nope/x", "there is no folder /nope/x: give --model"),
    ],
)
def test_without_a_model_the_reason_holds_for_all_that_follows(call: str, reason: str):
    facts = facts_of(call, gpu="H100-80GB")
    assert (facts.model, facts.limits, facts.deployment, facts.memory) == (None, None, None, None)
    assert set(facts.reasons) == {"model", "limits", "deployment", "memory"}
    assert all(said.startswith(reason) for said in facts.reasons.values())


@pytest.mark.parametrize(
    "name", ["/data/Qwen2.5-VL-7B-Instruct", "models/Qwen/Qwen2___5-VL-7B-Instruct/", "someone/Qwen2.5-VL-7B-Instruct"]
)
def test_a_folder_that_is_not_here_is_judged_as_the_model_it_is_called_like(name: str):
    facts = facts_of(f"swift deploy --model {name} --infer_backend vllm", gpu="H100-80GB")
    assert facts.model is not None
    assert (facts.model.location, facts.model.local) == ("Qwen/Qwen2.5-VL-7B-Instruct", False)
    assert facts.reasons == {
        "model": f"{name} is not here: judged as Qwen/Qwen2.5-VL-7B-Instruct, by its name; --model says otherwise"
    }
    given = facts_of(f"swift deploy --model {name} --infer_backend vllm", "Qwen/Qwen2.5-VL-3B-Instruct")
    assert given.model is not None
    assert (given.model.name, "model" in given.reasons) == ("Qwen2.5-VL-3B-Instruct", False)


@pytest.mark.parametrize(
    ("model", "fault"),
    [
        ("no-such", "no model called 'no-such' is known, and there is no such folder"),
        ("/no/x", "there is no folder /no/x"),
    ],
)
def test_a_model_that_an_option_names_must_be_there(model: str, fault: str):
    for _ in range(2):
        with pytest.raises(InputError) as caught:
            facts_of(CALL, model, "H100-80GB")
        assert caught.value.sentence == fault


def test_the_option_wins_over_the_command():
    facts = facts_of(CALL, "Qwen/Qwen3-VL-8B-Instruct", "H100-80GB")
    assert facts.model is not None
    assert facts.model.location == "Qwen/Qwen3-VL-8B-Instruct"


@pytest.mark.parametrize(
    ("gpu", "visible", "names"),
    [
        ("L4", "0,1,2,3", ["L4"]),
        ("2xL4+T4", "", ["L4", "L4", "T4"]),
        ("2xL4+T4", "2", ["T4"]),
        ("2xL4+T4", "1,2", ["L4", "T4"]),
    ],
)
def test_cards_that_are_described_are_those_that_the_command_sees(gpu: str, visible: str, names: list[str]):
    facts = facts_of(f"CUDA_VISIBLE_DEVICES={visible} {CALL}" if visible else CALL, gpu=gpu)
    assert [one.name for one in facts.gpus or ()] == names


@pytest.mark.parametrize(
    ("visible", "reason"),
    [("7", "names no GPU here"), ("$X", "CUDA_VISIBLE_DEVICES is $X, which is not known"), ("''", "is empty")],
)
def test_cards_that_cannot_be_told_are_not_guessed(visible: str, reason: str):
    facts = facts_of(f"CUDA_VISIBLE_DEVICES={visible} {CALL}", gpu="2xL4")
    assert facts.gpus is None
    assert reason in facts.reasons["gpus"]
    assert facts.limits is not None


def test_an_adapter_that_is_not_here_leaves_the_model_known():
    facts = facts_of(f"{CALL} --adapters /nope/lora", gpu="H100-80GB")
    assert facts.model is not None
    assert facts.memory is None
    assert "/nope/lora" in facts.reasons["memory"]


def test_a_library_that_is_too_old_leaves_sizes_unknown():
    facts = facts_of(CALL, gpu="H100-80GB", utils="0.0.1")
    assert facts.limits is None
    assert "qwen-vl-utils" in facts.reasons["limits"]


def test_no_nvml_is_told_at_once(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(nvml, "_LIBRARY", "libswiftcfg-no-such.so")
    with pytest.raises(MachineError, match="there is no NVML on this machine"):
        nvml.machine_within(1)


def test_a_slow_nvml_is_not_waited_for(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(nvml, "_LIBRARY", "libc.so.6")
    monkeypatch.setattr(nvml, "read_machine", lambda: time.sleep(30))
    began = time.monotonic()
    with pytest.raises(MachineError, match=r"NVML did not answer within 0\.1 s"):
        nvml.machine_within(0.1)
    assert time.monotonic() - began < 15  # half of what it would take
