"""Sizes as the real qwen-vl-utils gives them: 100,000 and more random servers and pictures, equal in every one."""

import json
import random
import subprocess
from pathlib import Path
from typing import Any

import pytest
from oracle import interpreter
from packaging.version import Version
from towers import TOWERS, runtime

from swiftcfg.errors import InputError
from swiftcfg.media import Clip, FrameList, Size
from swiftcfg.tokens import Limits, effective_limits

pytestmark = pytest.mark.oracle

#: What a request or a load may end with in the library; anything else is a fault of the stand-ins.
LIBRARY_ERRORS = ("ValueError", "AssertionError", "ZeroDivisionError", "OverflowError")
SHARED = ("MAX_RATIO", "FRAME_FACTOR", "FPS", "FPS_MIN_FRAMES", "FPS_MAX_FRAMES")
PIXELS = ("IMAGE_FACTOR", "MIN_PIXELS", "MAX_PIXELS", "VIDEO_MIN_PIXELS", "VIDEO_MAX_PIXELS", "VIDEO_TOTAL_PIXELS")
TOKENS = (
    "IMAGE_MIN_TOKEN_NUM", "IMAGE_MAX_TOKEN_NUM", "VIDEO_MIN_TOKEN_NUM", "VIDEO_MAX_TOKEN_NUM", "SPATIAL_MERGE_SIZE",
)  # fmt: skip
#: For each release of the library, the pairs of ms-swift and model that load with it.
PAIRS = {
    "0.0.6": [("3.1.0", "qwen2_vl"), ("3.4.1.post1", "qwen2_5_vl"), ("3.7.0", "qwen2_5_vl")],
    "0.0.8": [("3.3.0", "qwen2_5_vl"), ("3.4.1.post1", "qwen2_vl"), ("3.7.0", "qwen2_5_vl")],
    "0.0.9": [("3.4.1", "qwen2_5_vl"), ("3.8.3", "qwen2_vl")],
    "0.0.11": [("3.4.0", "qwen2_5_vl"), ("3.10.1", "qwen2_5_vl"), ("4.6.0", "qwen2_vl"), ("4.6.0", "qwen2_5_vl")],
    "0.0.13": [("3.8.1", "qwen2_5_vl")],
    "0.0.14": [("3.8.1", "qwen2_vl"), ("3.9.0", "qwen3_vl"), ("3.10.1", "qwen3_vl"), ("3.11.0", "qwen2_5_vl"),
               ("4.3.0", "qwen3_vl"), ("4.6.0", "qwen2_5_vl"), ("4.6.0", "qwen3_vl")],
}  # fmt: skip
GROUPS, ITEMS = 340, 56  # times six releases: 114,240 items

SIDES = (1, 2, 10, 13, 14, 15, 27, 28, 29, 31, 32, 33, 41, 42, 43, 47, 48, 49, 56, 224, 360, 480, 640, 720, 1080, 1092,
         1280, 1440, 1920, 1932, 2160, 3024, 3584, 3840, 4032, 5600, 8192, 65535)  # fmt: skip
EDGES = (1, 783, 784, 785, 1024, 3136, 4096, 12544, 25088, 50176, 100351, 100352, 105369, 131072, 137625, 141000,
         200704, 401408, 602112, 1003520, 2073600, 2088960, 2109743, 2109744, 2116800, 8270416, 12845056,
         16777216)  # fmt: skip
NUMBERS = {
    "MAX_RATIO": (2, 10, 100, 200, 400), "FRAME_FACTOR": (1, 2, 3, 4), "FPS": (0.1, 0.5, 1, 2, 2.5, 5, 30),
    "FPS_MIN_FRAMES": (1, 2, 4, 5, 16), "FPS_MAX_FRAMES": (1, 2, 7, 12, 13, 16, 64, 768, 5000),
    "IMAGE_FACTOR": (28, 32), "SPATIAL_MERGE_SIZE": (2, 2, 2, 1, 3, 4), "MODEL_SEQ_LEN": (1024, 8192, 32768, "1e5"),
    "VIDEO_TOTAL_PIXELS": (784, 602112, 19267584, 90316800), "IMAGE_MIN_TOKEN_NUM": (1, 4, 16, 256),
    "IMAGE_MAX_TOKEN_NUM": (1, 16, 256, 1024, 1280, 16384), "VIDEO_MIN_TOKEN_NUM": (1, 16, 128, 256),
    "VIDEO_MAX_TOKEN_NUM": (1, 64, 134, 135, 768, 1024),
}  # fmt: skip
BAD = ("", "1e6", "12.0", "abc", "1280*28*28", "nan")
ODD = (" 1003520 ", "1_003_520", "-784", "0")
#: What ms-swift would try with no sense, and swiftcfg refuses: sizes without a side, frames without a time.
REFUSED_BY_US = {"SPATIAL_MERGE_SIZE": ("0", "-784"), "FPS": ("0", "-784", "nan")}


def side(rng: random.Random) -> int:
    return rng.choice(SIDES) if rng.random() < 0.3 else int(2 ** rng.uniform(0, 13))


def picture(rng: random.Random) -> tuple[int, int]:
    width = side(rng)
    if rng.random() < 0.1:  # a shape close to what is refused
        return width, max(1, width * rng.choice((199, 200, 201)))
    return (width, side(rng)) if rng.random() < 0.3 else (width, max(1, round(width * rng.uniform(0.3, 3))))


def item(rng: random.Random, kinds: str) -> list[Any]:
    kind = rng.choice(kinds.split())
    width, height = picture(rng)
    if kind == "image":
        return ["image", width, height]
    if kind == "list":
        return ["list", width, height, rng.randint(1, 9)]
    fps = rng.choice((1.0, 24.0, 25.0, 29.97, 30.0, 30000 / 1001, 59.94, 60.0, rng.uniform(0.2, 120)))
    return ["video", width, height, rng.choice((1, 2, 3, 4, 5, 7, rng.randint(1, 200), rng.randint(1, 40000))), fps]


def pixels(rng: random.Random) -> str:
    return str(rng.choice(EDGES) if rng.random() < 0.5 else int(2 ** rng.uniform(8, 25)))


def environment(rng: random.Random) -> dict[str, str]:
    names = rng.sample((*PIXELS, *PIXELS[1:5], *TOKENS, *SHARED, "MODEL_SEQ_LEN"), rng.randint(0, 6))
    chosen = {name: str(rng.choice(NUMBERS[name])) if name in NUMBERS else pixels(rng) for name in names}
    if rng.random() < 0.08 and chosen:
        chosen[rng.choice(sorted(chosen))] = rng.choice((*BAD, *ODD))
    return {name: text for name, text in chosen.items() if text not in REFUSED_BY_US.get(name, ())}


def request(rng: random.Random) -> dict[str, Any]:
    choices = {
        "min_pixels": int(pixels(rng)), "max_pixels": int(pixels(rng)), "total_pixels": int(pixels(rng)),
        "resized_height": side(rng), "resized_width": side(rng), "fps": rng.choice((0.5, 1, 3)),
        "nframes": rng.randint(1, 40), "min_frames": rng.randint(1, 9), "max_frames": rng.randint(1, 99),
    }  # fmt: skip
    return {name: choices[name] for name in rng.sample(sorted(choices), rng.randint(1, 4))}


def tasks(release: str) -> list[dict[str, Any]]:
    rng = random.Random(f"sizes {release}")
    made = []
    for group in range(GROUPS):
        swift, kind = PAIRS[release][group % len(PAIRS[release])]
        version = Version(swift)
        kinds = "image image video" + (" list" if group % 3 == 0 and version >= Version("3.8.3") else "")
        made.append(
            {
                "pair": (swift, kind),
                "environment": environment(rng),
                "request": request(rng) if version >= Version("4.3.0") and group % 2 else {},
                "items": [item(rng, kinds) for _ in range(ITEMS)],
                "swift": {
                    "converts": version >= Version("3.10.1") and release >= "0.0.14",
                    "sets_total": version >= Version("3.4.1.post1"),
                    "constants": [*SHARED, *PIXELS, *(TOKENS if version >= Version("3.9.0") else ())],
                    "patch": TOWERS[kind].patch_size,
                    "passes_patch": kind == "qwen3_vl",
                },
            }
        )
    return made


def library_says(release: str, asked: list[dict[str, Any]]) -> list[Any]:
    runner = Path(__file__).parent / "oracles" / "library_sizes.py"
    lines = "".join(json.dumps(task) + "\n" for task in asked)
    done = subprocess.run(
        [interpreter(f"qwen-vl-utils-{release}"), runner], input=lines, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


def one(limits: Limits, given: list[Any]) -> Any:
    kind, width, height, *rest = given
    size = Size(width, height)
    try:
        if kind == "image":
            seen = limits.image(size)
            return [seen.resized.width, seen.resized.height]
        video = FrameList(size, rest[0]) if kind == "list" else Clip(size, rest[1], rest[0] / rest[1])
        sized = limits.video(video)
    except InputError:
        return "refused"
    return [sized.frames, sized.resized.width, sized.resized.height]


def we_say(release: str, task: dict[str, Any]) -> Any:
    swift, kind = task["pair"]
    try:
        limits = effective_limits(
            TOWERS[kind], runtime(swift, release), task["environment"], backend="transformers", request=task["request"]
        )
    except InputError:
        return "refused"
    return [one(limits, given) for given in task["items"]]


def without_words(answer: Any) -> Any:
    """An answer of the library with its errors reduced to ``refused``; only the library's own errors count."""
    if isinstance(answer, str):
        assert answer.startswith(LIBRARY_ERRORS), answer
        return "refused"
    return [without_words(part) for part in answer] if isinstance(answer, list) else answer


@pytest.mark.parametrize("release", PAIRS)
def test_every_size_is_the_librarys(release: str):
    asked = tasks(release)
    for task, theirs in zip(asked, library_says(release, asked), strict=True):
        ours, expected = we_say(release, task), without_words(theirs)
        if ours == expected:
            continue
        shown = {name: task[name] for name in ("pair", "environment", "request")}
        if not (isinstance(ours, list) and isinstance(theirs, list)):
            pytest.fail(f"{shown}: ours {str(ours)[:80]}, theirs {str(theirs)[:80]}")
        first = next(place for place in range(ITEMS) if ours[place] != expected[place])
        pytest.fail(f"{shown}, {task['items'][first]}: ours {ours[first]}, theirs {theirs[first]}")


def test_enough_is_compared_and_most_of_it_is_served():
    assert GROUPS * ITEMS * len(PAIRS) >= 100_000
    for release in ("0.0.8", "0.0.14"):
        answers = [we_say(release, task) for task in tasks(release)[::10]]
        served = sum(part != "refused" for group in answers if isinstance(group, list) for part in group)
        assert served > 0.5 * ITEMS * len(answers), release
