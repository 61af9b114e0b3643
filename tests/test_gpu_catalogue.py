"""The shipped catalogue of cards."""

import re

import pytest

from swiftcfg.gpu_catalogue import plain_name
from swiftcfg.gpu_spec import card_gpu
from swiftcfg.knowledge import load
from swiftcfg.nvml import gpu_catalogue
from swiftcfg.units import GIB, MIB

CATALOGUE = gpu_catalogue()
CARDS = pytest.mark.parametrize("card", CATALOGUE.cards, ids=lambda card: card.name)

#: Cards whose memory the CPU shares: what CUDA shows of it follows other rules.
COHERENT = {"GB10", "GH200-96GB"}

#: The words that a source may use, as the head of gpus.yaml explains them.
KINDS = r"nvidia-smi|torch|Ultralytics|Unsloth|llama\.cpp|vLLM"


@CARDS
def test_every_card_has_a_source_that_says_what_printed_its_numbers(card):
    assert re.search(KINDS, card.source)
    if card.cuda_total:
        assert re.search(rf"({KINDS}|reserved) [0-9]", card.source)


@CARDS
def test_the_nvml_total_stands_in_its_source_where_nvidia_smi_printed_it(card):
    printed = re.match(r"(?:a .*: )?nvidia-smi ([0-9]+)", card.source)
    assert printed is None or int(printed.group(1)) * MIB == card.nvml_total


@CARDS
def test_cuda_never_sees_more_than_nvml(card):
    assert 0 < CATALOGUE.cuda_total(card).high <= card.nvml_total


@CARDS
def test_what_was_seen_lies_within_what_the_rule_would_derive(card):
    if card.cuda_total is None or card.name in COHERENT:
        return
    derived = CATALOGUE.derived_cuda_total(card.nvml_total)
    assert derived.low <= card.cuda_total.low
    assert card.cuda_total.high <= derived.high


@CARDS
def test_an_instance_is_no_larger_than_its_card(card):
    for instance in card.instances:
        assert 0 < instance.memory.high < card.nvml_total
        size = float(instance.profile.partition(".")[2].removesuffix("gb")) * GIB
        assert 0.8 * size < instance.memory.low <= instance.memory.high < 1.02 * size


@CARDS
def test_a_card_becomes_a_gpu_that_holds_its_context(card):
    gpu = card_gpu(card, CATALOGUE)
    assert 0 < gpu.context.high < gpu.cuda_total.low


def test_no_two_cards_answer_to_one_name():
    names = [plain_name(name) for card in CATALOGUE.cards for name in (card.name, *card.spellings)]
    assert sorted(names) == sorted(set(names))
    assert "" not in names


def test_a_family_is_no_cards_own_name():
    own = {plain_name(name) for card in CATALOGUE.cards for name in (card.name, *card.spellings)}
    families = {plain_name(card.family) for card in CATALOGUE.cards if card.family}
    assert own.isdisjoint(families)
    assert all(len(CATALOGUE.named(family)) > 1 for family in families)


@CARDS
def test_a_card_is_found_by_the_name_that_nvml_gives_it(card):
    for product in card.products:
        found = CATALOGUE.named(product)
        # Cards that NVML calls the same (ECC on and off, memory doubled, 8 or 16 GB) are told apart by their own names.
        assert card in found or any(product in other.products for other in found)


def test_every_set_of_mig_profiles_has_a_card_and_a_source():
    content = load("gpus.yaml")
    assert {row["mig"] for row in content["cards"] if "mig" in row} == set(content["mig"])
    assert all(row["source"] for row in content["mig"].values())


def test_every_rule_has_a_source():
    content = load("gpus.yaml")
    assert all(content[rule]["source"] for rule in ("gap", "reserved", "old_driver"))
    assert all(context.source for context in CATALOGUE.contexts.values())
    assert {"other", "mig", "wsl"} < set(CATALOGUE.contexts)
