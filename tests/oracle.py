"""Real libraries as judges: their interpreters, and ms-swift's own argument parser as a service."""

import atexit
import json
import os
import subprocess
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest

#: A Qwen2.5-VL configuration small enough to read; ms-swift's argument handling needs nothing else of a model.
QWEN2_5_VL_CONFIG = {
    "architectures": ["Qwen2_5_VLForConditionalGeneration"],
    "model_type": "qwen2_5_vl",
    "torch_dtype": "bfloat16",
    "vocab_size": 152064,
    "hidden_size": 3584,
    "intermediate_size": 18944,
    "num_hidden_layers": 28,
    "num_attention_heads": 28,
    "num_key_value_heads": 4,
    "max_position_embeddings": 128000,
    "rope_scaling": {"type": "mrope", "mrope_section": [16, 24, 24]},
    "vision_config": {"depth": 32, "hidden_size": 1280, "out_hidden_size": 3584, "patch_size": 14},
}


def interpreter(name: str) -> Path:
    """The python of one oracle environment; a missing one fails the test and says how to make it."""
    folder = Path(os.environ.get("SWIFTCFG_ORACLES") or Path.home() / ".cache" / "swiftcfg-tests")
    python = folder / name / "bin" / "python"
    if not python.exists():
        pytest.fail(f"there is no oracle environment {folder / name}: run `python tools/oracles.py` to make it")
    return python


@dataclass(frozen=True)
class Verdict:
    """What ms-swift said to one list of words.

    ``argv`` is what its YAML loader made of them; ``environment`` are the variables it set; ``values`` every
    argument after parsing; ``engine`` the keywords that the constructor of its engine gets (level 2).
    """

    accepted: bool
    argv: list[str]
    environment: Mapping[str, str]
    values: Mapping[str, Any] = field(default_factory=dict)
    engine: Mapping[str, Any] = field(default_factory=dict)
    left_over: list[str] = field(default_factory=list)
    exit_status: int | None = None
    error: str = ""


class SwiftParser:
    """One running ``oracles/swift_parser.py``: it takes seconds to import, then milliseconds a verdict.

    It runs in a folder of its own, as some arguments make ms-swift create ``result/`` where it is.
    """

    def __init__(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.log = tempfile.TemporaryFile("w+")  # noqa: SIM115  (closed by close)
        runner = Path(__file__).parent / "oracles" / "swift_parser.py"
        self.process = subprocess.Popen(
            [interpreter("swift"), "-u", runner],
            cwd=self.folder.name, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, text=True, bufsize=1,
        )  # fmt: skip
        self.ms_swift: str = self._read()["ms_swift"]

    def ask(self, request: Mapping[str, Any]) -> Any:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return self._read()

    def _read(self) -> Any:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            self.log.seek(0)
            pytest.fail(f"the ms-swift oracle ended:\n{self.log.read()[-4000:]}")
        return json.loads(line)

    def close(self) -> None:
        for stream in (self.process.stdin, self.process.stdout, self.log):
            assert stream is not None
            stream.close()
        self.process.wait()
        self.folder.cleanup()


@cache
def swift_parser() -> SwiftParser:
    parser = SwiftParser()
    atexit.register(parser.close)
    return parser


def swift_verdicts(argvs: Iterable[Sequence[str]], level: int = 1) -> list[Verdict]:
    """What ms-swift 4.6.0 itself says to each list of words after ``swift deploy``.

    Level 1 parses; level 2 also initialises the arguments and needs ``--model`` to be a local folder such as
    ``model_folder`` makes. The first word may be a .yaml or .json file, as in ``swift deploy file.yaml``.
    """
    parser = swift_parser()
    return [Verdict(**parser.ask({"argv": list(argv), "level": level})) for argv in argvs]


def swift_fields() -> dict[str, Any]:
    """Name and default of every field of ms-swift 4.6.0's DeployArguments, in order."""
    fields: dict[str, Any] = swift_parser().ask({"fields": True})
    return fields


def model_folder(parent: Path, name: str = "Qwen2.5-VL-7B-Instruct") -> Path:
    """A folder that is enough of a model for level 2: a config.json under a name ms-swift knows."""
    folder = parent / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(QWEN2_5_VL_CONFIG), encoding="utf-8")
    return folder
