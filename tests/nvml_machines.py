"""Machines with NVIDIA cards that do not exist, seen through the real nvidia-ml-py."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

SOURCES = Path(__file__).parent / "fake_nvml"

H100 = """
gpu NVIDIA H100 80GB HBM3
uuid GPU-11111111-aaaa
memory 85520809984 476053504 0
capability 9 0
mig 0
"""
L4 = """
gpu NVIDIA L4
uuid GPU-22222222-bbbb
memory 24152899584 480247808 1073741824
capability 8 9
process 2147483646 1073741824
process 2147483647 -
"""
A100_CUT = """
gpu NVIDIA A100-SXM4-40GB
uuid GPU-33333333-cccc
memory 42949672960 543162368 0
capability 8 0
mig 1
instance NVIDIA A100-SXM4-40GB MIG 3g.20gb
uuid MIG-44444444-dddd
memory 21072183296 0 39845888
instance NVIDIA A100-SXM4-40GB MIG 1g.5gb
uuid MIG-55555555-eeee
memory 5100273664 0 13631488
"""
SYSTEM = "driver 550.54.15\ncuda 12040\n"


def compile_library(folder: Path, *flags: str) -> Path:
    """A folder with the fake libnvidia-ml.so.1, for LD_LIBRARY_PATH."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.fail("there is no C compiler: install gcc, which the NVML tests need to build their fake library")
    command = [compiler, "-shared", "-fPIC", "-Wl,-soname,libnvidia-ml.so.1", *flags]
    subprocess.run([*command, "-o", folder / "libnvidia-ml.so.1", SOURCES / "fake_nvml.c"], check=True)
    return folder


def environment_with(library: Path, **more: str) -> dict[str, str]:
    return {**os.environ, "LD_LIBRARY_PATH": str(library), **more}


@dataclass(frozen=True)
class FakeMachines:
    """A running ``fake_nvml/worker.py``: it starts once, then shows a machine a millisecond."""

    process: "subprocess.Popen[str]"
    folder: Path

    @property
    def log(self) -> Path:
        return self.folder / "log"

    def look(self, machine: str | None, spec: str | None = None, **environment: str) -> Any:
        """The inventory of a machine, or what is told instead; None is a machine without a driver."""
        path = self.folder / "machine"
        path.unlink(missing_ok=True)
        if machine is not None:
            path.write_text(machine, encoding="utf-8")
        return self._ask({"machine": str(path), "log": str(self.log), "spec": spec, "environment": environment})

    def _ask(self, request: Mapping[str, Any]) -> Any:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, "the worker ended: see its traceback above"
        return json.loads(line)


def fake_machines(folder: Path, *flags: str) -> Iterator[FakeMachines]:
    library = compile_library(folder, *flags)
    with subprocess.Popen(
        [sys.executable, SOURCES / "worker.py"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment_with(library),
    ) as process:  # fmt: skip
        yield FakeMachines(process, folder)
        assert process.stdin is not None
        process.stdin.close()
