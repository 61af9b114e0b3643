"""ms-swift 4.6.0 itself reads the variables; transformers and torch resize, sample and date: all equal to ours."""

import json
import random
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from oracle import interpreter
from test_tokens_library import LIBRARY_ERRORS, environment, side
from towers import TOWERS, runtime

from swiftcfg.errors import InputError
from swiftcfg.media import Size
from swiftcfg.tokens import effective_limits
from swiftcfg.tokens.frames import frame_indices, stamp_tokens, stamps
from swiftcfg.tokens.resize import rescale, smart_resize_processor

pytestmark = pytest.mark.oracle
Ask = Callable[[list[Any]], list[Any]]

#: (release of the library, ms-swift's loader, our model): releases to 0.0.11 are patched without a converter.
LOADERS = (
    ("0.0.8", None, "qwen2_5_vl", None),
    ("0.0.11", None, "qwen2_5_vl", None),
    ("0.0.14", "Qwen2VLLoader", "qwen2_5_vl", None),
    ("0.0.14", "Qwen3VLLoader", "qwen3_vl", "qwen3_vl"),
    ("0.0.14", "Qwen3VLEmbLoader", "qwen3_vl", "qwen3_vl_emb"),
    ("0.0.14", "Qwen3VLRerankerLoader", "qwen3_vl", "qwen3_vl_reranker"),
    ("0.0.14", "Qwen3_5EmbLoader", "qwen3_vl", "qwen3_5_emb"),
)


@pytest.fixture(scope="module")
def ask(tmp_path_factory) -> Iterator[Ask]:
    """One ms-swift for all tests here: it takes seconds to import."""
    runner = Path(__file__).parent / "oracles" / "swift_tokens.py"
    log = tmp_path_factory.mktemp("swift") / "log"
    with (
        log.open("w") as errors,
        subprocess.Popen(
            [interpreter("swift"), runner], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True
        ) as process,
    ):
        assert process.stdin
        assert process.stdout

        def one(request: Any) -> Any:
            process.stdin.write(json.dumps(request) + "\n")
            process.stdin.flush()
            line = process.stdout.readline()
            assert line, log.read_text()[-4000:]
            return json.loads(line)

        yield lambda requests: [one(request) for request in requests]


def library_file(release: str) -> str:
    place = interpreter(f"qwen-vl-utils-{release}").parent.parent
    return str(next(place.glob("lib/python3*/site-packages/qwen_vl_utils/vision_process.py")))


def in_pixels(constants: dict[str, Any], patch: int) -> tuple[float, ...]:
    """The library's constants in the order and unit of ours."""
    shared = tuple(constants[name] for name in ("MAX_RATIO", "FRAME_FACTOR", "FPS", "FPS_MIN_FRAMES", "FPS_MAX_FRAMES"))
    if "MAX_PIXELS" in constants:
        names = ("MIN_PIXELS", "MAX_PIXELS", "VIDEO_MIN_PIXELS", "VIDEO_MAX_PIXELS", "VIDEO_TOTAL_PIXELS")
        return (*(constants[name] for name in names), *shared)
    factor = patch * constants["SPATIAL_MERGE_SIZE"]
    names = ("IMAGE_MIN_TOKEN_NUM", "IMAGE_MAX_TOKEN_NUM", "VIDEO_MIN_TOKEN_NUM", "VIDEO_MAX_TOKEN_NUM")
    return (
        *(constants[name] * factor**2 for name in names), constants["MODEL_SEQ_LEN"] * factor * factor * 0.9, *shared,
    )  # fmt: skip


def ours(release: str, kind: str, model_type: str | None, variables: dict[str, str]) -> tuple[float, ...] | None:
    try:
        found = effective_limits(TOWERS[kind], runtime("4.6.0", release), variables, model_type=model_type).constants
    except InputError:
        return None
    return (
        found.image_min, found.image_max, found.video_min, found.video_max, found.video_total,
        found.max_ratio, found.frame_factor, found.fps, found.fps_min_frames, found.fps_max_frames,
    )  # fmt: skip


def test_variables_become_the_constants_that_ms_swift_sets(ask: Ask):
    rng = random.Random("constants")
    cases = [(LOADERS[number % len(LOADERS)], environment(rng)) for number in range(1400)]
    answers = ask([["constants", library_file(row[0]), row[1], variables] for row, variables in cases])
    for ((release, _, kind, model_type), variables), answer in zip(cases, answers, strict=True):
        if isinstance(answer, str):
            assert answer.startswith(LIBRARY_ERRORS), answer
            assert ours(release, kind, model_type, variables) is None, (release, kind, variables, answer)
        else:
            expected = in_pixels(answer, TOWERS[kind].patch_size)
            assert ours(release, kind, model_type, variables) == expected, (release, kind, variables)


def test_the_flag_rescales_as_ms_swift_does(ask: Ask):
    rng = random.Random("rescale")
    cases = [(side(rng), side(rng), int(2 ** rng.uniform(0, 26)) * rng.choice((1, 1, 1, -1))) for _ in range(5000)]
    for (width, height, most), answer in zip(cases, ask([["rescale", *case] for case in cases]), strict=True):
        size = rescale(Size(width, height), most)
        assert [size.width, size.height] == answer, (width, height, most)


def test_the_second_resize_is_that_of_transformers(ask: Ask):
    rng = random.Random("second")
    images, videos = [], []
    for _ in range(5000):
        factor, least = rng.choice((28, 32)), rng.choice((3136, 4096, 65536, 200704))
        shape = [factor * rng.randint(1, 120), factor * rng.randint(1, 120)]
        images.append(["image", *shape, factor, least, least * rng.choice((1, 4, 16, 64, 256, 4096))])
        shape = [32 * rng.randint(1, 60), 32 * rng.randint(1, 60)]
        videos.append(
            ["video", 2 * rng.randint(1, 384), *shape, rng.choice((4096, 2**20)), rng.choice((2**21, 25165824))]
        )
    answers = ask(images + videos)
    for case, answer in zip(images, answers[:5000], strict=True):
        assert list(smart_resize_processor(*case[1:])) == answer, case
    for (_, frames, height, width, least, most), answer in zip(videos, answers[5000:], strict=True):
        found = smart_resize_processor(height, width, 32, least, most, frames=frames)
        assert list(found) == answer, (frames, height, width, least, most)


def test_time_stamps_are_those_of_torch_and_transformers_or_between_ours(ask: Ask):
    rng, cases = random.Random("stamps"), []
    for _ in range(3000):
        total = rng.choice((rng.randint(2, 60), rng.randint(2, 5000), rng.randint(2, 100000)))
        fps = rng.choice((1.0, 23.976, 24.0, 25.0, 29.97, 30.0, 60.0, rng.uniform(0.5, 120)))
        cases.append((total, min(total, rng.choice((rng.randint(1, 32), rng.randint(1, 768)))), fps))
    exact = 0
    for (total, frames, fps), answer in zip(cases, ask([["stamps", *case] for case in cases]), strict=True):
        found = stamps(frame_indices(total, frames), fps)
        for written, (low, high) in zip(answer, found, strict=True):
            assert float(low[1:-9]) <= float(written[1:-9]) <= float(high[1:-9]), (total, frames, fps)
        tokens = stamp_tokens(found, qwen_tokenizer=True)
        assert tokens.low <= stamp_tokens([(text, text) for text in answer], qwen_tokenizer=True).best <= tokens.high
        exact += tokens.low == tokens.high
    assert exact > 0.99 * len(cases)
