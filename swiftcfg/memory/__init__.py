"""Where every byte of a GPU goes when one rank of a deployment serves on it."""

from swiftcfg.memory.engines import plan_memory
from swiftcfg.memory.judge import judge, judge_media
from swiftcfg.memory.kv import kv_bytes_per_token
from swiftcfg.memory.plan import (
    Constraint,
    Demand,
    MemoryPlan,
    ProfiledItem,
    Server,
    StartCheck,
    Term,
    Verdict,
    Vision,
)
from swiftcfg.memory.reach import drawn_items, encoder_cache, spelled_limit

__all__ = [
    "Constraint",
    "Demand",
    "MemoryPlan",
    "ProfiledItem",
    "Server",
    "StartCheck",
    "Term",
    "Verdict",
    "Vision",
    "drawn_items",
    "encoder_cache",
    "judge",
    "judge_media",
    "kv_bytes_per_token",
    "plan_memory",
    "spelled_limit",
]
