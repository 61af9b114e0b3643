"""How long the commands take as whole processes, as a multiple of a bare Python: ``python bench/startup.py``.

Prints medians of several runs after a warm-up that also compiles bytecode. Ratios travel between
machines better than milliseconds. Exits 1 when a ratio is over its bound.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = [sys.executable, "-m", "swiftcfg"]
COMMAND = ["swift", "deploy", "--model", "Qwen/Qwen2.5-VL-7B-Instruct", "--infer_backend", "vllm"]
STORY = ["--gpu", "H100-80GB", "--profile", "chat-images-videos"]


def median_ms(argv: Sequence[str], runs: int) -> float:
    """The median wall time of a command over ``runs`` runs, after one that is not counted."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    times = []
    for _ in range(runs + 1):
        began = time.perf_counter()
        subprocess.run(argv, env=environment, check=True, stdout=subprocess.DEVNULL)
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times[1:])


def commands(folder: Path) -> dict[str, tuple[list[str], float | None]]:
    """Name -> (command, the largest allowed multiple of a bare interpreter)."""
    model = str(folder / "Qwen2.5-VL-7B-Instruct")
    return {
        "swiftcfg --help": ([*PROGRAM, "--help"], 5),
        "swiftcfg ps": ([*PROGRAM, "ps"], 8),
        "swiftcfg plan, local folder": ([*PROGRAM, "plan", "--model", model, *STORY], 15),
        "swiftcfg generate, local folder": ([*PROGRAM, "generate", "--model", model, *STORY], None),
        "swiftcfg tokens, catalogue": (
            [*PROGRAM, "tokens", "--model", "Qwen2.5-VL-7B-Instruct", "--image", "1920x1080"],
            None,
        ),
        "swiftcfg memory, catalogue": (
            [*PROGRAM, "memory", "--gpu", "H100-80GB", "--", *COMMAND],
            None,
        ),
        "swiftcfg validate, catalogue": (
            [*PROGRAM, "validate", str(ROOT / "examples/before.sh"), "--gpu", "H100-80GB", "--fail-on", "never"],
            15,
        ),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=11)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as name:
        os.environ["XDG_STATE_HOME"] = name  # no server is there
        folder = Path(name)
        subprocess.run(
            [
                sys.executable,
                ROOT / "tools/fake_checkpoint.py",
                "Qwen2.5-VL-7B-Instruct",
                folder / "Qwen2.5-VL-7B-Instruct",
            ],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        bare = median_ms([sys.executable, "-c", "pass"], runs)
        print(f"{'bare interpreter':<34}{bare:>8.0f} ms")
        slow = 0
        for title, (argv, bound) in commands(folder).items():
            took = median_ms(argv, runs)
            ratio = took / bare
            verdict = "" if bound is None else f"  bound {bound:.0f}x" + (" EXCEEDED" if ratio > bound else "")
            slow += bound is not None and ratio > bound
            print(f"{title:<34}{took:>8.0f} ms{ratio:>8.1f}x{verdict}")
    return min(slow, 1)


if __name__ == "__main__":
    sys.exit(main())
