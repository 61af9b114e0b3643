"""What lines tell of a start: stages, the address, settings, figures; each kind of line by its own case."""

import json
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swiftcfg.launch.measured import measured_record
from swiftcfg.serverlog import (
    LONGEST_LINE,
    STAGES,
    Applied,
    Event,
    Lines,
    Listening,
    Measured,
    Stage,
    events_in,
    events_of,
    figures_of,
    furthest,
)
from swiftcfg.serverlog.sightings import SIGHTINGS
from swiftcfg.units import GIB

OUTPUTS = Path(__file__).parent / "data" / "server_outputs"

#: Half of what two and four decimals of a GiB leave open.
CENT, FINE = 5368710, 53688


def _gib(name: str, amount: float, rounding: int = CENT) -> Measured:
    return Measured(name, round(amount * GIB), "bytes", rounding)


V0 = "INFO 03-13 10:00:00 worker.py:267] "
V1 = "(EngineCore_DP0 pid=71) INFO 11-22 10:00:00 [gpu_worker.py:298] "
LINES: dict[str, tuple[Event, ...]] = {
    "run sh: `python swift/cli/deploy.py --model m`": (Stage("imports"),),
    "[INFO:swift] Successfully registered `dataset_info.json`.": (Stage("imports"),),
    "[WARNING:swift] Loading model from '/models/m' with trust_remote_code=True. This": (Stage("config"),),
    "[INFO:swift] Loading the model using model_dir: /models/m": (Stage("config"),),
    "[INFO:swift] args: DeployArguments(use_ray=False, model='/models/m')": (Stage("config"),),
    V1 + "Initializing a V1 LLM engine (v0.11.0) with config: model='m'": (Stage("config"), Applied("vllm", "0.11.0")),
    "[INFO:swift] model_kwargs: {'device_map': 'cpu'}": (Stage("weights"),),
    V1 + "Starting to load model /models/m...": (Stage("weights"),),
    "Loading safetensors checkpoint shards:  50% Completed | 2/4 [00:01<00:01, 1.9it/s]": (Stage("weights", 2, 4),),
    "Loading checkpoint shards: 100%|██████| 4/4 [00:02<00:00,  1.50it/s]": (Stage("weights", 4, 4),),
    "Loading weights:   0%|          | 0/56 [00:00<?, ?it/s]": (Stage("weights", 0, 56),),
    V1 + "Model loading took 15.6271 GiB and 4.1 seconds": (Stage("profiling"), _gib("weights", 15.6271, FINE)),
    V1 + "Model loading took 16.8 GiB memory and 4.1 seconds": (Stage("profiling"), _gib("weights", 16.8)),
    V0 + "Model loading took 8.9031 GB and 4.1 seconds": (Stage("profiling"), _gib("weights", 8.9031, FINE)),
    V0 + "Loading model weights took 14.9888 GB": (_gib("weights", 14.9888, FINE),),
    V1 + "Filesystem type for checkpoints: EXT4. Checkpoint size: 15.45 GiB. Available RAM: 60.0 GiB.": (
        _gib("checkpoint", 15.45),
    ),
    V1 + "Encoder cache will be initialized with a budget of 16384 tokens, and profiled with 1 image items of the "
    "maximum feature size.": (
        Stage("profiling"),
        Measured("encoder cache", 16384, "tokens"),
        Measured("profiled media", 1, "items"),
        Applied("profiled modality", "image"),
    ),
    V1 + "Using cache directory: /c for vLLM's torch.compile": (Stage("profiling"),),
    V0 + "Memory profiling takes 4.20 seconds": (Stage("profiling"),),
    V1 + "Available KV cache memory: -14.28 GiB": (Stage("KV cache"), _gib("kv cache", -14.28)),
    V1 + "Explicitly set (1.0/23.54) GiB for KV cache on node 0.": (Stage("KV cache"), _gib("kv cache", 1)),
    V1 + "GPU KV cache size: 163,568 tokens": (Stage("KV cache"), Measured("kv capacity", 163568, "tokens")),
    V1 + "Maximum concurrency for 4,096 tokens per request: 39.93x": (
        Measured("max model len", 4096, "tokens"),
        Measured("concurrency", 39.93, "times"),
    ),
    V1 + "CPU KV cache size: 4,194,304 tokens, Maximum concurrency for 4,096 tokens per request: 1024.00x": (
        Stage("KV cache"),
        Measured("kv capacity", 4194304, "tokens"),
        Measured("max model len", 4096, "tokens"),
        Measured("concurrency", 1024.0, "times"),
    ),
    V0 + "# cuda blocks: 5102, # CPU blocks: 4681": (Stage("KV cache"), Measured("gpu cache", 5102, "blocks")),
    V1 + "Engine 000: vllm cache_config_info with initialization after num_gpu_blocks is: 6297": (
        Measured("gpu cache", 6297, "blocks"),
    ),
    "Capturing CUDA graphs (mixed prefill-decode, PIECEWISE):  43%|████▎     | 29/67 [00:01<00:01]": (
        Stage("graph capture", 29, 67),
    ),
    V1 + "Graph capturing finished in 21 secs, took 0.51 GiB": (Stage("graph capture"), _gib("cuda graphs", 0.51)),
    V1 + "Estimated CUDA graph memory: 0.58 GiB total": (_gib("cuda graph estimate", 0.58),),
    V1 + "Free memory on device (23.08/23.53 GiB) on startup. Desired GPU memory utilization is (0.8, 18.82 GiB). "
    "Actual usage is 8.8 GiB for weight, 1.4 GiB for peak activation, 0.02 GiB for non-torch memory, and 0.68 GiB for "
    "CUDAGraph memory. Replace gpu_memory_utilization config with `--kv-cache-memory=8347223347` to fit into requested "
    "memory, or `--kv-cache-memory=12923195904` to fully utilize gpu memory. Current kv cache memory in use is "
    "9232221491 bytes.": (
        Measured("kv cache", 9232221491, "bytes"),
        _gib("free", 23.08),
        _gib("total", 23.53),
        Measured("utilization", 0.8, "share"),
        _gib("budget", 18.82),
        _gib("weights", 8.8),
        _gib("activation", 1.4),
        _gib("non torch", 0.02),
        _gib("cuda graphs", 0.68),
    ),
    V1
    + "Free memory on device (78.7/79.2 GiB) on startup. Desired GPU memory utilization is (0.92, 72.86 GiB). Actual "
    "usage is 17.1 GiB for consumed memory (weights + non-torch), 2.4 GiB for peak activation, and 0.71 GiB for "
    "CUDAGraph memory. Replace gpu_memory_utilization config with `--kv-cache-memory=1` (0.0 GiB) to fit into "
    "requested memory, or `--kv-cache-memory=2` (0.0 GiB) to fully utilize gpu memory. Current kv cache memory in "
    "use is 53.36 GiB.": (
        _gib("kv cache", 53.36),
        _gib("free", 78.7),
        _gib("total", 79.2),
        Measured("utilization", 0.92, "share"),
        _gib("budget", 72.86),
        _gib("consumed", 17.1),
        _gib("activation and graphs", 2.4),
        _gib("cuda graphs", 0.71),
    ),
    "the current vLLM instance can use total_gpu_memory (23.67GiB) x gpu_memory_utilization (0.90) = 21.30GiB": (
        _gib("total", 23.67),
        Measured("utilization", 0.9, "share"),
        _gib("budget", 21.3),
    ),
    "model weights take 15.51GiB; non_torch_memory takes 0.28GiB; PyTorch activation peak memory takes 1.16GiB; the "
    "rest of the memory reserved for KV Cache is 4.36GiB.": (
        _gib("weights", 15.51),
        _gib("non torch", 0.28),
        _gib("activation", 1.16),
        _gib("kv cache", 4.36),
    ),
    V0 + "Memory profiling results: total_gpu_memory=23.58GiB initial_memory_usage=15.34GiB peak_torch_memory=17.06GiB "
    "memory_usage_post_profile=15.44GiB non_torch_memory=0.35GiB kv_cache_size=3.81GiB gpu_memory_utilization=0.90": (
        _gib("total", 23.58),
        _gib("non torch", 0.35),
        _gib("kv cache", 3.81),
        Measured("utilization", 0.9, "share"),
    ),
    "[INFO:swift] Using environment variable `IMAGE_MAX_TOKEN_NUM`, Setting image_max_token_num: 1280.": (
        Applied("image_max_token_num", "1280", "environment"),
    ),
    "[INFO:swift] Setting fps: 2.0. You can adjust this hyperparameter through the environment variable: `FPS`.": (
        Applied("fps", "2.0", "default"),
    ),
    "[INFO:swift] Setting torch_dtype: torch.bfloat16": (Applied("torch_dtype", "torch.bfloat16"),),
    "[INFO:swift] Setting args.lazy_tokenize: True": (Applied("lazy_tokenize", "True"),),
    V1 + "Using max model len 32768": (Applied("max_model_len", "32768"),),
    V1 + "Chunked prefill is enabled with max_num_batched_tokens=8192.": (Applied("max_num_batched_tokens", "8192"),),
    "[INFO:swift] swift.__version__: 4.6.0": (Applied("ms-swift", "4.6.0"),),
    "INFO:     Uvicorn running on http://0.0.0.0:8001 (Press CTRL+C to quit)": (
        Stage("serving"),
        Listening("0.0.0.0", 8001),  # noqa: S104
    ),
    "INFO:     Uvicorn running on https://[::1]:8443 (Press CTRL+C to quit)": (
        Stage("serving"),
        Listening("::1", 8443),
    ),
    'INFO:     127.0.0.1:40000 - "POST /v1/chat/completions HTTP/1.1" 200 OK': (),
    "": (),
}


@pytest.mark.parametrize(("line", "events"), LINES.items())
def test_a_line_tells_these_events(line: str, events: tuple[Event, ...]):
    assert sorted(map(repr, events_of(line))) == sorted(map(repr, events))


@pytest.mark.parametrize("sighting", SIGHTINGS, ids=lambda sighting: sighting.word)
def test_every_sighting_has_its_line(sighting):
    lines = [line for line in LINES if sighting.search(line)]
    assert lines
    assert all(
        sighting.word in line for line in lines if events_of(line) and sighting.search(line) and sighting.word in line
    )
    assert any(sighting.word in line for line in lines)
    assert sighting.stage is None or sighting.stage in STAGES


def test_many_lines_tell_what_each_of_them_tells():
    assert events_in([*LINES]) == [event for line in LINES for event in events_of(line)]


COLOURS = st.sampled_from([b"\x1b[32m", b"\x1b[0m", b"\x1b[1;31m", b"\x1b[K"])


@given(st.sampled_from(sorted(LINES)), st.lists(st.tuples(st.integers(0, 400), COLOURS), max_size=5))
def test_colours_change_nothing(line: str, colours: list[tuple[int, bytes]]):
    text = line
    for place, colour in sorted(colours, reverse=True):  # from the end on, so that none is put inside another
        text = text[:place] + colour.decode() + text[place:]
    lines = Lines()
    assert events_in(lines.feed(text.encode() + b"\n")) == list(events_of(line))


@given(st.text(max_size=200))
def test_any_line_is_read(line: str):
    events_of(line)


HOSTILE = ("9", ",", "(", "a b ", "GiB ", "1/", "[", " ")


def test_no_line_takes_long_however_it_goes_on():
    """A number without end too is none, and breaks nothing. A pattern without bounds took 16 s for one."""
    began = time.monotonic()
    for word in {sighting.word for sighting in SIGHTINGS}:
        for filler in HOSTILE:
            json.dumps(measured_record(figures_of(events_of(f"{word} {filler * LONGEST_LINE}"[:LONGEST_LINE])), None))
    assert time.monotonic() - began < 10


def test_a_start_does_not_go_back_when_a_child_imports():
    assert furthest("weights", events_in(["[INFO:swift] Successfully registered `d`."])) == "weights"
    assert furthest("", events_in(["run sh: `python`", V1 + "Starting to load model m..."])) == "weights"


def test_figures_are_the_most_exact_ones_and_those_of_the_tightest_rank():
    told = [
        V1 + "Model loading took 7.4801 GiB and 1.0 seconds",
        V1 + "Model loading took 7.4911 GiB and 1.0 seconds",
        "the current vLLM instance can use total_gpu_memory (23.67GiB) x gpu_memory_utilization (0.90) = 21.30GiB",
        V1 + "Model loading took 7.5 GiB memory and 1.0 seconds",
        V1 + "GPU KV cache size: 1,000 tokens",
        V1 + "GPU KV cache size: 990 tokens",
    ]
    figures = figures_of(events_in(told))
    assert (figures["weights"], figures["kv capacity"].value) == (_gib("weights", 7.4911, FINE), 990)


STARTS = {
    "transformers-ok": (("1280", "environment"), 44073, {}),
    "vllm-ok": (("1280", "environment"), 60227, {"kv cache": GIB, "kv capacity": 4194304, "max model len": 4096}),
}


@pytest.mark.parametrize("name", STARTS)
def test_real_starts_are_read(name: str):
    cap, port, figures = STARTS[name]
    lines = Lines()
    events = events_in(lines.feed((OUTPUTS / f"{name}.log").read_bytes()))
    caps = [event for event in events if isinstance(event, Applied) and event.name == "image_max_token_num"]
    assert [(event.value, event.origin) for event in caps] == [cap]
    assert Listening("127.0.0.1", port) in events
    assert furthest("", events) == "serving"
    assert {key: figures_of(events)[key].value for key in figures} == figures
