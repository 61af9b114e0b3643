"""Sightings: the lines of ms-swift, vLLM, transformers and uvicorn that tell how a start goes, by their wording.

Groups of a pattern say what is read: ``done`` and ``total`` count a stage, ``host`` and ``port`` are where it
listens, ``name`` and ``value`` are a setting. Any other group is a measured figure, named with its scale at the end:
``kv_cache_gib`` is the kv cache in GiB.
"""

import re
from typing import Literal

from swiftcfg.serverlog.figures import compiled
from swiftcfg.values import dataclass

#: The stages of a start in their order. A server without graphs, or of another engine, leaves some out.
STAGES = ("imports", "config", "weights", "profiling", "KV cache", "graph capture", "serving")


@dataclass(frozen=True, slots=True)
class Sighting:
    """``word`` is in every such line, in few others, and looked for first. ``{n}`` in ``pattern`` is a number."""

    word: str
    pattern: str
    source: str
    stage: str | None = None
    applied: str = ""
    origin: Literal["environment", "default", "program"] = "program"

    def search(self, line: str) -> re.Match[str] | None:
        return compiled(self.pattern).search(line)


def _stage(stage: str, word: str, source: str, pattern: str | None = None) -> Sighting:
    return Sighting(word, re.escape(word) if pattern is None else pattern, source, stage)


_BAR = r"(?<!\d)(?P<done>\d{1,9})/(?P<total>\d{1,9}) \["

_STAGES = (
    _stage("imports", "run sh: ", "ms-swift@4.6.0:swift/cli/main.py:99"),
    _stage("imports", "Successfully registered", "ms-swift@4.6.0:swift/dataset/register.py"),
    _stage("config", "with trust_remote_code=", "ms-swift@4.6.0:swift/model/model_meta.py:208", "Loading model from"),
    _stage("config", "Loading the model using model_dir:", "ms-swift@3.0.0, ms-swift@4.6.0:swift/utils/hub_utils.py"),
    _stage("config", " args: ", "ms-swift@4.6.0:swift/pipelines/base.py:20", r"swift\] args: \w*Deploy"),
    _stage("config", " LLM engine (v", "vllm@0.8.5:vllm/v1/engine/core.py:58"),
    _stage("weights", "model_kwargs: {", "ms-swift@3.0.0:swift/llm/model/register.py, 4.6.0:swift/model/register.py"),
    _stage("weights", "Starting to load model", "vllm@0.8.5, vllm@0.32.0:vllm/v1/worker/gpu_model_runner.py"),
    _stage("weights", "shards", "transformers@4.57, vllm@0.32.0:weight_utils.py:525", rf"checkpoint shards.*?{_BAR}"),
    _stage("weights", "Loading weights:", "transformers@5.0:core_model_loading.py", rf"Loading weights:.*?{_BAR}"),
    _stage("profiling", "Model loading took", "vllm@0.8.5, vllm@0.32.0:vllm/v1/worker/gpu_model_runner.py"),
    _stage("profiling", "Encoder cache will be", "vllm@0.8.5:vllm/v1/worker/gpu_model_runner.py:1621"),
    _stage("profiling", "for vLLM's torch.compile", "vllm@0.11.0:vllm/compilation/backends.py:548"),
    _stage("profiling", "Memory profiling takes", "vllm@0.8.5:vllm/worker/worker.py:271"),
    _stage("KV cache", "KV cache memory: ", "vllm@0.9.2:vllm/v1/worker/gpu_worker.py:232", "Available KV cache memory"),
    _stage("KV cache", "KV cache size: ", "vllm@0.8.5:vllm/v1/core/kv_cache_utils.py:634"),
    _stage("KV cache", "GiB for KV cache", "vllm@0.32.0:vllm/v1/worker/cpu_worker.py:229,251"),
    _stage("KV cache", " CPU blocks: ", "vllm@0.8.5:vllm/executor/executor_base.py:112"),
    _stage("graph capture", "Capturing", "vllm@0.8.5, vllm@0.32.0", rf"Capturing .*?[Gg]raphs?\b.*?{_BAR}"),
    _stage("graph capture", "raph capturing finished", "vllm@0.8.5:vllm/v1/worker/gpu_model_runner.py:1686"),
    _stage(
        "serving", "Uvicorn running on", "uvicorn/server.py _log_started_message",
        r"Uvicorn running on https?://(?P<host>\[[^\]]*\]|[^:\s/]+):(?P<port>\d{1,5})\b",
    ),
)  # fmt: skip

#: The figures of a start. Each line was read in every release from 0.8.5 to 0.32.0; the first that has it is named.
_FIGURES = (
    Sighting("Model loading took", r"took {weights_gib} GiB", "vllm@0.8.5:vllm/v1/worker/gpu_model_runner.py:1347"),
    Sighting("Model loading took", r"took {weights_gib} GB", "vllm@0.7.3, vllm@0.8.1: GiB by value, called GB"),
    Sighting("oading model weights took", r"took {weights_gib} GB", "vllm@0.6.6:vllm/worker/model_runner.py"),
    Sighting(
        "Checkpoint size: ", r"Checkpoint size: {checkpoint_gib} GiB",
        "vllm@0.20.0:vllm/model_executor/model_loader/weight_utils.py:905",
    ),
    Sighting(
        "KV cache memory: ", r"Available KV cache memory: {kv_cache_gib} GiB",
        "vllm@0.9.2:vllm/v1/worker/gpu_worker.py:232",
    ),
    Sighting(
        "GiB for KV cache", r"(?:Explicitly|Auto) set \({kv_cache_gib}/",
        "vllm@0.32.0:vllm/v1/worker/cpu_worker.py:229,251",
    ),
    Sighting("kv cache memory in use", r"in use is {kv_cache_bytes} bytes", "vllm@0.10.2:vllm/v1/worker/gpu_worker.py"),
    Sighting("kv cache memory in use", r"in use is {kv_cache_gib} GiB", "vllm@0.20.0:vllm/v1/worker/gpu_worker.py:660"),
    Sighting(
        "KV cache size: ", r"KV cache size: {kv_capacity_tokens} tokens",
        "vllm@0.8.5:vllm/v1/core/kv_cache_utils.py:634",
    ),
    Sighting(
        "Maximum concurrency for", r"for {max_model_len_tokens} tokens per request: {concurrency_times}x",
        "vllm@0.8.5:vllm/v1/core/kv_cache_utils.py:637",
    ),
    Sighting(
        " CPU blocks: ", r"# \w+ blocks: {gpu_cache_blocks}, # CPU", "vllm@0.8.5:vllm/executor/executor_base.py:112",
    ),
    Sighting("num_gpu_blocks is: ", r"num_gpu_blocks is: {gpu_cache_blocks}", "vllm@0.9.2:vllm/v1/metrics/loggers.py"),
    Sighting(
        "raph capturing finished", r"took {cuda_graphs_gib} GiB",
        "vllm@0.8.5:vllm/v1/worker/gpu_model_runner.py:1686",
    ),
    Sighting(
        "CUDA graph memory: ", r"Estimated CUDA graph memory: {cuda_graph_estimate_gib} GiB total",
        "vllm@0.18.0:vllm/v1/worker/gpu_model_runner.py:5687",
    ),
    Sighting(
        "Encoder cache will be", r"budget of {encoder_cache_tokens} tokens, and profiled with {profiled_media_items} ",
        "vllm@0.8.5:vllm/v1/worker/gpu_model_runner.py:1621",
    ),
    Sighting(
        "Encoder cache will be", r"profiled with \d+ (?P<value>\w+) items",
        "vllm@0.8.5:vllm/v1/worker/gpu_model_runner.py:1621", applied="profiled modality",
    ),
    Sighting(
        "GiB) on startup. Desired", r"\({free_gib}/{total_gib} GiB\).*?\({utilization_share}, {budget_gib} GiB\)",
        "vllm@0.10.2:vllm/v1/worker/gpu_worker.py:373",
    ),
    Sighting("Actual usage is ", r"usage is {weights_gib} GiB for weight,", "vllm@0.10.2:vllm/v1/worker/gpu_worker.py"),
    Sighting(
        "Actual usage is ", r"usage is {consumed_gib} GiB for consumed",
        "vllm@0.28.0:vllm/v1/worker/gpu_worker.py:789",
    ),
    Sighting(
        "Actual usage is ", r"weight, {activation_gib} GiB for peak activation, {non_torch_gib} GiB for non-torch",
        "vllm@0.10.2:vllm/v1/worker/gpu_worker.py:379",
    ),
    Sighting(
        "Actual usage is ", r"non-torch\), {activation_and_graphs_gib} GiB for peak activation",
        "vllm@0.28.0:vllm/v1/worker/gpu_worker.py: the estimate of the graphs is in it",
    ),
    Sighting(
        "Actual usage is ", r"and {cuda_graphs_gib} GiB for CUDAGraph",
        "vllm@0.10.2:vllm/v1/worker/gpu_worker.py:379",
    ),
    Sighting(
        "total_gpu_memory (", r"\({total_gib}GiB\) x gpu_memory_utilization \({utilization_share}\) = {budget_gib}GiB",
        "vllm@0.8.5:vllm/worker/worker.py:271",
    ),
    Sighting(
        "model weights take ", r"take {weights_gib}GiB; non_torch_memory takes {non_torch_gib}GiB; PyTorch activation "
        r"peak memory takes {activation_gib}GiB; the rest of the memory reserved for KV Cache is {kv_cache_gib}GiB",
        "vllm@0.8.5:vllm/worker/worker.py:271",
    ),
    Sighting(
        "total_gpu_memory=", r"total_gpu_memory={total_gib}GiB.*? non_torch_memory={non_torch_gib}GiB "
        r"kv_cache_size={kv_cache_gib}GiB gpu_memory_utilization={utilization_share}",
        "vllm@0.6.4:vllm/worker/worker.py",
    ),
)  # fmt: skip

_ENVIRONMENT = r"Using environment variable `\w+`, Setting (?P<name>\w+): (?P<value>.*)\.$"
_DEFAULT = r"Setting (?P<name>\w+): (?P<value>.*?)\. You can adjust this hyperparameter"

_SETTINGS = (
    Sighting(
        "Using environment variable `", _ENVIRONMENT, "ms-swift@3.0.0, ms-swift@4.6.0:swift/utils/utils.py:278",
        origin="environment",
    ),
    Sighting(
        ". You can adjust this hyp", _DEFAULT, "ms-swift@3.0.0, ms-swift@4.6.0:swift/utils/utils.py:272",
        origin="default",
    ),
    Sighting(
        ":swift] Setting ", r"\] Setting (?:args\.)?(?P<name>\w+): (?P<value>(?:(?! You can adjust).)*)$",
        "ms-swift@4.6.0:swift/model/model_meta.py:284,297, swift/infer_engine/vllm_engine.py:226",
    ),
    Sighting(
        "Using max model len ", r"max model len (?P<value>\d+)", "vllm@0.9.2:vllm/config.py:1472",
        applied="max_model_len",
    ),
    Sighting(
        "enabled with max_num_batched", r"tokens=(?P<value>\d+)", "vllm@0.8.5:vllm/config.py:2004",
        applied="max_num_batched_tokens",
    ),
    Sighting(
        " LLM engine (v", r"engine \(v(?P<value>[^)\s]+)\)", "vllm@0.8.5:vllm/v1/engine/core.py:58",
        applied="vllm",
    ),
    Sighting(
        "swift.__version__: ", r"__: (?P<value>\S+)", "ms-swift@4.6.0:swift/pipelines/base.py",
        applied="ms-swift",
    ),
)  # fmt: skip

SIGHTINGS = (*_STAGES, *_FIGURES, *_SETTINGS)
