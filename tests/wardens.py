"""Servers under a warden, started by the tests as ``swiftcfg launch`` starts them."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from leaks import no_leaks
from stub_server import behaviour, deploy_script, serving_environment

from swiftcfg.procfs import is_alive, process
from swiftcfg.warden.frames import Event
from swiftcfg.warden.start import Warden, start_warden

#: No wait ends for want of time on a machine that has much else to do; one that is in vain ends all the same.
PATIENCE_S = 60.0
SERVE = ("serve", None)


def make_environment(folder: Path) -> Path:
    """A serving environment; gives its folder."""
    serving_environment(folder)
    return folder


class Launched:
    """A server that does ``steps``; what its warden tells is gathered here."""

    def __init__(
        self, environment: Path, home: Path, *steps: Any, name: str = "tiny", grace_s: float = 5.0, **order: Any
    ) -> None:
        self.name, self.home = name, home
        self.folder = home / "swiftcfg" / "servers" / name
        variables = {"PATH": os.environ["PATH"], "STUB_SERVER": behaviour(*steps, **order.pop("settings", {}))}
        flags = ["--host", "127.0.0.1", "--port", "0", "--served_model_name", "tiny", *order.pop("flags", [])]
        self.order = {
            "name": name,
            "folder": str(self.folder),
            "argv": [str(environment / "bin" / "python"), str(deploy_script(environment)), *flags],
            "environment": variables,
            "cwd": str(home),
            "stdin": None,
            "secrets": [],
            "grace_s": grace_s,
            "record": {"model": "m/tiny"},
        } | order
        self.output = b""
        self.events: list[Event] = []

    def start(self) -> "Launched":
        self.warden: Warden = start_warden(self.order)
        return self

    def take(self, timeout_s: float) -> bool:
        """One frame more; False where none came."""
        frame = self.warden.frames.read(timeout_s)
        if frame is None:
            return False
        self.output += frame.output
        self.events += [frame.event] if frame.event else []
        return True

    def until(self, done: Callable[[], Any], timeout_s: float = PATIENCE_S) -> Any:
        """Take frames until it is done; what it gives then."""
        deadline = time.monotonic() + timeout_s
        while not (answer := done()):
            assert time.monotonic() < deadline, (self.events, self.output[-1000:])
            self.take(0.05)
        return answer

    def event(self, name: str, timeout_s: float = PATIENCE_S) -> Event:
        """The first event of that name, which comes in that time."""
        found: Event = self.until(
            lambda: next((each for each in self.events if each["event"] == name), None), timeout_s
        )
        return found

    def said(self, text: bytes, timeout_s: float = PATIENCE_S) -> "Launched":
        self.until(lambda: text in self.output, timeout_s)
        return self

    def serving(self) -> int:
        """Wait until it serves; the port."""
        self.said(b"(Press CTRL+C")
        return int(self.output.partition(b"running on http://127.0.0.1:")[2].split()[0])

    def ended(self, timeout_s: float = PATIENCE_S) -> Event:
        """Wait for the end, and that the warden is gone."""
        event = self.event("ended", timeout_s)
        self.warden.process.wait(PATIENCE_S)
        return event

    def leave(self) -> None:
        self.warden.close()
        if self.warden.process.poll() is None:
            self.warden.process.wait(PATIENCE_S)

    def state(self) -> dict[str, Any]:
        state: dict[str, Any] = json.loads((self.folder / "state.json").read_bytes())
        return state

    def log(self) -> bytes:
        return (self.folder / "log").read_bytes()

    def pid(self, who: str) -> int:
        """Of ``warden``, ``guard`` or ``server``."""
        number: int = self.state()[who]["pid"]
        return number

    def wait_state(self, done: Callable[[dict[str, Any]], Any], timeout_s: float = PATIENCE_S) -> dict[str, Any]:
        wait(lambda: done(self.state()), timeout_s)
        return self.state()


def wait(done: Callable[[], Any], timeout_s: float = PATIENCE_S) -> Any:
    """Wait until it is true; what it gives then."""
    deadline = time.monotonic() + timeout_s
    while not (answer := done()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return answer


def wait_gone(*pids: int) -> None:
    wait(lambda: not any((found := process(pid)) and is_alive(pid, found.start_ticks) for pid in pids))


def swiftcfg(home: Path, *words: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """The program, with its state in ``home``; it may write nowhere else."""
    done = subprocess.run(
        [sys.executable, "-m", "swiftcfg", *words], env=variables(home), capture_output=True, text=True, timeout=60,
        check=False, **options,
    )  # fmt: skip
    assert not (home / "user").exists()
    return done


def variables(home: Path) -> Mapping[str, str]:
    return {**os.environ, "XDG_STATE_HOME": str(home), "HOME": str(home / "user")}


@contextmanager
def made_under(environment: Path, home: Path) -> Iterator[Callable[..., Launched]]:
    """Makes servers with the steps given. At the end all leashes are let go of, and then nothing may be left."""
    made: list[Launched] = []

    def make(*steps: Any, **order: Any) -> Launched:
        made.append(Launched(environment, home, *steps, **order).start())
        return made[-1]

    with no_leaks():
        yield make
        for each in made:
            each.leave()
