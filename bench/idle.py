"""What swiftcfg costs beside a server that idles: ``python bench/idle.py [--seconds 20]``.

Prints resident memory (RSS), the share of it that is theirs where pages are shared (PSS), and processor time, of the
warden, its guard and the follower of an attached launch. Exits 1 when they hold more than 30 MB RSS together, or take
more than 0.5 % of a core.
"""

import argparse
import json
import os
import signal
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from launching import Place, make_environment, make_model  # type: ignore[import-not-found]

RSS_BOUND = 30_000_000
CPU_BOUND = 0.005


def memory_bytes(pid: int, what: str) -> int:
    """``Rss`` or ``Pss``, by proc(5)."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(what + ":"))


def ticks(pid: int) -> int:
    """Processor time used, in clock ticks, by proc(5)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def watchers(folder: Path, follower: int) -> dict[str, int]:
    """Name -> pid, once they have settled."""
    time.sleep(1)
    state = json.loads((folder / "swiftcfg" / "servers" / "idle" / "state.json").read_text())
    return {"warden": state["warden"]["pid"], "guard": state["guard"]["pid"], "follower": follower}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20)
    seconds = parser.parse_args().seconds
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "environment").mkdir()
        place = Place(make_environment(folder / "environment"), make_model(folder), folder)
        attached = place.start("--name", "idle").proved()
        try:
            return report(watchers(folder, attached.process.pid), seconds)
        finally:
            attached.signal(signal.SIGTERM).ended()


def report(pids: dict[str, int], seconds: float) -> int:
    before = {name: ticks(pid) for name, pid in pids.items()}
    time.sleep(seconds)
    used = {name: (ticks(pid) - before[name]) / os.sysconf("SC_CLK_TCK") / seconds for name, pid in pids.items()}
    memory = {name: (memory_bytes(pid, "Rss"), memory_bytes(pid, "Pss")) for name, pid in pids.items()}
    memory["together"] = (sum(rss for rss, _ in memory.values()), sum(pss for _, pss in memory.values()))
    used["together"] = sum(used.values())
    for name, (rss, pss) in memory.items():
        print(f"{name:<10}{rss / 1e6:>8.1f} MB RSS{pss / 1e6:>8.1f} MB PSS{used[name]:>9.2%} CPU")
    return int(memory["together"][0] > RSS_BOUND or used["together"] > CPU_BOUND)


if __name__ == "__main__":
    sys.exit(main())
