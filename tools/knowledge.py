"""Write swiftcfg/knowledge/gpus.json, what programs read of gpus.yaml, or check that it is up to date.

usage: python tools/knowledge.py [--check]

YAML is for people: it holds the sources as comments. Reading it would cost every command 15 ms.
"""

import json
import sys

from swiftcfg.knowledge import FOLDER, load

NAMES = ("gpus",)


def text_of(name: str) -> str:
    """The content of a YAML file as JSON."""
    return json.dumps(load(f"{name}.yaml"), indent=1, ensure_ascii=False) + "\n"


def stale() -> list[str]:
    """Names of JSON files that are missing or differ."""
    there = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.json")}
    return [f"{name}.json" for name in NAMES if there.get(f"{name}.json") != text_of(name)]


def main(arguments: list[str]) -> int:
    if arguments == ["--check"]:
        for name in stale():
            print(f"swiftcfg/knowledge/{name} is not what tools/knowledge.py writes: run python tools/knowledge.py")
        return bool(stale())
    for name in NAMES:
        (FOLDER / f"{name}.json").write_text(text_of(name), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
