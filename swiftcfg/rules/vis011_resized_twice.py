"""Images and videos that are resized twice.

ms-swift resizes them, and before 4.0.3 vLLM's processor did so again, by the limits of the checkpoint: long
videos shrink once more, and small images of Qwen3-VL grow. From 4.0.3 on ms-swift asks vLLM to leave them alone.

Checked with: --ms-swift 3.12.0

Bad:

    swift deploy --model Qwen/Qwen3-VL-8B-Instruct --infer_backend vllm

Good:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm
"""

from collections.abc import Iterator
from dataclasses import replace

from swiftcfg.engine import EngineSettings
from swiftcfg.errors import InputError
from swiftcfg.media import Clip, Size
from swiftcfg.rule import Finding
from swiftcfg.rules.caps import name_of, sized
from swiftcfg.rules.served import video_severity
from swiftcfg.runtime import Runtime
from swiftcfg.script import Script
from swiftcfg.tokens import Limits
from swiftcfg.tokens.releases import VLLM_NO_RESIZE
from swiftcfg.workload import Workload

SEVERITY = "warning"
CONFIDENCE = "certain"
SOURCES = ("https://github.com/modelscope/ms-swift/pull/8443", "ms-swift@4.0.3:swift/template/templates/qwen.py")

#: Where no workload says what is sent: a thumbnail, and a minute of 1080p.
_SMALL, _MINUTE = Size(224, 224), Clip(Size(1920, 1080), 30, 60)


def check(
    *, script: Script, settings: EngineSettings, runtime: Runtime, limits: Limits, sizes: tuple[Size, ...],
    workload: Workload | None = None,
) -> Iterator[Finding]:  # fmt: skip
    if limits.second is None:
        return
    images = sizes if workload else (_SMALL, *sizes)
    clips = [clip for clip, _ in workload.clips()] if workload else [_MINUTE]
    changed = list(_images(limits, images))
    if video_severity(settings, workload) and not limits.no_video:
        changed += _videos(limits, clips)
    if changed:
        yield Finding(
            f"ms-swift {runtime.ms_swift} lets vLLM resize a second time, by the checkpoint's own limits: "
            f"{'; '.join(changed)}. From {VLLM_NO_RESIZE} on it does not",
            script.place,
        )


def _images(limits: Limits, sizes: tuple[Size, ...]) -> Iterator[str]:
    once = replace(limits, second=None)
    for size in sizes:
        first, last = sized(once, size), sized(limits, size)
        if first and last and first.resized != last.resized:
            yield f"{name_of(size)} has {last.tokens} instead of {first.tokens} tokens"


def _videos(limits: Limits, clips: list[Clip]) -> Iterator[str]:
    once = replace(limits, second=None)
    for clip in clips:
        try:
            first, last = once.video(clip), limits.video(clip)
        except InputError:
            continue
        if first.resized != last.resized:
            yield f"{clip} has {last.tokens} instead of {first.tokens} tokens"
