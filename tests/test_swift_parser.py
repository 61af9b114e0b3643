"""The oracle itself: what other tests rely on when they ask ms-swift's own parser."""

from pathlib import Path

import pytest
from oracle import model_folder, swift_verdicts

pytestmark = pytest.mark.oracle


def test_parsing_tells_accepted_from_left_over_from_refused():
    known, unknown, wrong = swift_verdicts(
        [["--vllm_max_model_len", "8192"], ["--limit_mm_per_prompt", "5"], ["--infer_backend", "vlm"]]
    )
    assert known.accepted
    assert known.values["vllm_max_model_len"] == 8192
    assert (unknown.accepted, unknown.left_over) == (False, ["--limit_mm_per_prompt", "5"])
    assert (wrong.accepted, wrong.exit_status) == (False, 2)
    assert "invalid choice: 'vlm'" in wrong.error


def test_initialising_gives_what_the_engine_gets(tmp_path: Path):
    model = str(model_folder(tmp_path))
    words = ["--model", model, "--infer_backend", "vllm", "--vllm_limit_mm_per_prompt", '{"image": 5}']
    (verdict,) = swift_verdicts([words], level=2)
    assert verdict.accepted, verdict.error
    assert verdict.engine["limit_mm_per_prompt"] == {"image": 5}
    assert verdict.values["template"] == "qwen2_5_vl"


def test_a_yaml_file_is_expanded_by_ms_swift(tmp_path: Path):
    file = tmp_path / "deploy.yaml"
    file.write_text("ENV:\n  MAX_PIXELS: 1003520\nport: 8001\nvllm_limit_mm_per_prompt: {image: 5}\n")
    (verdict,) = swift_verdicts([[str(file), "--port", "8002"]])
    assert verdict.argv == ["--port", "8001", "--vllm_limit_mm_per_prompt", '{"image": 5}', "--port", "8002"]
    assert verdict.environment["MAX_PIXELS"] == "1003520"
    assert verdict.values["port"] == 8002
