"""CUDA_VISIBLE_DEVICES, and torch as the judge of how it is read."""

import json
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracle import interpreter

from swiftcfg.gpu import Gpu
from swiftcfg.units import GIB, Bytes, Range
from swiftcfg.visible_gpus import Board, select_visible


def gpu(uuid, index):
    return Gpu(
        name="a card",
        nvml_total=Bytes(GIB),
        cuda_total=Range.exactly(GIB),
        context=Range.exactly(0),
        used=Bytes(0),
        source="",
        index=index,
        uuid=uuid,
        mig=uuid.startswith("MIG-"),
    )


UUIDS = ["GPU-aaa1", "GPU-aaa2", "GPU-b"]
BOARDS = [Board(index, "a card", (gpu(uuid, index),), uuid=uuid) for index, uuid in enumerate(UUIDS)]
CUT = Board(3, "a card", (gpu("MIG-c1", 3), gpu("MIG-c2", 3)), cut=True, uuid="GPU-c")
EMPTY = Board(4, "a card", (), cut=True, uuid="GPU-d")
BROKEN = Board(5, "a card", (), uuid="GPU-e", fault="it is lost")
ALL = [*BOARDS, CUT, EMPTY, BROKEN]


def visible(listed, boards=ALL):
    return [gpu.uuid for gpu in select_visible(boards, {"CUDA_VISIBLE_DEVICES": listed}).gpus]


@pytest.mark.parametrize(
    ("listed", "expected"),
    [
        ("0", ["GPU-aaa1"]),
        ("2,0", ["GPU-b", "GPU-aaa1"]),
        (" 1 , 2 ", ["GPU-aaa2", "GPU-b"]),
        ("1gpu2,2ampere", ["GPU-aaa2", "GPU-b"]),
        ("0,-1,1", ["GPU-aaa1"]),
        ("0,99,1", ["GPU-aaa1"]),
        ("0,,1", ["GPU-aaa1"]),
        ("0,GPU-b", ["GPU-aaa1"]),
        ("0,1,0", []),
        ("", []),
        ("-1", []),
        ("9" * 5000, []),
        ("all", []),
        ("GPU-b", ["GPU-b"]),
        ("GPU-aaa2,GPU-aaa1", ["GPU-aaa2", "GPU-aaa1"]),
        ("GPU-aaa", []),
        ("GPU-b, GPU-aaa1", ["GPU-b"]),
        ("GPU-b,0", ["GPU-b"]),
        ("GPU-b,GPU-b", []),
        ("gpu-b", []),
        ("3", ["MIG-c1"]),
        ("GPU-c", ["MIG-c1"]),
        ("MIG-c2", ["MIG-c2"]),
        ("MIG-c2,MIG-c1", ["MIG-c2", "MIG-c1"]),
        ("MIG-c", []),
        ("MIG-c1,GPU-b", ["MIG-c1"]),
        ("4", []),
        ("GPU-d", []),
    ],
)
def test_the_list_chooses_as_cuda_does(listed, expected):
    assert visible(listed) == expected


def test_without_the_variable_every_gpu_is_visible():
    assert [gpu.uuid for gpu in select_visible(ALL, {}).gpus] == [*UUIDS, "MIG-c1", "MIG-c2"]


@pytest.mark.parametrize("listed", ["5", "GPU-e", "0,5"])
def test_a_card_with_a_fault_is_chosen_and_not_skipped(listed):
    assert BROKEN in select_visible(ALL, {"CUDA_VISIBLE_DEVICES": listed}).boards


@given(st.text(max_size=30) | st.text("0123456789-, GPUMIGabc", max_size=30))
def test_any_list_chooses_gpus_of_the_machine_each_once(listed):
    selection = select_visible(ALL, {"CUDA_VISIBLE_DEVICES": listed})
    assert len(set(selection.gpus)) == len(selection.gpus)
    assert {gpu.uuid for gpu in selection.gpus} <= {*UUIDS, "MIG-c1", "MIG-c2"}
    assert selection.gpus or selection.notes or BROKEN in selection.boards


LISTS = [
    *["0", "0,1,2", "2,1", "", " ", "-1", "0,-1,1", "0,9,1", "1gpu2,2ampere", " 1 , 2 ", "0,,1", "0,0", "0x1", "+1"],
    *["GPU-b", "GPU-aaa", "GPU-b,GPU-b", "GPU-b, GPU-aaa1", "GPU-b,0", "GPU-aaa1,GPU-b", "GPU-zzz,GPU-b", "all"],
]

ASK_TORCH = """
import json, os, sys, torch.cuda
uuids = json.loads(sys.argv[1])
for listed in json.loads(sys.argv[2]):
    os.environ["CUDA_VISIBLE_DEVICES"] = listed
    seen = torch.cuda._parse_visible_devices()
    if seen and isinstance(seen[0], str):
        seen = torch.cuda._transform_uuid_to_ordinals(seen, uuids)
    ends = next((place for place, index in enumerate(seen) if index >= len(uuids)), len(seen))
    print(json.dumps(seen[:ends]))
"""


@pytest.mark.oracle
def test_torch_reads_the_list_alike():
    command = [interpreter("swift"), "-c", ASK_TORCH, json.dumps(UUIDS), json.dumps(LISTS)]
    answers = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    assert [[UUIDS[index] for index in json.loads(answer)] for answer in answers] == [
        visible(listed, BOARDS) for listed in LISTS
    ]
