"""swiftcfg gpus, as far as it needs no machine."""

import json
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner

from swiftcfg.cli import swiftcfg
from swiftcfg.errors import InputError
from swiftcfg.nvml import gpu_catalogue


def run(*arguments: str) -> str:
    result = CliRunner().invoke(swiftcfg, ["gpus", *arguments], catch_exceptions=False)
    assert result.exit_code == 0
    return result.output


def test_equal_cards_are_described_once():
    assert run("2xRTX4090,used=3GiB+L4").replace(" ", "").splitlines()[0] == "2xRTX4090"
    assert run("2xRTX4090+L4").count("NVML total") == 2


def test_a_description_in_json_has_every_amount_in_bytes():
    (gpu,) = json.loads(run("--gpu", "4x24GiB,used=1GiB", "--format", "json"))["gpus"][:1]
    source = gpu.pop("source")
    assert "taken as the NVML total" in source
    derived = gpu_catalogue().derived_cuda_total(24 * 2**30)
    assert gpu == {
        "name": "24GiB",
        "uuid": None,
        "index": None,
        "mig": False,
        "total_bytes": 24 * 2**30,
        "reserved_bytes": None,
        "free_bytes": derived.best - 2**30,
        "used_bytes": 2**30,
        "cuda_total": {"low": derived.low, "best": derived.best, "high": derived.high},
        "context": {"low": 100 * 2**20, "best": 512 * 2**20, "high": 768 * 2**20},
        "compute_capability": None,
        "processes": [],
    }


def test_the_list_has_every_card():
    names = [card.name for card in gpu_catalogue().cards]
    assert [card["name"] for card in json.loads(run("--list", "--format", "json"))["cards"]] == names
    assert [line.split()[0] for line in run("--list").splitlines()[1:-2]] == names


@pytest.mark.parametrize(
    ("arguments", "schema"),
    [(["H100/mig-1g.10gb,free=8GiB+24GiB"], "gpus.schema.json"), (["--list"], "gpus-list.schema.json")],
)
def test_json_keeps_to_its_schema(arguments, schema):
    path = Path(__file__).parent.parent / "docs" / "schemas" / schema
    jsonschema.validate(json.loads(run(*arguments, "--format", "json")), json.loads(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("arguments", [["L4", "--list"], ["L4", "--gpu", "L4"], ["--gpu", "L4", "--list"]])
def test_one_answer_at_a_time(arguments):
    with pytest.raises(InputError):
        run(*arguments)
