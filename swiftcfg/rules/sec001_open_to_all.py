"""Server that anybody in the network may use.

ms-swift listens on 0.0.0.0 where ``--host`` is not given. Without ``--api_key`` whoever reaches the port uses the GPU,
and from 4.6.0 on ms-swift itself warns of that.

Bad:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm --host 0.0.0.0

Good:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm --host 127.0.0.1
"""

from collections.abc import Iterator

from swiftcfg.flags import FlagCatalog
from swiftcfg.rule import Finding, Fix, SetFlag
from swiftcfg.rules.served import host_of, is_public
from swiftcfg.rules.written import in_force
from swiftcfg.script import Script

SEVERITY = "warning"
CONFIDENCE = "certain"
SOURCES = ("ms-swift@4.6.0:swift/arguments/deploy_args.py:39-41",)


def check(script: Script, catalog: FlagCatalog) -> Iterator[Finding]:
    host, one = host_of(script, catalog)
    if not is_public(host) or "api_key" in in_force(script, catalog):
        return
    default = "" if one else ", the default,"
    yield Finding(
        f"--host {host}{default} lets everybody who reaches the port use the server: there is no --api_key",
        one.use.place if one else script.place,
        "--host",
        Fix("listen on this machine only", (SetFlag("host", "127.0.0.1"),), safe=False),
    )
