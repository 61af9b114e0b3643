"""Asks the parser of ``swift deploy`` itself, release by release, what it takes: tests/data/deploy_parsers.json.

A second reading of what tools/flags.py reads, and independent of it. There source is parsed and nothing runs; here
the modules of each wheel are imported, in the environment ``swift`` of tools/oracles.py, and HfArgumentParser is made
from the DeployArguments they define (tests/oracles/wheel_parser.py). A test compares the two for every release.

    python tools/parsers.py                     # read every release, about 5 s each; write the file
    python tools/parsers.py --check [RELEASE …] # write nothing; fail where the file has something else
"""

import argparse
import json
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from flags import CACHE, HOMES, Wheel, fetched
from oracles import root
from packaging.version import Version

ROOT = Path(__file__).parent.parent
FILE = ROOT / "tests" / "data" / "deploy_parsers.json"
RUNNER = ROOT / "tests" / "oracles" / "wheel_parser.py"
RELEASES = ROOT / "swiftcfg" / "knowledge" / "flags" / "releases.json"

#: Flag -> [type, nargs, default, choices, other spellings], as the runner prints it.
Options = dict[str, list[Any]]


def read(wheel: Path) -> dict[str, Any]:
    """What one wheel answers: its options, and the modules that could not be imported."""
    home = next(home for home in HOMES if home.replace(".", "/") + ".py" in Wheel(wheel).paths)
    with tempfile.TemporaryDirectory() as folder:
        zipfile.ZipFile(wheel).extractall(folder)
        command = [str(root() / "swift" / "bin" / "python"), "-I", str(RUNNER), folder, home]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{wheel.name}: {done.stderr[-2000:]}")
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def read_all(releases: Iterable[str]) -> dict[str, dict[str, Any]]:
    versions = sorted(map(Version, releases))
    CACHE.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(2) as pool:
        answers = pool.map(lambda version: read(fetched(CACHE, version)), versions)
        return dict(zip(map(str, versions), answers, strict=True))


def changes(answers: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Each release as its difference from the one before: rows that are new or other, flags that are gone."""
    before: Options = {}
    found = {}
    for release, answer in answers.items():
        options = answer["options"]
        rows = {name: row for name, row in options.items() if before.get(name) != row}
        found[release] = {"gone": sorted(before.keys() - options), "replaced": answer["replaced"], "rows": rows}
        before = options
    return found


def recorded(content: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """The whole answer of each release, from its differences."""
    options: Options = {}
    answers = {}
    for release, change in content.items():
        options = {name: row for name, row in options.items() if name not in change["gone"]} | change["rows"]
        answers[release] = {"options": options, "replaced": change["replaced"]}
    return answers


def render(content: Mapping[str, Mapping[str, Any]]) -> str:
    """One flag a line."""
    releases = []
    for release, change in content.items():
        rows = ",\n".join(f"{json.dumps(name)}: {json.dumps(row)}" for name, row in change["rows"].items())
        heads = ", ".join(f'"{key}": {json.dumps(change[key])}' for key in ("gone", "replaced"))
        releases.append(f'"{release}": {{{heads}, "rows": {{{rows and chr(10)}{rows}}}}}')
    return "{\n" + ",\n".join(releases) + "\n}\n"


def check(answers: Mapping[str, Mapping[str, Any]]) -> int:
    known = recorded(json.loads(FILE.read_text(encoding="utf-8")))
    stale = [release for release, answer in answers.items() if known.get(release) != answer]
    for release in stale:
        now, then = answers[release]["options"], known.get(release, {"options": {}})["options"]
        for name in sorted(now.keys() | then):
            if now.get(name) != then.get(name):
                print(f"{release} --{name}: recorded {then.get(name)}, now {now.get(name)}")
    print(f"{len(answers) - len(stale)} of {len(answers)} releases answer as recorded")
    return int(bool(stale))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("releases", nargs="*", metavar="RELEASE", help="which to check; default: all")
    given = parser.parse_args()
    if given.releases and not given.check:
        parser.error("the file is written from all releases")
    answers = read_all(given.releases or json.loads(RELEASES.read_text(encoding="utf-8")))
    if given.check:
        return check(answers)
    FILE.write_text(render(changes(answers)), encoding="utf-8")
    print(f"{len(answers)} releases, {FILE.stat().st_size // 1024} KiB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
