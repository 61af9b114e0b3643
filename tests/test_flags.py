"""FlagCatalog: which release speaks for a version, what a written name means, how values are read."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from swiftcfg.detect import read_catalog
from swiftcfg.errors import InputError
from swiftcfg.flags import OLDEST_READ, Match, choose_release
from swiftcfg.knowledge import load, names

RELEASES = load("flags/releases.json")
NEWEST = read_catalog(Version("4.6.0"))

#: Fields of DeployArguments by release.
FIELDS = {
    "2.6.1": 91, "3.0.0": 96, "3.1.0": 101, "3.2.0": 104, "3.3.0": 110, "3.4.0": 115, "3.5.0": 120, "3.6.4": 131,
    "3.7.0": 141, "3.8.0": 144, "3.9.0": 145, "3.9.2": 146, "3.10.0": 145, "3.11.0": 152, "3.12.0": 155,
    "4.0.0": 155, "4.1.0": 154, "4.2.0": 156, "4.3.0": 158, "4.3.1": 159, "4.4.1": 160, "4.5.0": 160, "4.6.0": 164,
}  # fmt: skip


@pytest.mark.parametrize(("release", "count"), FIELDS.items())
def test_every_release_has_its_flags(release: str, count: int):
    assert len(read_catalog(Version(release)).flags) == count


def test_every_release_read_has_a_file():
    others = {"releases", "history"}
    assert set(RELEASES.values()) == {name.removesuffix(".json") for name in names("flags", ".json")} - others


@pytest.mark.parametrize("release", ["2.6.1", "3.6.4", "3.10.3", "4.6.0"])
def test_the_history_has_the_flags_of_each_release(release: str):
    catalog = read_catalog(Version(release))
    lifetimes = {name: catalog.lifetimes(name) for name in catalog.history["flags"]}
    there = {name for name, spans in lifetimes.items() if any(catalog.version in span for span in spans)}
    assert there == catalog.flags.keys()


def test_a_model_type_has_its_lifetime():
    (lifetime,) = NEWEST.value_lifetimes("model_types", "qwen2-vl-7b-instruct")
    assert (str(lifetime.since), str(lifetime.until)) == ("0", "3.0.0")
    assert NEWEST.value_lifetimes("model_types", "qwen2_vl")[0].until is None


def test_the_oldest_release_speaks_for_all_before_it():
    assert min(RELEASES, key=Version) == OLDEST_READ
    assert Version("1.0") in NEWEST.lifetimes("ckpt_dir")[0]


def test_a_flag_says_where_it_is_defined():
    assert NEWEST.flags["vllm_max_num_seqs"].source == "VllmArguments@swift/rlhf_trainers/args_mixin.py:41"


@pytest.mark.parametrize(
    ("version", "release", "stand_in"),
    [
        ("4.6.0", "4.6.0", None),
        ("3.6.4", "3.6.0", None),
        ("4.4.9", "4.4.1", "4.4.2, the nearest earlier release read"),
        ("5.0.0.dev0", "4.6.0", "4.6.0, the newest release read"),
        ("1.7.3", "2.6.1", "2.6.1, the oldest release read"),
    ],
)
def test_the_newest_release_up_to_a_version_speaks_for_it(version: str, release: str, stand_in: str | None):
    note = f"the flags of ms-swift {version} were not read; those of {stand_in}, stand in" if stand_in else None
    assert choose_release(Version(version), RELEASES) == (release, note)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("vllm_max_model_len", "vllm_max_model_len"),
        ("vllm-max-model-len", "vllm_max_model_len"),
        ("vllm_gpu", "vllm_gpu_memory_utilization"),
        ("vllm-gpu", "vllm_gpu_memory_utilization"),
        ("max_pixel", "max_pixels"),
        ("model", "model"),
        ("limit_mm_per_prompt", None),
        ("vllm_max-model_len", None),
        ("vllm_max", None),
        ("help", None),
        ("", None),
    ],
)
def test_a_name_stands_for_one_flag_or_none(written: str, meant: str | None):
    spec = NEWEST.resolve(written).spec
    assert (spec.name if spec else None) == meant


def test_a_name_cut_too_short_lists_what_it_could_be():
    assert NEWEST.resolve("vllm_max") == Match(
        candidates=("vllm_max_num_seqs", "vllm_max_model_len", "vllm_max_lora_rank")
    )


def test_a_flag_that_is_on_can_be_switched_off_by_name():
    assert NEWEST.resolve("no_verbose").negated
    assert NEWEST.resolve("no-vllm-disable-custom-all-reduce").negated
    assert NEWEST.resolve("no_vllm_enforce_eager").spec is None  # it is off by default


@pytest.mark.parametrize(
    ("flag", "words", "value"),
    [
        ("vllm_gpu_memory_utilization", ["0.5"], 0.5),
        ("vllm_max_model_len", ["8192"], 8192),
        ("vllm_max_model_len", ["8_192"], 8192),
        ("vllm_enforce_eager", [], True),
        ("vllm_enforce_eager", ["No"], False),
        ("stream", ["true"], True),
        ("adapters", ["a", "b=c"], ["a", "b=c"]),
        ("torch_dtype", ["None"], None),
        ("api_key", ["None"], "None"),
        ("infer_backend", ["vllm"], "vllm"),
    ],
)
def test_words_become_a_value(flag: str, words: list[str], value: object):
    assert NEWEST.flags[flag].value(words) == value


@pytest.mark.parametrize(
    ("flag", "words", "sentence"),
    [
        ("vllm_max_model_len", ["1e6"], "--vllm_max_model_len 1e6: no whole number"),
        ("vllm_gpu_memory_utilization", ["0.9x"], "--vllm_gpu_memory_utilization 0.9x: no number"),
        ("vllm_enforce_eager", ["maybe"], "--vllm_enforce_eager maybe: neither true nor false"),
        ("stream", [], "--stream expects a value"),
        ("adapters", [], "--adapters expects at least one value"),
        ("port", ["1", "2"], "--port takes one value; '2' is left over"),
        ("torch_dtype", ["auto"], "--torch_dtype auto: not one of bfloat16, float16, float32, None"),
    ],
)
def test_words_that_ms_swift_refuses_are_told(flag: str, words: list[str], sentence: str):
    with pytest.raises(InputError) as caught:
        NEWEST.flags[flag].value(words)
    assert caught.value.sentence == sentence


def test_a_renamed_flag_is_found_in_both_directions():
    old, new = read_catalog(Version("2.6.1")), read_catalog(Version("3.0.0"))
    assert new.renamed("model_id_or_path") == "model"
    assert old.renamed("model") == "model_id_or_path"
    assert NEWEST.renamed("sft_type") == "tuner_type"
    assert NEWEST.renamed("nonsense") is None


def test_every_rename_is_what_the_releases_say():
    for row in load("renames.json")["renames"]:
        before = max(version for version in map(Version, RELEASES) if version < Version(row["since"]))
        old, new = read_catalog(before), read_catalog(Version(row["since"]))
        assert row["new"] in new.flags
        assert row["old"] not in new.flags
        assert row["old"] in old.flags or row["old"] == "sft_type", row


def test_every_flag_without_effect_is_one_that_is_accepted():
    for row in load("renames.json")["no_effect"]:
        last = read_catalog(Version(row["since"]))
        accepted = [row["flag"] in read_catalog(version).flags for version in map(Version, RELEASES)
                    if version >= last.version and version < Version(row.get("until", "9"))]  # fmt: skip
        assert any(accepted), row


@given(st.sampled_from(list(RELEASES)), st.text(st.sampled_from("vlm_-maxpikenogpu"), max_size=12))
def test_any_name_has_an_answer(release: str, written: str):
    catalog = read_catalog(Version(release))
    match = catalog.resolve(written)
    assert match.spec is None or not match.candidates
    assert all(near in catalog.flags for near in catalog.nearest(written))


def test_the_files_are_small():
    sizes = [len(json.dumps(load(f"flags/{name}"))) for name in names("flags", ".json")]
    assert sum(sizes) < 400_000
