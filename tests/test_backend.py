"""Backends: every row of the table of names is held against the flags of every release."""

import pytest
from packaging.version import Version

from swiftcfg.backend import (
    ALIASED,
    ALIASED_UNTIL,
    PREFIXED,
    SPELLINGS,
    Route,
    backend_word,
    flag_name,
    owner,
    route,
    suggestion,
)
from swiftcfg.detect import read_catalog
from swiftcfg.knowledge import load

RELEASES = [Version(release) for release in load("flags/releases.json")]


@pytest.mark.parametrize("release", RELEASES, ids=str)
def test_a_name_is_in_the_table_exactly_where_the_release_accepts_it(release: Version):
    accepted = set(read_catalog(release).flags)
    held = {row.name for row in SPELLINGS if row.holds_in(release)}
    known = {row.name for row in SPELLINGS}
    aliases = ALIASED if PREFIXED <= release < ALIASED_UNTIL else {"max_model_len"} if release >= PREFIXED else set()
    assert held <= accepted
    assert accepted & known == held | aliases


@pytest.mark.parametrize(
    ("backend", "knob", "release", "flag"),
    [
        ("vllm", "gpu_memory_utilization", "3.6.4", "gpu_memory_utilization"),
        ("vllm", "gpu_memory_utilization", "3.7.0", "vllm_gpu_memory_utilization"),
        ("vllm", "max_lora_rank", "3.0.0", "vllm_max_lora_rank"),
        ("vllm", "engine_kwargs", "3.9.3", None),
        ("sglang", "gpu_memory_utilization", "4.6.0", "sglang_mem_fraction_static"),
        ("sglang", "gpu_memory_utilization", "3.5.3", None),
        ("lmdeploy", "gpu_memory_utilization", "3.6.4", "cache_max_entry_count"),
        ("lmdeploy", "tensor_parallel_size", "4.6.0", "lmdeploy_tp"),
        ("transformers", "max_num_seqs", "4.6.0", "max_batch_size"),
        ("transformers", "gpu_memory_utilization", "4.6.0", None),
    ],
)  # fmt: skip
def test_a_knob_has_the_name_of_its_backend_and_release(backend: str, knob: str, release: str, flag: str | None):
    assert flag_name(backend, knob, Version(release)) == flag  # type: ignore[arg-type]


def test_what_has_no_flag_goes_into_the_engine_keywords_from_3_10_on():
    assert route("vllm", "kv_cache_dtype", Version("4.6.0")) == Route("vllm_engine_kwargs", "kv_cache_dtype")
    assert route("vllm", "kv_cache_dtype", Version("3.9.3")) is None
    assert route("sglang", "kv_cache_dtype", Version("3.9.3")) == Route("sglang_kv_cache_dtype")
    assert route("vllm", "max_model_len", Version("3.9.3")) == Route("vllm_max_model_len")


@pytest.mark.parametrize(
    ("name", "release", "reader"),
    [
        ("vllm_max_model_len", "4.6.0", "vllm"),
        ("tensor_parallel_size", "3.6.4", "vllm"),
        ("tensor_parallel_size", "3.8.0", "vllm"),
        ("max_model_len", "3.8.0", None),
        ("max_model_len", "3.6.4", "vllm"),
        ("tp", "3.6.4", "lmdeploy"),
        ("sglang_tp_size", "3.6.4", "sglang"),
        ("model", "3.6.4", None),
    ],
)
def test_a_flag_has_one_reader_or_all(name: str, release: str, reader: str | None):
    assert owner(name, Version(release)) == reader


def test_transformers_was_called_pt_before_4():
    assert [backend_word("transformers", Version(release)) for release in ("3.12.6", "4.0.0")] == ["pt", "transformers"]
    assert backend_word("vllm", Version("3.0.0")) == "vllm"


@pytest.mark.parametrize(
    ("written", "release", "meant"),
    [
        ("gpu_memory_utilization", "4.6.0", "vllm_gpu_memory_utilization"),
        ("gpu-memory-utilization", "4.6.0", "vllm_gpu_memory_utilization"),
        ("vllm_limit_mm_per_prompt", "3.5.1", "limit_mm_per_prompt"),
        ("tp", "4.6.0", "lmdeploy_tp"),
        ("model_id_or_path", "4.6.0", "model"),
        ("vllm_gpu_memory_utilisation", "4.6.0", "vllm_gpu_memory_utilization"),
        ("max_memry", "4.6.0", "max_memory"),
        ("foo", "4.6.0", None),
    ],
)
def test_an_unknown_name_brings_the_one_that_was_meant(written: str, release: str, meant: str | None):
    assert suggestion(written, read_catalog(Version(release))) == meant
