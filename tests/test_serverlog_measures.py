"""Figures of a start beside those of its plan."""

from dataclasses import replace

import pytest

from swiftcfg.memory.plan import MemoryPlan, StartCheck, Term
from swiftcfg.serverlog import Comparison, Measured, compare
from swiftcfg.units import GIB, Bytes, Range, Tokens

CENT = 5368710


def _around(gib: float, spread: float = 0.0) -> Range:
    return Range(*(round(amount * GIB) for amount in (gib - spread, gib, gib + spread)))


def _term(name: str, gib: float, *, inside: bool = True) -> Term:
    return Term(name, _around(gib), "test", inside_budget=inside)


PLAN = MemoryPlan(
    terms=(
        _term("weights", 15.5), _term("loader tables", 0.1), _term("peak activation", 2), _term("workspaces", 0.1),
        _term("cuda graphs", 0.5, inside=False), _term("nccl", 0.3, inside=False),
    ),
    total=_around(23.6), used=Bytes(0), budget=_around(21.2), outside_budget=_around(1), room=_around(2),
    kv_bytes_per_token=57344, kv_cache_bytes=_around(3.5, 0.5), kv_cache_tokens=Range(50_000, 60_000, 70_000),
    profiled_item=None, encoder_cache_tokens=Tokens(16384), max_model_len=Tokens(8192), max_num_seqs=256,
    max_num_batched_tokens=Tokens(2048), requests_at_once=None,
    start_check=StartCheck(_around(23.1, 0.2), _around(21.2), "test"), vision=None, constraints=(), verdict="fits",
    reasons=(),
)  # fmt: skip

#: figure, its unit, what the plan has for it, and how far off it is.
ROWS = {
    ("weights", 15.6): (_around(15.5) + _around(0.1), 0),
    ("weights", 15.8): (_around(15.5) + _around(0.1), round(0.2 * GIB) - CENT),
    ("activation", 1.5): (_around(2), CENT - round(0.5 * GIB)),
    ("non torch", 0.1): (_around(0.1), 0),
    ("consumed", 15.7): (_around(15.5) + _around(0.1) + _around(0.1), 0),
    ("cuda graphs", 0.5): (_around(0.5), 0),
    ("total", 23.6): (_around(23.6), 0),
    ("free", 23.0): (_around(23.1, 0.2), 0),
    ("budget", 21.2): (_around(21.2), 0),
    ("kv cache", 3.01): (_around(3.5, 0.5), 0),
    ("kv cache", -1.0): (_around(3.5, 0.5), CENT - 4 * GIB),
}


@pytest.mark.parametrize(("told", "row"), ROWS.items())
def test_bytes_stand_beside_what_the_plan_says_of_the_same(told: tuple[str, float], row: tuple[Range, int]):
    name, amount = told
    figure = Measured(name, round(amount * GIB), "bytes", CENT)
    (comparison,) = compare({name: figure}, PLAN)
    planned, off = row
    assert comparison == Comparison(name, figure, planned, pytest.approx(off, abs=2))
    assert comparison.inside == (off == 0)


def test_tokens_stand_beside_tokens():
    told = {
        "kv capacity": Measured("kv capacity", 49_000, "tokens"),
        "max model len": Measured("max model len", 8192, "tokens"),
        "encoder cache": Measured("encoder cache", 16384, "tokens"),
    }
    assert [(row.name, row.off) for row in compare(told, PLAN)] == [
        ("kv capacity", -1000), ("max model len", 0), ("encoder cache", 0),
    ]  # fmt: skip


def test_graphs_are_compared_with_the_estimate_where_the_engine_sizes_by_it():
    inside = replace(PLAN, terms=(_term("peak activation", 2), _term("cuda graphs", 0.5)))
    told = {
        name: Measured(name, GIB, "bytes", CENT)
        for name in ("cuda graphs", "cuda graph estimate", "activation and graphs")
    }
    assert [(row.name, row.planned.best) for row in compare(told, inside)] == [
        ("activation and graphs", 2.5 * GIB), ("cuda graph estimate", 0.5 * GIB),
    ]  # fmt: skip


def test_what_one_of_both_does_not_know_is_left_out():
    unknown = replace(
        PLAN, terms=(), kv_cache_bytes=None, start_check=None, max_model_len=None, encoder_cache_tokens=None
    )
    names = ("weights", "kv cache", "free", "max model len", "encoder cache", "profiled media", "checkpoint")
    assert compare({name: Measured(name, 1, "bytes") for name in names}, unknown) == ()
    assert compare({}, PLAN) == ()
