"""What people write after --gpu."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from swiftcfg.errors import InputError
from swiftcfg.gpu_spec import MOST_CARDS, parse_gpus
from swiftcfg.nvml import gpu_catalogue
from swiftcfg.units import GIB, MIB, Range

CATALOGUE = gpu_catalogue()


def parse(text):
    return parse_gpus(text, CATALOGUE)


def fault(text):
    with pytest.raises(InputError) as raised:
        parse(text)
    return raised.value


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("H100-80GB", ["H100-80GB"]),
        ("H100", ["H100-80GB"]),
        ("h100 pcie", ["H100-80GB"]),
        ("NVIDIA H100 80GB HBM3", ["H100-80GB"]),
        ("H100-80", ["H100-80GB"]),
        ("A100-80GB", ["A100-80GB"]),
        ("A100-SXM4-40GB", ["A100-40GB"]),
        ("2xL40S", ["L40S", "L40S"]),
        ("2 x L40S", ["L40S", "L40S"]),
        ("RTX4090", ["RTX4090"]),
        ("rtx-4090", ["RTX4090"]),
        ("4090", ["RTX4090"]),
        ("2x4090", ["RTX4090", "RTX4090"]),
        ("RTX4090-48G", ["RTX4090-48GB"]),
        ("NVIDIA GeForce RTX 4090 Laptop GPU", ["RTX4090-Laptop"]),
        ("A6000", ["RTX-A6000"]),
        ("RTX 6000 Ada Generation", ["RTX6000-Ada"]),
        ("RTX5090+2xRTX4090", ["RTX5090", "RTX4090", "RTX4090"]),
        ("mig-3g.40gb", ["MIG 3g.40gb"]),
        ("2xmig-1g.10gb+me", ["MIG 1g.10gb", "MIG 1g.10gb"]),
        ("H100-80GB/mig-3g.40gb", ["H100-80GB MIG 3g.40gb"]),
        ("A100/mig-3g.40gb", ["A100-80GB MIG 3g.40gb"]),
        ("NVIDIA A100-SXM4-40GB MIG 1c.3g.20gb", ["A100-40GB MIG 3g.20gb"]),
        ("4x24GiB", ["24GiB"] * 4),
        ("24GB", ["24GB"]),
    ],
)
def test_a_spec_names_its_gpus_in_order(text, names):
    assert [gpu.name for gpu in parse(text)] == names


def test_a_card_carries_the_catalogues_numbers_and_their_source():
    (gpu,) = parse("RTX4090")
    assert (gpu.nvml_total, gpu.cuda_total) == (24564 * MIB, Range(24074 * MIB, 24081 * MIB, 24217 * MIB))
    assert (gpu.used, gpu.mig, gpu.index, gpu.compute_capability) == (0, False, None, (8, 9))
    assert gpu.source.startswith("catalogue: nvidia-smi 24564; ")


def test_an_amount_is_the_nvml_total_and_cudas_is_derived():
    (gpu,) = parse("24GiB")
    assert gpu.nvml_total == 24 * GIB
    assert gpu.cuda_total == CATALOGUE.derived_cuda_total(24 * GIB)
    assert gpu.source.startswith("--gpu 24GiB, taken as the NVML total; CUDA total derived from it")


def test_a_mig_profile_of_any_card_covers_all_that_have_it():
    (any_card,) = parse("mig-3g.40gb")
    (h100,) = parse("H100-80GB/mig-3g.40gb")
    (a100,) = parse("A100-80GB/mig-3g.40gb")
    assert any_card.mig
    assert any_card.cuda_total == Range(
        min(h100.cuda_total.low, a100.cuda_total.low),
        min(h100.cuda_total.best, a100.cuda_total.best),
        max(h100.cuda_total.high, a100.cuda_total.high),
    )


def test_used_and_free_say_what_other_processes_hold_on_each_card():
    assert [gpu.used for gpu in parse("2xL4,used=3GiB")] == [3 * GIB, 3 * GIB]
    (gpu,) = parse("L4,free=20GiB")
    assert gpu.free_before_context().best == 20 * GIB
    assert [gpu.used for gpu in parse("L4,used=1GiB+L4")] == [GIB, 0]


def test_more_free_than_cuda_ever_shows_means_nothing_is_used():
    (gpu,) = parse("L4,free=22.49GiB")
    assert gpu.used == 0


def test_cuda_gives_the_total_that_a_start_up_log_prints():
    (gpu,) = parse("RTX4090,cuda=23.53GiB,free=23.08GiB")
    assert gpu.cuda_total == Range.exactly(round(23.53 * GIB))
    assert gpu.used == round(23.53 * GIB) - round(23.08 * GIB)
    assert parse("RTX4090,cuda=23.99GiB")[0].cuda_total == Range.exactly(24564 * MIB)


@pytest.mark.parametrize(
    ("text", "sentence", "hint"),
    [
        ("", "'' describes no GPU", "write a card such as H100-80GB"),
        ("L4+", "'L4+' describes no GPU", "write a card such as H100-80GB"),
        ("A100", "'A100' is the name of several GPUs", "write one of: A100-40GB (40.00 GiB), A100-80GB (80.00 GiB)"),
        ("H20", "'H20' is the name of several GPUs", "write one of: H20-96GB (95.58 GiB), H20-141GB (140.40 GiB)"),
        ("V100", "'V100' is the name of several GPUs", "write one of: V100-16GB"),
        ("RTX 3080", "'RTX 3080' is the name of several GPUs", "write one of: RTX3080-12GB"),
        ("A1000", "there is no GPU called 'A1000' in the catalogue", "the nearest are: "),
        ("H1OO-80GB", "there is no GPU called 'H1OO-80GB' in the catalogue", "the nearest are: H100-80GB"),
        ("24", "there is no GPU called '24' in the catalogue", "the nearest are: "),
        ("L4/mig-1g.5gb", "L4 has no MIG profile '1g.5gb' in the catalogue", "it cannot be cut into instances"),
        ("A100-40GB/mig-3g.40gb", "A100-40GB has no MIG profile '3g.40gb'", "there are: mig-1g.5gb, mig-1g.10gb"),
        ("mig-9g.1gb", "there is no MIG profile '9g.1gb' in the catalogue", "there are: mig-1g.23gb"),
        ("Z100/mig-1g.5gb", "there is no GPU called 'Z100' in the catalogue", "the nearest are: "),
        ("0xL4", "'0xL4' is 0 GPUs", "write a number from 1 to 1024"),
        ("5000xL4", "'5000xL4' is 5000 GPUs", "write a number from 1 to 1024"),
        ("1024xL4+L4", "'1024xL4+L4' is 1025 GPUs", "the most is 1024"),
        ("99999999999xL4", "'99999999999xL4' is far too many GPUs", "write a number from 1 to 1024"),
        ("512MiB", "'512MiB' is less memory than any GPU that serves has", "check the unit"),
        ("L4,", "'' is no option of --gpu", "there are free=20GiB"),
        ("L4,size=1GiB", "'size=1GiB' is no option of --gpu", "there are free=20GiB"),
        ("L4,free=20", "'20' in 'free=20' is not an amount of memory", "write a number and a unit"),
        ("L4,free=-1GiB", "'-1GiB' in 'free=-1GiB' is not an amount of memory", "write a number and a unit"),
        ("L4,free=99GiB", "'free=99GiB' is more than the 22.49 GiB of L4", "check the amount"),
        ("L4,used=99GiB", "'used=99GiB' is more than the 22.49 GiB of L4", "check the amount"),
        ("L4,free=1GiB,used=1GiB", "free= and used= are given together", "leave one out"),
        ("L4,free=1GiB,free=2GiB", "an option is given twice in 'free=1GiB,free=2GiB'", "give each of"),
    ],
)
def test_what_cannot_be_read_says_why_and_what_can_be(text, sentence, hint):
    error = fault(text)
    assert sentence in error.sentence
    assert error.hint is not None
    assert hint in error.hint


@given(st.text(max_size=60) | st.text("0123456789xX.,+=/-gGiIbBmMfreusd LA", max_size=40))
@example("99999999999999999999xL4")
@example("9" * 400 + "GiB")
@example("1g.5gb" * 50)
@example("L4,free=1e9GiB")
def test_any_text_is_gpus_or_an_input_error(text):
    try:
        gpus = parse(text)
    except InputError:
        return
    assert 1 <= len(gpus) <= MOST_CARDS


@given(
    st.sampled_from([card.name for card in CATALOGUE.cards]),
    st.sampled_from([str, str.lower, str.upper]),
    st.sampled_from(["", " ", "_"]),
)
def test_case_and_separators_do_not_matter(name, change_case, separator):
    assert parse(change_case(name).replace("-", separator)) == parse(name)


@given(st.integers(GIB, 10**12), st.integers(0, 10**11))
def test_more_memory_never_means_less_for_cuda(total, more):
    small, large = CATALOGUE.derived_cuda_total(total), CATALOGUE.derived_cuda_total(total + more)
    assert small.high < total
    assert (small.low, small.best, small.high) <= (large.low, large.best, large.high)
    assert small.best <= large.best
    assert small.high <= large.high
