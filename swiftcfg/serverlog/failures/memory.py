"""Failures of memory: what backing off starts from, so each carries what was wanted and what there was."""

from collections.abc import Mapping

from swiftcfg.serverlog.failures.failure import Failure, Kind

_LESS = (
    "lower <gpu_memory_utilization> if the rest of the card is taken, lower MAX_PIXELS, <max_num_batched_tokens> or "
    "<max_num_seqs> if not"
)
_SPREAD = (
    "make requests smaller with MAX_PIXELS and <max_num_seqs>, set <attn_impl> flash_attn, or spread the model over "
    "more cards with CUDA_VISIBLE_DEVICES"
)
_WEIGHTS = (
    "end what else is on the card, spread the model over more cards with <tensor_parallel_size>, or serve a quantised "
    "build"
)
_PROFILE = (
    "lower what the first run holds: MAX_PIXELS with mm_processor_kwargs, <limit_mm_per_prompt> (0 for what is not "
    "served), <max_num_batched_tokens> or <max_num_seqs>"
)
_GRAPHS = (
    "lower <gpu_memory_utilization>, or set <enforce_eager> true: CUDA graphs are captured after the cache has its "
    "memory"
)
_GROWTH = (
    "leave more outside the engine's share: lower <gpu_memory_utilization>; or make requests smaller with MAX_PIXELS"
)
_BY_STAGE: Mapping[str, tuple[Kind, str]] = {
    "transformers": ("cuda oom", _SPREAD),
    "weights": ("cuda oom", _WEIGHTS),
    "profiling": ("profile memory", _PROFILE),
    "KV cache": ("cuda oom", "lower <gpu_memory_utilization>: the cache took what other buffers need"),
    "graph capture": ("cuda oom", _GRAPHS),
    "serving": ("cuda oom", _GROWTH),
}

#: torch 2.1 and later; 2.0 and before; without figures.
_OOM = (
    (
        r"{wanted_size}\. GPU (?P<gpu>\d+) has a total capacity of {total_size} of which {available_size} is free",
        "the card had {available} of {total} free and {wanted} more were wanted",
        "torch@2.1:c10/cuda/CUDACachingAllocator.cpp",
    ),
    (
        r"{wanted_size} \(GPU (?P<gpu>\d+); {total_size} total capacity;.*?{available_size} free;",
        "the card had {available} of {total} free and {wanted} more were wanted",
        "torch@1.13, torch@2.0:c10/cuda/CUDACachingAllocator.cpp",
    ),
    (r"Tried to allocate {wanted_size}", "the card had no room for {wanted} more", "torch (HIP, NPU and others)"),
)

MEMORY = (
    Failure(
        "start check", "on startup is less than",
        r"Free memory on device.*?\({available_gib}/{total_gib} GiB\) on startup is less than .*?"
        r"\({utilization_share}, {needed_gib} GiB\)",
        "the engine was to take {needed} of the card, and {available} of {total} were free when it started",
        "end what else is on the card, or set <gpu_memory_utilization> to {largest} at most",
        "vllm@0.9.2:vllm/v1/worker/gpu_worker.py:146, vllm@0.32.0:vllm/v1/worker/utils.py:742,763",
    ),
    Failure(
        "start check", "on startup is less than",
        r"Available memory on node \d+ \({available_gib}/{total_gib} GiB\) on startup is less than .*?"
        r"\({utilization_share}, {needed_gib} GiB\)",
        "the engine was to take {needed} of the machine's memory, and {available} of {total} were free",
        "end what else takes memory, or set <gpu_memory_utilization> to {largest} at most",
        "vllm@0.32.0:vllm/v1/worker/cpu_worker.py:84",
    ),
    Failure(
        "profile memory", "on kv cache allocation is less than", r"for kv \(-{missing_gib}/{budget_gib} GiB\)",
        "the engine was to take {budget} of the machine's memory, and took more before it had a cache",
        "raise <gpu_memory_utilization>, or set VLLM_CPU_KVCACHE_SPACE",
        "vllm@0.32.0:vllm/v1/worker/cpu_worker.py:242",
    ),
    Failure(
        "kv memory", "on kv cache allocation is less than",
        r"\({available_gib}/{total_gib} GiB\) on kv cache allocation is less than .*? kv \({needed_gib}[ /]",
        "the cache was to take {needed} of the machine's memory, and {available} of {total} were free",
        "lower VLLM_CPU_KVCACHE_SPACE or <kv_cache_memory_bytes>", "vllm@0.32.0:vllm/v1/worker/cpu_worker.py:220,242",
    ),
    Failure(
        "kv memory", "GiB KV cache is needed",
        r"max seq len \({max_model_len_tokens}\), \({needed_gib} GiB KV cache is needed, .*?memory \({available_gib} "
        r"GiB\).*?estimated maximum model length is {fitting_tokens}",
        "one request of {max_model_len} tokens needs {needed} of cache, and {available} are left for it",
        "set <max_model_len> to {fitting} at most, or raise <gpu_memory_utilization> if the card has room",
        "vllm@0.8.5:vllm/v1/core/kv_cache_utils.py:546, vllm@0.32.0:...:1025",
    ),
    Failure(
        "kv memory", "GiB KV cache is needed",
        r"max seq len \({max_model_len_tokens}\), \({needed_gib} GiB KV cache is needed, .*?memory \({available_gib} "
        r"GiB\)", "one request of {max_model_len} tokens needs {needed} of cache, and {available} are left for it",
        "lower <max_model_len>, or raise <gpu_memory_utilization> if the card has room",
        "vllm@0.8.5:vllm/v1/core/kv_cache_utils.py:546",
    ),
    Failure(
        "kv memory", "Cannot auto-fit max_model_len", "", "what is left for the cache does not hold a single token",
        "raise <gpu_memory_utilization> if the card has room", "vllm@0.32.0:vllm/v1/core/kv_cache_utils.py:2455",
    ),
    Failure(
        "cuda oom", "not enough GPU memory", r"Failed to load model - not enough GPU memory(?!.*ried to allocate)",
        "the card had no room for the weights", _WEIGHTS, "vllm@0.32.0:vllm/v1/worker/gpu_model_runner.py:5140",
    ),
    Failure(
        "kv memory", "tokens that can be stored in KV cache",
        r"max seq len \({max_model_len_tokens}\) is larger than .*? KV cache \({fitting_tokens}\)",
        "the cache holds {fitting} tokens, and one request may have {max_model_len}",
        "set <max_model_len> to {fitting} at most, or raise <gpu_memory_utilization> if the card has room",
        "vllm@0.8.5:vllm/worker/worker.py raise_if_cache_size_invalid",
    ),
    Failure(
        "profile memory", "No available memory for the cache blocks", "",
        "weights and the first run took all that the engine was given, so nothing is left for the cache",
        "raise <gpu_memory_utilization> if the card has room; else lower MAX_PIXELS with mm_processor_kwargs, "
        "<limit_mm_per_prompt> (0 for what is not served), <max_num_batched_tokens> or <max_num_seqs>",
        "vllm@0.8.5:vllm/v1/core/kv_cache_utils.py:527, vllm@0.32.0:...:1010",
    ),
    Failure(
        "profile memory", "Error in memory profiling", "",
        "memory of the card was released by another process while the engine measured",
        "start again when nothing else starts or ends on this card",
        "vllm@0.8.5:vllm/v1/worker/gpu_worker.py:189, vllm@0.32.0:vllm/v1/worker/gpu_worker.py:720",
    ),
    Failure(
        "profile memory", "out of memory occurred when warming up", r"with {requests_items} dummy requests",
        "the card had no room to sample for {requests} requests at once",
        "lower <max_num_seqs> below {requests}, or <gpu_memory_utilization>",
        "vllm@0.8.5:vllm/v1/worker/gpu_model_runner.py:1549", refines=("cuda oom", "profile memory"),
    ),
    *(Failure("cuda oom", "ried to allocate", f"out of memory.*?{pattern}", sentence, _LESS, source, _BY_STAGE)
      for pattern, sentence, source in _OOM),
    *(Failure("cuda oom", word, "", "the card had no room left", _LESS, "CUDA runtime, driver and cuBLAS", _BY_STAGE)
      for word in ("CUDA error: out of memory", "CUDA driver error: out of memory", "CUBLAS_STATUS_ALLOC_FAILED",
                   "cudaErrorMemoryAllocation", "CUDA out of memory")),
)  # fmt: skip
