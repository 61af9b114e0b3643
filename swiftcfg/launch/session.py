"""Session: one server from its command to a model that is served and proved, or to what it failed of."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from swiftcfg import __version__
from swiftcfg.chat import OK, Endpoint
from swiftcfg.errors import InputError, MachineError, SwiftcfgError
from swiftcfg.expectation import Samples, choose_samples
from swiftcfg.facts import Facts
from swiftcfg.launch.applied import SettingCheck, settings_checks
from swiftcfg.launch.attempt import Died, Served, Target, attempt, died, ended, stop
from swiftcfg.launch.backoff import is_memory
from swiftcfg.launch.causes import heard, oom_kills, silent
from swiftcfg.launch.follow import Follow, Told
from swiftcfg.launch.interrupt import Interrupted, Interrupts
from swiftcfg.launch.measured import measured_record
from swiftcfg.probe import Check, Proof, look, prove, try_items
from swiftcfg.runtime import HEALTH_SINCE
from swiftcfg.serverlog import Cause, Comparison, compare, figures_of
from swiftcfg.servers.state import now
from swiftcfg.starting import StartCommand, Subject
from swiftcfg.tokens import Limits
from swiftcfg.values import dataclass
from swiftcfg.warden.start import start_warden

#: How long a warden may take to say that the server runs; it starts in a few hundredths of a second.
_WARDEN_PATIENCE_S = 30.0
#: How long after a broken request the end of a server may take to be told.
_LAST_WORDS_S = 2.0


@dataclass(frozen=True)
class Terms:
    """How a server is started and waited for."""

    name: str
    folder: str
    wait_s: float
    grace_s: float
    proof: bool = True


@dataclass(frozen=True)
class Proved:
    """A server that serves: what its proof said, what it printed of its settings, what it measured of its memory."""

    served: Served
    model: str
    proof: Proof | None
    settings: tuple[SettingCheck, ...]
    memory: tuple[Comparison, ...]

    @property
    def passed(self) -> bool:
        return (self.proof is None or self.proof.passed) and all(check.ok for check in self.settings)


class Session:
    """One server and who is told of it; it is proved by the ``facts`` that it was judged by before the start.

    The server ends with the session, unless it was detached.
    """

    def __init__(
        self, subject: Subject, facts: Facts, command: StartCommand, terms: Terms, told: Told, *, interrupts: Interrupts
    ) -> None:
        self.subject, self.facts, self.terms, self.interrupts = subject, facts, terms, interrupts
        self._killed_before = oom_kills()
        order = {
            "name": terms.name, "folder": terms.folder, "argv": command.argv, "environment": command.environment,
            "cwd": command.cwd, "stdin": command.stdin, "secrets": command.secrets, "grace_s": terms.grace_s,
            "record": record_of(subject, self.facts),
        }  # fmt: skip
        self.follow = Follow(start_warden(order), told)
        self.target = Target(
            subject.port, subject.runtime.ms_swift >= HEALTH_SINCE, terms.wait_s, terms.grace_s, subject.api_key,
            tls=subject.config.word("ssl_certfile") is not None,
        )  # fmt: skip

    def __enter__(self) -> "Session":  # noqa: PYI034  (Python 3.10 has no Self)
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        """By no error and by no signal is a session left before its server has ended."""
        if isinstance(error, Interrupted):
            self.follow.told.say("stopping the server; once more ends it at once")
        if error is not None:
            self.stop()
        if isinstance(error, Interrupted) and self.follow.over:
            self.follow.told.say("stopped")
        self.follow.warden.close()

    def run(self, checked: Callable[[Check], object]) -> Proved | Died:
        """Wait for the server and prove it."""
        self._begun()
        answer = attempt(self.follow, self.target, self.judge, self.interrupts)
        return answer if isinstance(answer, Died) else self._prove(answer, checked)

    def judge(self, follow: Follow) -> Cause:
        """What the server died of."""
        after = oom_kills()
        kills = None if after is None or self._killed_before is None else after - self._killed_before
        return heard(follow, self.facts.settings.backend, self.subject.runtime.ms_swift, kills)

    def stop(self) -> None:
        """End the server, and wait for that."""
        stop(self.follow, self.terms.grace_s, self.interrupts)

    def detach(self) -> None:
        """Let the server live on when the session has ended."""
        self.follow.warden.detach()

    def _begun(self) -> None:
        """Wait for the word that the server runs; raises where it does not."""
        deadline = time.monotonic() + _WARDEN_PATIENCE_S
        while self.follow.started is None and not self.follow.over and time.monotonic() < deadline:
            self.follow.take(_WARDEN_PATIENCE_S)
        refused = self.follow.ended or {}
        if refused.get("held"):
            raise InputError(str(refused["why"]), f"choose another --name, or: swiftcfg stop {self.terms.name}")
        if self.follow.started is None:
            why = refused.get("why", "the process that was to watch it did not start")
            raise MachineError(f"the server was not started: {why}", "look at the path or limit that is named")

    def _prove(self, served: Served, checked: Callable[[Check], object]) -> Proved | Died:
        measured = measured_record(figures_of(self.follow.measured), self.facts.memory)
        self.follow.warden.note({"measured": measured})
        try:
            with self.interrupts.at_once():
                model = look(served.endpoint).name
                proof = self._proof(served.endpoint, model, checked) if self.terms.proof else None
        except SwiftcfgError as error:
            return self._gone(error)
        self.follow.take(0)
        cause = self._refusal(proof)
        if cause:
            return ended(self.follow, self.terms.grace_s, cause, self.interrupts)
        proved = self._proved(served, model, proof)
        self.follow.warden.note(outcome_of(proved))
        return proved

    def _proved(self, served: Served, model: str, proof: Proof | None) -> Proved:
        memory = self.facts.memory
        vision = self.facts.model.vision if self.facts.model else None
        planned = {name: str(word) for name, word in self.subject.config.environment}
        return Proved(
            served, model, proof,
            tuple(settings_checks(planned, self.follow.applied, vision.factor)) if vision else (),
            compare(figures_of(self.follow.measured), memory) if memory else (),
        )  # fmt: skip

    def _proof(self, endpoint: Endpoint, model: str, checked: Callable[[Check], object]) -> Proof:
        if self.facts.limits is None:
            checks = try_items(endpoint, model, (), None, checked)
            return Proof(checks, (f"pictures: {self.facts.reasons['limits']}",))
        return prove(endpoint, model, samples_of(self.facts, self.facts.limits), checked)

    def _refusal(self, proof: Proof | None) -> Cause | None:
        """The want of memory behind a request that was refused; an engine that has died leaves its server alive."""
        if proof is None or all(check.status in {None, OK} for check in proof.checks):
            return None
        cause = self.judge(self.follow)
        return cause if is_memory(cause) else None

    def _gone(self, error: SwiftcfgError) -> Died:
        """It stopped answering in the middle of the proof: it is dead, or is ended now."""
        self.follow.until(lambda: self.follow.exited, _LAST_WORDS_S)
        if not (self.follow.exited or self.follow.over):
            return ended(self.follow, self.terms.grace_s, silent(error.sentence), self.interrupts)
        self.stop()
        return died(self.follow, self.judge(self.follow))


def samples_of(facts: Facts, served: Limits) -> Samples:
    """What a proof sends: pictures around the limits, and a clip where videos are served."""
    limits = facts.settings.media_limits
    counts = {kind: limits[kind].count if kind in limits else 1 for kind in ("image", "video")}
    workload = facts.workload
    videos = bool(counts["video"]) and (workload is None or bool(workload.videos_per_request))
    return choose_samples(served, facts.settings.max_model_len, images=bool(counts["image"]), videos=videos)


def record_of(subject: Subject, facts: Facts) -> dict[str, Any]:
    """What the state keeps of a server, secrets left out: they are not in the subject's settings."""
    config, runtime = subject.config, subject.runtime
    return {
        "swiftcfg": __version__,
        "from": subject.name,
        "model": config.word("model"),
        "host": subject.host,
        "port": subject.port,
        "backend": facts.settings.backend,
        "interpreter": subject.installation.interpreter,
        "versions": {package: str(runtime.version_of(package)) for package in runtime.origins},
        "variables": dict(config.environment),
        "flags": {flag.name: list(flag.words) for flag in config.flags},
        "has_key": subject.api_key is not None,
    }


def outcome_of(proved: Proved) -> Mapping[str, Any]:
    """What is added to that once the server serves."""
    endpoint = proved.served.endpoint
    return {
        "url": str(endpoint),
        "port": endpoint.port,
        "served_model_name": proved.model,
        "ready_at": now(),
        "ready_after_s": round(proved.served.took_s, 1),
        "proved": proved.passed if proved.proof else None,
    }
