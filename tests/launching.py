"""``swiftcfg launch`` as a whole program, with servers that do what a test tells them."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from checkpoints import write_checkpoint
from leaks import no_leaks
from stub_server import VERSIONS, behaviour, serving_environment
from wardens import PATIENCE_S, swiftcfg, wait

from swiftcfg.ports import free_port
from swiftcfg.procfs import Process, processes, sockets_on
from swiftcfg.servers.members import descendants

#: What serves on the processor, so that no card is looked for.
ON_CPU = {**VERSIONS, "torch": "2.8.0+cpu", "torchvision": "0.23.0"}
#: What the stub says before it serves, in the words of ms-swift 4.6.0.
BEGINS: Sequence[Any] = ("say", "[INFO:swift] Start time of running main: 2026-01-01 00:00:00")
SERVE: Sequence[Any] = ("serve", None)
#: What the clip of the proof costs under the settings of ``Place.script``, less two marks: the stub reads no videos.
CLIP_TOKENS = 2208
MODEL = "Qwen2.5-VL-7B-Instruct"

#: Qwen2.5-VL's architecture with two thin layers; the files that tell of it are a few kilobytes.
_TEXT = {"hidden_size": 64, "intermediate_size": 128, "num_attention_heads": 2, "num_hidden_layers": 2,
         "num_key_value_heads": 1, "vocab_size": 512, "max_position_embeddings": 32768,
         "tie_word_embeddings": True, "model_type": "qwen2_5_vl_text"}  # fmt: skip
_VISION = {"depth": 2, "fullatt_block_indexes": [1], "hidden_size": 64, "intermediate_size": 128, "num_heads": 2,
           "out_hidden_size": 64, "patch_size": 14, "spatial_merge_size": 2, "temporal_patch_size": 2,
           "tokens_per_second": 2, "window_size": 112, "model_type": "qwen2_5_vl"}  # fmt: skip
_FILES = {
    "config.json": {
        "architectures": ["Qwen2_5_VLForConditionalGeneration"], "model_type": "qwen2_5_vl", "dtype": "bfloat16",
        "text_config": _TEXT, "vision_config": _VISION, "tie_word_embeddings": True,
    },
    "preprocessor_config.json": {
        "min_pixels": 3136, "max_pixels": 12845056, "patch_size": 14, "temporal_patch_size": 2, "merge_size": 2,
        "image_processor_type": "Qwen2VLImageProcessor", "processor_class": "Qwen2_5_VLProcessor",
    },
    "tokenizer.json": {},
}  # fmt: skip


def make_model(folder: Path) -> Path:
    """A checkpoint that preflight takes for a whole one."""
    return write_checkpoint(folder / MODEL, _FILES)


@dataclass
class Launch:
    """A launch that runs or has run; what it writes goes to files, so that it never waits for a reader."""

    process: "subprocess.Popen[bytes]"
    home: Path
    out_file: Path
    err_file: Path

    @property
    def out(self) -> str:
        return self.out_file.read_text(errors="surrogateescape")

    @property
    def err(self) -> str:
        return self.err_file.read_text(errors="surrogateescape")

    def said(self, text: str) -> "Launch":
        """Wait until it has written that, on either of the two."""
        self.until(lambda: text in self.out or text in self.err)
        return self

    def until(self, done: Callable[[], Any]) -> Any:
        """Wait until it is so; a launch that has ended before is the failure."""
        return wait(lambda: done() or self._gone())

    def _gone(self) -> None:
        assert self.process.poll() is None, (self.process.returncode, self.out[-2000:], self.err[-2000:])

    def proved(self) -> "Launch":
        """Wait until it serves and is followed."""
        return self.said("Ctrl-C stops it.").until(lambda: b"follower" in self.command_line) and self

    @property
    def command_line(self) -> bytes:
        return Path(f"/proc/{self.process.pid}/cmdline").read_bytes()

    def signal(self, number: int) -> "Launch":
        self.process.send_signal(number)
        return self

    def ended(self) -> int:
        """The exit status."""
        return self.process.wait(PATIENCE_S * 2)

    @property
    def cause(self) -> str:
        """The paragraph that tells the cause, on one line; the time that it took is left out."""
        return paragraph(self.err, "cause")

    @property
    def change(self) -> str:
        return paragraph(self.err, "change")

    @property
    def problems(self) -> list[str]:
        """The errors of the preflight, each as ``CHECK: SENTENCE``."""
        return [f"{check}: {text}" for severity, check, text in rows(self.err) if severity == "error"]

    def state(self, name: str = MODEL.lower()) -> dict[str, Any]:
        path = self.home / "swiftcfg" / "servers" / name / "state.json"
        state: dict[str, Any] = json.loads(path.read_bytes())
        return state


def paragraph(text: str, word: str) -> str:
    """What follows a word at the beginning of a line, with the lines that are indented below it."""
    pattern = rf"^{word}\b(?P<kind> \([\w ]+\))?(?:, after [\d.]+ \w+)?(?P<text>:.*(?:\n  .*)*)"
    match = re.search(pattern, text, re.MULTILINE)
    return "" if match is None else (match["kind"] or "").strip() + re.sub(r"\n\s+", " ", match["text"])


def rows(text: str) -> Iterator[tuple[str, str, str]]:
    """Severity, check and sentence of what a preflight printed."""
    for row in re.finditer(r"^  (error|warning|note) +(.{17})(.*(?:\n {28}(?!→).*)*)", text, re.MULTILINE):
        yield row[1], row[2].strip(), re.sub(r"\n +", " ", row[3])


_ports = count()


def next_port() -> int:
    """A free port outside the range for outgoing connections, another one each time."""
    return free_port("127.0.0.1", 10_000 + (os.getpid() * 131 + next(_ports) * 7) % 20_000)


@dataclass
class Place:
    """An environment that serves, a model, and a home in which servers keep their state."""

    environment: Path
    model: Path
    home: Path
    made: list[Launch] = field(default_factory=list)
    port: int = field(default_factory=next_port)

    def script(self, *flags: str, model: Path | str | None = None, backend: str = "transformers") -> Path:
        """A deploy script for this place; ``flags`` come last."""
        words = ["--model", str(model or self.model), "--infer_backend", backend, "--torch_dtype", "float32",
                 "--host", "127.0.0.1", "--port", str(self.port), *flags]  # fmt: skip
        path = self.home / "deploy.sh"
        path.write_text(f"export MAX_PIXELS=200704\nswift deploy {' '.join(words)}\n")
        return path

    def start(
        self, *words: str, does: Sequence[Sequence[Any]] | None = None, settings: Mapping[str, Any] | None = None,
        variables: Mapping[str, str | None] | None = None, **options: Any,
    ) -> Launch:  # fmt: skip
        """Start ``swiftcfg launch``; without a target it gets a script of this place. A variable of None is unset."""
        given = () if has_target(words) else (str(self.script()),)
        number = len(self.made)
        files = [self.home / f"{name}-{number}" for name in ("out", "err")]
        with files[0].open("wb") as out, files[1].open("wb") as err:
            streams = {"stdin": subprocess.DEVNULL, "stdout": out, "stderr": err}
            process = subprocess.Popen(
                [sys.executable, "-m", "swiftcfg", "launch", *given, *words, *self._python(words)],
                env=set_ones({**self.variables(), **stub(does, settings), **(variables or {})}),
                **{"cwd": self.home, **streams, **options},
            )  # fmt: skip
        self.made.append(Launch(process, self.home, *files))
        return self.made[-1]

    def run(self, *words: str, **options: Any) -> Launch:
        """The same to its end."""
        launch = self.start(*words, **options)
        launch.ended()
        return launch

    def _python(self, words: Sequence[str]) -> Sequence[str]:
        return () if "--python" in words else ("--python", str(self.environment))

    def variables(self) -> dict[str, str]:
        return {**os.environ, "XDG_STATE_HOME": str(self.home), "PYTHONUNBUFFERED": "1"}

    def swiftcfg(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """Another command, with the same home."""
        return swiftcfg(self.home, *words)


def has_target(words: Sequence[str]) -> bool:
    return words[:1] == ("-",) or "--model" in words or any(not word.startswith("-") for word in words[:1])


def set_ones(variables: Mapping[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in variables.items() if value is not None}


def stub(does: Sequence[Sequence[Any]] | None, settings: Mapping[str, Any] | None) -> dict[str, str]:
    """The variable that tells the server what to do."""
    steps = (BEGINS, SERVE) if does is None else does
    return {"STUB_SERVER": behaviour(*steps, **{"video_tokens": CLIP_TOKENS, **(settings or {})})}


def make_environment(folder: Path, **versions: str) -> Path:
    """The folder of an environment that serves on the processor; ``versions`` are other ones, or more."""
    serving_environment(folder, {**ON_CPU, **versions})
    return folder


@contextmanager
def placed(environment: Path, model: Path, home: Path) -> Iterator[Place]:
    """A place of which nothing may be left: no process, and nobody who listens on its port."""
    place = Place(environment, model, home)
    with no_leaks():
        yield place
        for each in place.made:
            if each.process.poll() is None:
                each.signal(signal.SIGTERM).ended()
    assert not any(each.listening for each in sockets_on(place.port))


def family() -> list[Process]:
    """Every process that descends from this one."""
    return [each for each in descendants(os.getpid(), processes()) if each.lives]
