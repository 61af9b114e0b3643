"""Key over plain HTTP.

Without ``--ssl_certfile`` and ``--ssl_keyfile`` the key and every image cross the network in clear, where the server
listens on more than this machine. A proxy in front that speaks TLS, with the server on 127.0.0.1, does as well.

Bad:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm --host 0.0.0.0 --api_key "$KEY"

Good:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm --host 127.0.0.1 --api_key "$KEY"
"""

from collections.abc import Iterator

from swiftcfg.flags import FlagCatalog
from swiftcfg.rule import Finding
from swiftcfg.rules.served import host_of, is_public
from swiftcfg.rules.written import in_force
from swiftcfg.script import Script

SEVERITY = "info"
CONFIDENCE = "likely"
SOURCES = ("ms-swift@4.6.0:swift/arguments/deploy_args.py:42-43",)


def check(script: Script, catalog: FlagCatalog) -> Iterator[Finding]:
    given = in_force(script, catalog)
    host, _ = host_of(script, catalog)
    if is_public(host) and "api_key" in given and "ssl_certfile" not in given:
        use = given["api_key"].use
        yield Finding(
            f"on {host} the key crosses the network in clear: there is no --ssl_certfile", use.place, "--host"
        )
