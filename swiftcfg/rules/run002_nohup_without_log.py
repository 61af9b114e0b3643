"""nohup without a log.

The output goes to nohup.out in the folder where the script is started, is appended to that of earlier starts, and
the port that was really taken stands only there.

Bad:

    nohup setsid swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm &

Good:

    nohup setsid swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm > deploy.log 2>&1 &
"""

from collections.abc import Iterator

from swiftcfg.facts import Origin
from swiftcfg.rule import Finding
from swiftcfg.rules.launching import launch_of
from swiftcfg.script import Script

SEVERITY = "info"
CONFIDENCE = "certain"
SOURCES = ("coreutils 9, nohup(1)",)


def check(origin: Origin, script: Script) -> Iterator[Finding]:
    launch = launch_of(origin, script)
    if launch and launch.has("nohup") and not launch.redirected:
        yield Finding("nohup without > deploy.log 2>&1 appends to nohup.out wherever it is started", script.place)
