import json
import re
import subprocess
from pathlib import Path

import pytest
from oracle import interpreter

from swiftcfg.architectures import describe, tensors_of
from swiftcfg.architectures.vision import vision_stacks
from swiftcfg.catalogue import find_entry

#: One of each kind of decoder and tower, tied and not.
KINDS = [
    "Qwen2-VL-2B-Instruct", "Qwen2-VL-72B-Instruct", "Qwen2.5-VL-3B-Instruct", "Qwen2.5-VL-7B-Instruct",
    "Qwen2.5-VL-32B-Instruct", "Qwen3-VL-2B-Instruct", "Qwen3-VL-8B-Instruct", "Qwen3-VL-30B-A3B-Instruct",
    "Llama-3.1-8B-Instruct", "Llama-3.2-1B-Instruct", "Qwen2.5-0.5B-Instruct", "Qwen3-0.6B", "Qwen3-14B",
    "Qwen3-8B", "Qwen3-30B-A3B",
]  # fmt: skip

#: Their towers are known, their decoders have layers of two kinds.
HYBRIDS = ["Qwen3.5-9B", "Qwen3.5-35B-A3B"]


def shortened(config):
    """Full width, few layers: every kind of tensor once or more, in milliseconds."""
    short = json.loads(json.dumps(config))
    short.get("text_config", short)["num_hidden_layers"] = 2
    vision = short.get("vision_config", {})
    if vision:
        vision["depth"] = 4
    if vision.get("deepstack_visual_indexes"):
        vision["deepstack_visual_indexes"] = [0, 1, 2]
    return short


def in_new_layout(name):
    """A published name as transformers 5 calls the same parameter."""
    name = re.sub(r"^visual\.", "model.visual.", name)
    return re.sub(r"^model\.(?!visual\.|language_model\.)", "model.language_model.", name)


def experts_summed(shapes):
    """Experts counted by layer: published checkpoints and transformers fuse and transpose them differently."""
    summed = {}
    for name, shape in shapes.items():
        layer, mark, _ = name.partition(".mlp.experts.")
        elements = 1
        for side in shape:
            elements *= side
        if mark:
            summed[f"{layer}{mark}"] = summed.get(f"{layer}{mark}", 0) + elements
        else:
            summed[name] = tuple(shape)
    return summed


@pytest.fixture(scope="module")
def built():
    """Name of a kind -> what transformers makes of its config."""
    configs = [shortened(find_entry(name).files()["config.json"]) for name in KINDS + HYBRIDS]
    requests = "".join(json.dumps([config["architectures"][0], config]) + "\n" for config in configs)
    runner = Path(__file__).parent / "oracles" / "model_shapes.py"
    done = subprocess.run([interpreter("swift"), runner], input=requests, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return dict(zip(KINDS + HYBRIDS, map(json.loads, done.stdout.splitlines()), strict=True))


@pytest.mark.oracle
@pytest.mark.parametrize("name", KINDS)
def test_every_tensor_is_one_of_transformers_parameters(name, built):
    config = shortened(find_entry(name).files()["config.json"])
    tensors = tensors_of(describe(config))
    assert tensors is not None
    sees = "vision_config" in config
    ours = {in_new_layout(tensor.name) if sees else tensor.name: tensor.shape for tensor in tensors}
    assert experts_summed(ours) == experts_summed(built[name])


@pytest.mark.oracle
@pytest.mark.parametrize("name", HYBRIDS)
def test_the_tower_of_a_hybrid_has_transformers_parameters(name, built):
    described = describe(shortened(find_entry(name).files()["config.json"]))
    assert described.vision is not None
    assert tensors_of(described) is None
    ours = {
        tensor.name: tensor.shape
        for stack in vision_stacks(described.vision, "model.visual.", described.dtype)
        for tensor in stack.members()
    }
    assert ours == {name: tuple(shape) for name, shape in built[name].items() if name.startswith("model.visual.")}
