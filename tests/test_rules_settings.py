"""Rules on flags where a settings file gives them: ms-swift puts each value on a command line."""

import pytest

from swiftcfg.check import Document, Options
from swiftcfg.project import Settings


def errors(text: str) -> list[tuple[str, str]]:
    """Code and message of every error about flags in the one call of a settings file."""
    document = Document("deploy.yaml", text.encode(), Options(Settings(versions={"ms-swift": "4.6.0"})))
    (call,) = document.checked().calls
    found = [one for one in call.findings if one.rule.code.startswith("FLG") and one.severity == "error"]
    return [(one.rule.code, one.finding.message) for one in found]


BASE = "model: Qwen/Qwen2.5-VL-7B-Instruct\ninfer_backend: vllm\n"


@pytest.mark.parametrize(
    ("line", "name", "word"),
    [("system: '--brief'", "system", "--brief"), ("stop_words: [a, --b]", "stop_words", "--b")],
)
def test_a_value_that_looks_like_a_flag_is_lost(line: str, name: str, word: str):
    assert errors(f"{BASE}{line}\n") == [("FLG011", f"--{name} expects a value, and {word!r} is taken for a flag")]


@pytest.mark.parametrize("line", ["system: '- be brief'", "log_interval: -1", "max_new_tokens: 1", "system: '-'"])
def test_a_dash_before_a_number_or_a_blank_is_a_value(line: str):
    assert errors(f"{BASE}{line}\n") == []
