"""From a plan to the document that is rendered: the call, and what its reader should know."""

from swiftcfg import __version__
from swiftcfg.planner.advice import THIS_PLAN, Note
from swiftcfg.planner.plan import Plan
from swiftcfg.render import Document
from swiftcfg.units import gib


def document_of(plan: Plan, reproduce: str) -> Document:
    """The deploy call of a plan with its reasons; ``reproduce`` is the command that makes it again."""
    return Document(
        config=plan.config(),
        ms_swift=plan.runtime.ms_swift,
        title=f"swift deploy for {plan.model.name}, workload {plan.workload.name}",
        header=tuple(header(plan)),
        reproduce=reproduce,
        reasons={setting.name: setting.reason for setting in plan.settings},
        notes=tuple(noted(note) for note in plan.notes),
        secret_environment={"api_key": plan.api_key_env} if plan.api_key_env else {},
    )


def noted(note: Note) -> str:
    """A note with its source, where it has one outside the plan."""
    warning = "Warning: " if note.warning else ""
    return f"{warning}{note.text}" + (f" ({note.source})" if note.source != THIS_PLAN else "")


def header(plan: Plan) -> list[str]:
    """What the file was made for, and how sure it is to fit."""
    pool = plan.memory.kv_cache_tokens
    lines = [
        f"Made by swiftcfg {__version__} for {machine(plan)}, with {runtime(plan)}.",
        f"At worst {gib(plan.memory.kv_cache_bytes.low)} are left for the KV cache, {pool.low} tokens; "
        f"{plan.memory.max_num_seqs} requests at once of {plan.request_tokens} tokens need "
        f"{plan.memory.max_num_seqs * plan.request_tokens}."
        if plan.memory.kv_cache_bytes and pool
        else "",
        plan.what_binds(),
    ]
    return [line for line in lines if line]


def machine(plan: Plan) -> str:
    """The cards in words: ``2x NVIDIA L40S``."""
    first = plan.gpus[0].name
    if all(gpu.name == first for gpu in plan.gpus):
        return f"{len(plan.gpus)}x {first}" if len(plan.gpus) > 1 else first
    return " + ".join(gpu.name for gpu in plan.gpus)


def runtime(plan: Plan) -> str:
    """The versions in words, with where each comes from."""
    found = ((package, plan.runtime.version_of(package)) for package in plan.runtime.origins)
    return ", ".join(
        f"{package} {version} ({plan.runtime.origins[package]})" for package, version in found if version is not None
    )
