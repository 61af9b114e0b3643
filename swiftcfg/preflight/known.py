"""Known: the facts of a subject where it would run, on the cards of this machine or on its processor."""

from collections.abc import Mapping
from dataclasses import replace

from swiftcfg.config import DeployConfig
from swiftcfg.detect import VLLM_FOR_CPU
from swiftcfg.facts import Facts
from swiftcfg.gather import gather
from swiftcfg.nvml import Machine
from swiftcfg.nvml_faults import GpuError
from swiftcfg.starting.subject import Subject
from swiftcfg.values import dataclass
from swiftcfg.visible_gpus import VISIBLE, order_in_doubt


@dataclass(frozen=True)
class Known:
    """``machine`` is what NVML tells, or why it tells nothing. ``on_cpu`` is why the server uses no GPU, where so."""

    subject: Subject
    facts: Facts
    machine: Machine | GpuError
    on_cpu: str | None

    @property
    def config(self) -> DeployConfig:
        return self.subject.config

    @property
    def backend(self) -> str:
        return self.facts.settings.backend

    @property
    def packages(self) -> Mapping[str, str]:
        return self.subject.installation.packages

    @property
    def environment(self) -> dict[str, str]:
        """The variables that the server would see, as far as they are told here."""
        return _environment(self.subject)

    @property
    def ranks(self) -> int:
        settings = self.facts.settings
        return settings.tensor_parallel_size * settings.pipeline_parallel_size

    @property
    def cards_in_doubt(self) -> bool:
        """Whether CUDA may give the server other cards than those that were judged."""
        if self.on_cpu or isinstance(self.machine, GpuError):
            return False
        doubtful = order_in_doubt(self.machine.boards, self.environment)
        return doubtful and self.ranks < sum(len(board.gpus) for board in self.machine.boards)


def known_of(subject: Subject, machine: Machine | GpuError) -> Known:
    """Gather the facts: cards that NVML sees count, those that ``--gpu`` describes only where it sees none."""
    described = isinstance(machine, GpuError) or not any(board.gpus for board in machine.boards)
    given = replace(subject.given, machine=machine, gpu=subject.given.gpu if described else None)
    facts = gather(subject.origin, subject.script, given)
    on_cpu = why_on_cpu(subject.installation.packages, facts.settings.backend, _environment(subject))
    return Known(subject, _without_cards(facts, on_cpu) if on_cpu else facts, machine, on_cpu)


def _environment(subject: Subject) -> dict[str, str]:
    return {**subject.caller, **{name: str(word) for name, word in subject.config.environment}}


def why_on_cpu(packages: Mapping[str, str], backend: str, environment: Mapping[str, str]) -> str | None:
    """What makes the server use the processor, in words; None where nothing does.

    PyTorch marks its builds by the local part of the version (https://pytorch.org/get-started/previous-versions/).
    """
    torch = packages.get("torch", "")
    if torch.endswith("+cpu"):
        return f"torch {torch}"
    if backend == "transformers" and environment.get(VISIBLE) == "":
        return f"{VISIBLE} is empty"
    vllm = next((name for name in VLLM_FOR_CPU if name in packages), None)
    return f"{vllm} {packages[vllm]}" if vllm and backend == "vllm" else None


def _without_cards(facts: Facts, why: str) -> Facts:
    """The facts of a server that leaves the cards alone."""
    reason = f"the server computes on the CPU ({why})"
    reasons = {**facts.reasons, "gpus": reason, "deployment": reason, "memory": reason}
    return replace(facts, gpus=None, deployment=None, memory=None, reasons=reasons)
