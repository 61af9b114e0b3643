"""The memory account beside published start-up logs: every printed figure that the flags decide, with a tolerance."""

import sys
from functools import cache
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "tools"))
import accuracy

RECORDS = accuracy.records()
JUDGED = [record for record in RECORDS if "skipped" not in record]
STARTS = [record for record in JUDGED if record["gpu"] and "start" in accuracy.judged(record)]


def name(record):
    return record["id"]


@cache
def comparisons():
    return [item for record in JUDGED for item in accuracy.outcome(record).comparisons]


def of(quantity):
    items = [item for item in comparisons() if item.quantity == quantity]
    return pytest.mark.parametrize("item", items, ids=[item.record for item in items])


@of("weights")
def test_weights_are_within_a_hundredth_and_a_half(item):
    assert abs(item.error) <= accuracy.TOLERANCES["weights"]


@of("tokens")
def test_tokens_follow_from_the_bytes_of_the_pool(item):
    assert abs(item.error) <= accuracy.TOLERANCES["tokens"]


@of("pool")
def test_the_pool_is_within_a_tenth_and_inside_its_band(item):
    assert abs(item.error) <= accuracy.TOLERANCES["pool"]
    assert item.inside


@of("activation")
def test_the_activation_peak_is_inside_its_band(item):
    assert item.inside


@of("encoder_tokens")
def test_the_encoder_budget_is_exact(item):
    assert item.predicted.best == item.observed


@of("items")
def test_the_number_of_profiled_items_is_exact(item):
    assert item.predicted.best == item.observed


@pytest.mark.parametrize("record", [one for one in JUDGED if "modality" in one["observed"]], ids=name)
def test_the_profiled_kind_is_the_printed_one(record):
    item = accuracy.plan_of(record).profiled_item
    assert item is not None
    assert item.modality == record["observed"]["modality"]


@pytest.mark.parametrize("record", STARTS, ids=name)
def test_what_started_is_said_to_start_and_what_refused_to_refuse(record):
    assert accuracy.started(accuracy.plan_of(record)) == record["observed"]["start"]


@pytest.mark.parametrize("record", [one for one in STARTS if not one["observed"]["start"]], ids=name)
def test_what_refused_to_start_never_fits(record):
    assert accuracy.plan_of(record).verdict in ("does-not-fit", "tight")


def test_the_table_in_the_docs_is_up_to_date():
    assert accuracy.TABLE.read_text(encoding="utf-8") == accuracy.table()


def test_every_record_judges_or_says_why_not():
    silent = [one["id"] for one in JUDGED if not accuracy.outcome(one).comparisons]
    assert silent == []
    assert len({one["id"] for one in RECORDS}) == len(RECORDS)
