"""Which keywords vLLM takes, by release: the table, the tool that makes it, and what is said between two releases."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest
from packaging.version import Version

from swiftcfg.detect import read_catalog
from swiftcfg.flags import EngineKeywords

KEYWORDS = read_catalog(Version("4.6.0")).engine_keywords
SMALL = EngineKeywords(
    (Version("0.9.0"), Version("0.11.0")),
    {"old": [["0.9.0", "0.11.0"]], "new": [["0.11.0", None]], "all": [["0.9.0", None]]}
)  # fmt: skip


@pytest.mark.parametrize(
    ("name", "vllm", "lacks"),
    [
        ("old", "0.9.0", False), ("old", "0.10.0", False), ("old", "0.11.0", True), ("new", "0.9.0", True),
        ("new", "0.10.0", False), ("new", "0.11.0", False), ("all", "0.10.0", False), ("none", "0.10.0", True),
        ("none", "0.8.0", False), ("none", "0.12.0", False), ("old", "0.12.0", False),
    ],
)  # fmt: skip
def test_nothing_is_said_of_a_release_that_was_not_read_unless_both_neighbours_agree(name: str, vllm: str, lacks: bool):
    assert SMALL.lacks(name, Version(vllm)) == lacks


def test_a_slip_gets_a_keyword_of_its_own_release():
    assert KEYWORDS.nearest("max_num_batch_tokens", Version("0.23.0")) == "max_num_batched_tokens"
    assert KEYWORDS.nearest("nothing_at_all", Version("0.23.0")) is None


def test_what_ms_swift_passes_itself_is_taken_by_every_release_read():
    passed = ("model", "gpu_memory_utilization", "max_model_len", "limit_mm_per_prompt", "mm_processor_kwargs")
    assert not [(name, str(vllm)) for vllm in KEYWORDS.read for name in passed if KEYWORDS.lacks(name, vllm)]


@pytest.fixture(name="tool")
def _tool(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    path = Path(__file__).parent.parent / "tools" / "engine_keywords.py"
    monkeypatch.syspath_prepend(path.parent)
    spec = importlib.util.spec_from_file_location("engine_keywords_tool", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)
    spec.loader.exec_module(module)
    return module


def test_the_tool_reads_both_classes_and_the_table_has_its_releases(tool: ModuleType):
    source = "class EngineArgs:\n    a: int = 1\n    b = 2\nclass AsyncEngineArgs(EngineArgs):\n    c: bool = False\n"
    assert tool.keywords_of(source) == {"a", "c"}
    assert tuple(map(str, KEYWORDS.read)) == tool.RELEASES
