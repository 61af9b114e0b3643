"""Variable that does not get through to swift.

Programs that stand in front of swift may start it with another environment: sudo drops what is not named,
``env -i`` drops everything, docker gives a container only what ``-e`` names, ssh sends nothing to the other host.

Bad:

    export MAX_PIXELS=1003520
    sudo swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm

Good:

    sudo MAX_PIXELS=1003520 swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm
"""

from collections.abc import Iterator

from swiftcfg.rule import Finding
from swiftcfg.rules.known_variables import KNOWN
from swiftcfg.script import Script

SEVERITY = "error"
CONFIDENCE = "likely"
SOURCES = (
    "https://www.sudo.ws/docs/man/sudoers.man/#Command_environment",
    "https://docs.docker.com/reference/cli/docker/container/run/#env",
)


def check(script: Script) -> Iterator[Finding]:
    present = {use.name for use in script.variables}
    for use in script.kept_back:
        if use.manner != "shell" and use.name in KNOWN - present:
            yield Finding(f"what runs swift does not pass {use.name} on to it", use.place, use.name)
