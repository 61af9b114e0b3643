"""How long the commands take as whole processes, as a multiple of a bare Python: ``python bench/startup.py``.

Prints medians of several runs after a warm-up that also compiles bytecode. Ratios travel between
machines better than milliseconds. Exits 1 when a ratio is over its bound.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from launching import make_environment  # type: ignore[import-not-found]  # noqa: E402

PROGRAM = [sys.executable, "-m", "swiftcfg"]
COMMAND = ["swift", "deploy", "--model", "Qwen/Qwen2.5-VL-7B-Instruct", "--infer_backend", "vllm"]
STORY = ["--gpu", "H100-80GB", "--profile", "chat-images-videos"]
#: Of the first one settings are planned; the other one has 39 files of weights, and no host memory is enough for it.
MODELS = SMALL, LARGE = "Qwen2.5-VL-7B-Instruct", "Qwen2.5-VL-72B-Instruct"
#: Statuses of commands that did their work; 1 says that something was found.
DONE = (0, 1)


def median_ms(argv: Sequence[str], runs: int) -> float:
    """The median wall time of a command over ``runs`` runs, after one that is not counted."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    times = []
    for _ in range(runs + 1):
        began = time.perf_counter()
        done = subprocess.run(argv, env=environment, check=False, stdout=subprocess.DEVNULL)
        times.append((time.perf_counter() - began) * 1000)
        if done.returncode not in DONE:
            sys.exit(f"{' '.join(argv)} ended with {done.returncode}")
    return statistics.median(times[1:])


def commands(folder: Path) -> dict[str, tuple[list[str], float | None]]:
    """Name -> (command, the largest allowed multiple of a bare interpreter)."""
    model = str(folder / SMALL)
    return {
        "swiftcfg --help": ([*PROGRAM, "--help"], 5),
        "swiftcfg ps": ([*PROGRAM, "ps"], 8),
        "swiftcfg plan, local folder": ([*PROGRAM, "plan", "--model", model, *STORY], 15),
        "swiftcfg generate, local folder": ([*PROGRAM, "generate", "--model", model, *STORY], None),
        "swiftcfg tokens, catalogue": (
            [*PROGRAM, "tokens", "--model", SMALL, "--image", "1920x1080"],
            None,
        ),
        "swiftcfg memory, catalogue": (
            [*PROGRAM, "memory", "--gpu", "H100-80GB", "--", *COMMAND],
            None,
        ),
        "swiftcfg validate, catalogue": (
            [*PROGRAM, "validate", str(folder / "before.sh"), "--gpu", "H100-80GB", "--fail-on", "never"],
            15,
        ),
        # 1.5 s where a bare interpreter takes 25 ms
        "swiftcfg launch --dry-run, 39 shards": (
            [*PROGRAM, "launch", str(folder / "deploy.sh"), "--python", str(folder / "serving"), "--dry-run"],
            60,
        ),
    }


def lay_out(folder: Path) -> None:
    """Checkpoints without weights, an environment that serves nothing real, and a script that names both."""
    for model in MODELS:
        tool = ROOT / "tools/fake_checkpoint.py"
        subprocess.run([sys.executable, tool, model, folder / model], check=True, stdout=subprocess.DEVNULL)
    (folder / LARGE / "tokenizer.json").write_text("{}")
    shutil.copy(ROOT / "examples/before.sh", folder)  # away from the settings of this repository
    (folder / "serving").mkdir()
    make_environment(folder / "serving")
    (folder / "deploy.sh").write_text(
        f"export MAX_PIXELS=1003520\nswift deploy --model {folder / LARGE} --infer_backend transformers "
        "--host 127.0.0.1 --torch_dtype float32\n"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=11)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as name:
        os.environ["XDG_STATE_HOME"] = name  # no server is there
        folder = Path(name)
        lay_out(folder)
        bare = median_ms([sys.executable, "-c", "pass"], runs)
        print(f"{'bare interpreter':<38}{bare:>8.0f} ms")
        slow = 0
        for title, (argv, bound) in commands(folder).items():
            took = median_ms(argv, runs)
            ratio = took / bare
            verdict = "" if bound is None else f"  bound {bound:.0f}x" + (" EXCEEDED" if ratio > bound else "")
            slow += bound is not None and ratio > bound
            print(f"{title:<38}{took:>8.0f} ms{ratio:>8.1f}x{verdict}")
    return min(slow, 1)


if __name__ == "__main__":
    sys.exit(main())
