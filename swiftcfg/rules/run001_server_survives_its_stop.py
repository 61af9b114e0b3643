"""Server that survives its stop.

``swift`` starts the server as a child and passes no signal on. ``kill $!`` ends swift alone: the server goes on, keeps
its port and its GPU memory, and vLLM's workers with it. Without the program swift it is the same with vLLM's engine,
a process of its own. Only a signal to the whole process group ends all, in 3 to 10 seconds. ``setsid`` gives the
server a group of its own, which ``kill -- -$!`` then ends.

Bad:

    nohup swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm > deploy.log 2>&1 &

Good:

    setsid nohup swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm > deploy.log 2>&1 &
"""

from collections.abc import Iterator

from swiftcfg.engine import EngineSettings
from swiftcfg.facts import Origin
from swiftcfg.rule import Finding
from swiftcfg.rules.launching import launch_of
from swiftcfg.script import Script

SEVERITY = "warning"
CONFIDENCE = "likely"
SOURCES = ("ms-swift@4.6.0:swift/cli/main.py, cli_main (subprocess.run)", "runs of ms-swift 4.6.0 under each signal")


def check(origin: Origin, script: Script, settings: EngineSettings) -> Iterator[Finding]:
    launch = launch_of(origin, script)
    left = "the server" if script.wrapper else "vLLM's engine" if settings.backend == "vllm" else None
    if left and launch and launch.background and not launch.has("setsid", "systemd-run"):
        yield Finding(
            f"kill $! ends only the first process: {left} keeps the GPU memory. Start it with setsid and stop the "
            "group: kill -- -$!",
            script.place,
        )
