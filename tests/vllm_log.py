"""What vLLM prints while it starts, and when it fails, from the format strings of its releases and our own account.

Every line was read in the sources of 0.8.5 to 0.32.0 for the CPU, which carry the code for cards too; the places are
those that swiftcfg/serverlog/sightings.py names.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from packaging.version import Version

from swiftcfg.units import GIB

#: From here on amounts are rounded to two decimals and lose their zeros (vllm/utils/mem_utils.py, format_gib).
_FORMAT_GIB = Version("0.14.0")
#: Who writes: the engine from 0.10.2 on, without its number from 0.17 on (vllm/v1/utils.py, set_process_title).
_PREFIXED, _UNNUMBERED = Version("0.10.0"), Version("0.17.0")
_GRAPH_ESTIMATE = Version("0.18.0")
_ONE_LINE = Version("0.32.0")

Account = Mapping[str, Any]


def gib(amount: float, version: Version) -> str:
    return f"{round(amount / GIB, 2)}" if version >= _FORMAT_GIB else f"{amount / GIB:.2f}"


@dataclass(frozen=True)
class Engine:
    """An engine of one release that was given what ``account`` says: ``memory`` of ``swiftcfg plan --format json``.

    ``shares`` replaces amounts, by the name of the term: 1.1 is a tenth more than planned.
    """

    version: Version
    account: Account
    ranks: int = 1
    shares: Mapping[str, float] = field(default_factory=dict)

    def amount(self, *names: str) -> float:
        terms = {term["name"]: term["best_bytes"] for term in self.account["terms"]}
        return sum(terms.get(name, 0) * self.shares.get(name, 1) for name in names)

    def line(self, place: str, text: str, rank: int = 0) -> str:
        head = f"INFO 11-22 10:00:00 [{place}] {text}"
        if self.version < _PREFIXED:
            return head
        engine = "EngineCore" if self.version >= _UNNUMBERED else "EngineCore_DP0"
        return f"({f'Worker_TP{rank}' if self.ranks > 1 else engine} pid={71 + rank}) {head}"

    def start(self) -> Iterator[str]:
        """All that is printed from the first line of the engine to the last one before it serves."""
        yield self.line("core.py:76", f"Initializing a V1 LLM engine (v{self.version}) with config: model='m'")
        for rank in range(self.ranks):
            yield from self._rank(rank)
        yield from self._cache()
        yield "Capturing CUDA graphs (mixed prefill-decode, PIECEWISE):  50%|█████     | 4/8 [00:01<00:01,  3.9it/s]"
        graphs = self.amount("cuda graphs") / GIB
        yield self.line("gpu_model_runner.py:3480", f"Graph capturing finished in 2 secs, took {graphs:.2f} GiB")

    def _rank(self, rank: int) -> Iterator[str]:
        weights = self.amount("weights", "loader tables")
        shown = (
            f"{gib(weights, self.version)} GiB memory" if self.version >= _FORMAT_GIB else f"{weights / GIB:.4f} GiB"
        )
        yield self.line("gpu_model_runner.py:2602", "Starting to load model m...", rank)
        yield "Loading safetensors checkpoint shards: 100% Completed | 5/5 [00:03<00:00,  1.60it/s]"
        yield self.line("gpu_model_runner.py:2653", f"Model loading took {shown} and 4.123456 seconds", rank)
        if item := self.account["profiled_item"]:
            yield self.line("gpu_model_runner.py:3345", self._encoder(item), rank)
        if self.version >= _GRAPH_ESTIMATE:
            estimate = self.amount("cuda graphs") / GIB
            yield self.line("gpu_model_runner.py:6518", f"Estimated CUDA graph memory: {estimate:.2f} GiB total", rank)
        if self.version >= Version("0.9.2"):
            cache = gib(self.amount("kv cache"), self.version)
            yield self.line("gpu_worker.py:298", f"Available KV cache memory: {cache} GiB", rank)

    def _encoder(self, item: Mapping[str, Any]) -> str:
        return (
            f"Encoder cache will be initialized with a budget of {self.account['encoder_cache_tokens']} tokens, and "
            f"profiled with {item['items']} {item['modality']} items of the maximum feature size."
        )

    def _cache(self) -> Iterator[str]:
        length = self.account["max_model_len"]
        tokens = int(self.amount("kv cache") / self.account["kv_bytes_per_token"])
        size = f"GPU KV cache size: {tokens:,} tokens"
        most = f"Maximum concurrency for {length:,} tokens per request: {tokens / length:.2f}x"
        texts = (f"{size}, {most}",) if self.version >= _ONE_LINE else (size, most)
        yield from (self.line("kv_cache_utils.py:1087", text) for text in texts)


def refused_at_start(engine: Engine, free: float, share: float) -> str:
    """ValueError of the check before anything is loaded (vllm@0.23.0:vllm/v1/worker/utils.py:415-423)."""
    total = engine.amount("total")
    free_, total_, asked = (gib(amount, engine.version) for amount in (free, total, total * share))
    return (
        f"ValueError: Free memory on device cuda:0 ({free_}/{total_} GiB) on startup is less than desired GPU memory "
        f"utilization ({share}, {asked} GiB). Decrease GPU memory utilization or reduce GPU memory used by other "
        "processes."
    )


def no_room_for_a_request(engine: Engine, available: float, fitting: int) -> str:
    """ValueError of the cache (vllm@0.11.0:vllm/v1/core/kv_cache_utils.py)."""
    length = engine.account["max_model_len"]
    needed = gib(length * engine.account["kv_bytes_per_token"], engine.version)
    return (
        f"ValueError: To serve at least one request with the models's max seq len ({length}), ({needed} GiB KV cache "
        f"is needed, which is larger than the available KV cache memory ({gib(available, engine.version)} GiB). "
        f"Based on the available memory, the estimated maximum model length is {fitting}. Try increasing "
        "`gpu_memory_utilization` or decreasing `max_model_len` when initializing the engine."
    )


def out_of_memory(engine: Engine, wanted: float, free: float) -> str:
    """torch.OutOfMemoryError (torch@2.8:c10/cuda/CUDACachingAllocator.cpp)."""
    sizes = (f"{amount / GIB:.2f} GiB" for amount in (wanted, engine.amount("total"), free))
    asked, total, there = sizes
    return (
        f"torch.OutOfMemoryError: CUDA out of memory. Tried to allocate {asked}. GPU 0 has a total capacity of {total} "
        f"of which {there} is free. Including non-PyTorch memory, this process has 70.00 GiB memory in use."
    )
