"""On the CPU: the same plan, served by transformers, to try it where no GPU is."""

from collections.abc import Iterator
from dataclasses import replace

from swiftcfg.backend import backend_word, flag_name
from swiftcfg.planner import Plan, Setting
from swiftcfg.visible_gpus import ORDER, VISIBLE

#: Flags that do not depend on the engine.
_KEPT = frozenset({"model", "model_type", "template", "adapters", "host", "port", "served_model_name"})
_REASON = "Served by this machine's processor; the settings of the GPU's engine are left out."


def on_cpu(plan: Plan) -> Plan:
    """The plan with the settings that reach ms-swift's transformers backend: the pixels stay, vLLM's flags go."""
    return replace(plan, settings=tuple(_settings(plan)))


def _settings(plan: Plan) -> Iterator[Setting]:
    yield Setting(VISIBLE, "", "variable", "Shows no card: transformers would take one.")
    ms_swift = plan.runtime.ms_swift
    batch = flag_name("transformers", "max_num_seqs", ms_swift)
    for item in plan.settings:
        if item.name == "infer_backend":
            yield replace(item, value=backend_word("transformers", ms_swift), reason=_REASON)
        elif item.name == flag_name("vllm", "max_num_seqs", ms_swift) and batch:
            yield replace(item, name=batch)
        elif item.name not in {VISIBLE, ORDER} and (item.kind == "variable" or item.name in _KEPT):
            yield item
