"""What a server died of: each row of the tables by its own text, real outputs of servers that failed, and laws."""

import re
import string
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from swiftcfg.serverlog import LONGEST_LINE, STAGES, Cause, Death, Lines, Witness, cause_of, events_in, furthest
from swiftcfg.serverlog.cause import first_failure
from swiftcfg.serverlog.failures import FAILURES

DATA = Path(__file__).parent / "data"
CASES = yaml.safe_load((DATA / "server_failures.yaml").read_text("utf-8"))
TEXTS: list[dict[str, Any]] = CASES["texts"]
OUTPUTS: list[dict[str, Any]] = CASES["outputs"]


def _lines(raw: bytes) -> list[str]:
    lines = Lines()
    return lines.feed(raw) + lines.end()


def _death(case: dict[str, Any], **more: Any) -> Death:
    known = {key: case[key] for key in ("stage", "backend") if key in case}
    version = Version(case["ms_swift"]) if "ms_swift" in case else None
    return Death(case.get("status", 1), _lines(case["text"].encode()), ms_swift=version, **known, **more)


@pytest.mark.parametrize("case", TEXTS, ids=lambda case: case["text"][:60])
def test_a_text_tells_its_cause(case: dict[str, Any]):
    cause = cause_of(_death(case))
    told = {"kind": cause.kind, "sentence": cause.sentence, "remedy": cause.remedy, "figures": dict(cause.figures)}
    assert told == {key: case.get(key, {}) for key in told}


def test_every_row_has_a_text_that_no_earlier_row_takes():
    found = (first_failure(_death(case).lines, _death(case)) for case in TEXTS)
    rows = {id(find.failure) for find in found if find}
    assert [row.word for row in FAILURES if id(row) not in rows] == []


@pytest.mark.parametrize("case", OUTPUTS, ids=lambda case: case["output"])
def test_a_real_output_tells_its_cause(case: dict[str, Any]):
    lines = _lines((DATA / "server_outputs" / f"{case['output']}.log").read_bytes())
    stage = furthest("", events_in(lines))
    backend = "vllm" if case["output"].startswith("vllm") else "transformers"
    cause = cause_of(Death(case["status"], lines, stage=stage, backend=backend))
    assert {**case, "stage": stage, "kind": cause.kind, "sentence": cause.sentence} == case


@pytest.mark.parametrize("row", FAILURES, ids=lambda row: f"{row.kind}: {row.word}")
def test_a_row_says_only_what_its_pattern_reads(row):
    derived = {"missing", "largest"}
    read = {
        re.sub(r"_(gib|bytes|size|tokens|items|share)$", "", name) for name in re.findall(r"[<{](\w+)[>}]", row.pattern)
    }
    for text in (row.sentence, row.remedy, *(remedy for _, remedy in row.stages.values())):
        used = {name for _, name, _, _ in string.Formatter().parse(text) if name}
        assert used <= read | derived
    assert row.source
    assert set(row.stages) <= {*STAGES, "transformers"}


BY_ENDING = {
    (0, None): "stopped", (-9, None): "killed", (137, None): "killed", (247, None): "killed", (-9, 1): "host oom",
    (137, 2): "host oom", (1, 1): "host oom", (-7, None): "shared memory", (-11, None): "crash", (-15, None): "stopped",
    (241, None): "stopped", (-2, 0): "stopped", (None, None): "hung", (1, 0): "unknown", (77, None): "unknown",
}  # fmt: skip


@pytest.mark.parametrize(("ending", "kind"), BY_ENDING.items())
def test_how_it_ended_tells_where_the_log_does_not(ending: tuple[int | None, int | None], kind: str):
    status, oom_kills = ending
    assert cause_of(Death(status, ["[INFO:swift] all is well"], stage="weights", oom_kills=oom_kills)).kind == kind


@pytest.mark.parametrize("by", ["stop", "leash", "guard"])
def test_what_was_stopped_did_not_fail(by: str):
    assert cause_of(Death(-15, ["ValueError: remaining_argv: ['--x']"], by=by)).kind == "stopped"


FOLLOWED = [
    "(EngineCore pid=7) ERROR 11-22 10:00:00 [core.py:98] EngineCore failed to start.",
    "(EngineCore pid=7) ERROR 11-22 10:00:00 [core.py:98] Traceback (most recent call last):",
    '(EngineCore pid=7) ERROR 11-22 10:00:00 [core.py:98]   File "vllm/v1/x.py", line 9, in f',
    "(EngineCore pid=7) ERROR 11-22 10:00:00 [core.py:98]     raise ValueError('remaining_argv: {no_message}')",
    "(EngineCore pid=7) ERROR 11-22 10:00:00 [core.py:98] LookupError: something that no row knows",
    "RuntimeError: Engine core initialization failed. See root cause above. Failed core proc(s): {}",
]


def test_an_unknown_error_is_told_in_its_own_words_and_not_by_what_follows_it_or_by_its_source():
    assert cause_of(Death(1, FOLLOWED)) == Cause(
        "unknown",
        "the server ended with status 1, and why is not known here; its last telling line is: LookupError: something "
        "that no row knows",
        "look at the log; VLLM_LOGGING_LEVEL=DEBUG and --log_level debug make it say more",
        line="LookupError: something that no row knows",
    )


def test_code_of_the_model_is_named_as_such():
    frame = '  File "/cache/modules/transformers_modules/m/modeling_m.py", line 9, in forward'
    cause = cause_of(Death(1, ["Traceback (most recent call last):", frame, "    x = y", "KeyError: 'y'"]))
    assert (cause.kind, cause.line) == ("model code", "KeyError: 'y'")


def test_the_first_failure_counts_and_not_those_that_follow():
    first, second = "OSError: [Errno 28] No space left on device", "ModuleNotFoundError: No module named 'vllm'"
    assert cause_of(Death(1, [first, second])).kind == "disk"
    assert cause_of(Death(1, [second, first])).kind == "package"


@pytest.mark.parametrize("case", TEXTS, ids=lambda case: case["text"][:60])
def test_a_witness_remembers_a_cause_through_a_flood(case: dict[str, Any]):
    witness = Witness()
    witness.see(_lines(case["text"].encode()))
    witness.see([f"request {number} answered" for number in range(1000)])
    death = _death(case)
    assert cause_of(replace(death, lines=witness.lines)) == cause_of(death)


CALM = [
    "(APIServer pid=7) WARNING 11-22 10:00:00 [usage.py:1] [Errno 13] Permission denied: '/root/.config/vllm'",
    "[WARNING:swift] remaining_argv: ['--foo']",
    "/venv/lib/x.py:9: UserWarning: CUDA error: out of memory",
    "INFO:     No module named 'flash_attn'",
]


@pytest.mark.parametrize("line", CALM)
def test_what_its_program_calls_no_error_is_no_cause(line: str):
    assert cause_of(Death(1, [line])).kind == "unknown"
    assert cause_of(Death(1, [line, "OSError: [Errno 24] Too many open files"])).kind == "open files"


def test_a_kill_for_memory_outweighs_what_other_processes_say_of_it():
    echo = "RuntimeError: NCCL error: remote process exited or there was a network error"
    assert cause_of(Death(1, [echo], oom_kills=1)).kind == "host oom"
    assert cause_of(Death(1, [echo], oom_kills=0)).kind == "communication"


def test_a_flag_is_called_as_the_release_calls_it():
    text = "ValueError: No available memory for the cache blocks."
    remedies = [cause_of(Death(1, [text], ms_swift=Version(release))).remedy for release in ("3.6.4", "4.6.0")]
    assert ["--max_num_seqs" in remedy for remedy in remedies] == [True, False]
    assert ["--vllm_max_num_seqs" in remedy for remedy in remedies] == [False, True]
    assert "max_num_batched_tokens (for which this release has no flag)" in remedies[0]


def test_no_line_takes_long_to_find_its_cause():
    """Lines that were not cut took up to 34 s each."""
    began = time.monotonic()
    for word in {failure.word for failure in FAILURES}:
        cause_of(Death(1, [f"{word} {filler * LONGEST_LINE}"[:LONGEST_LINE] for filler in "9,( [/"]))
    assert time.monotonic() - began < 20


PIECES = st.sampled_from(["Traceback (most recent call last):", '  File "x"', *(case["text"] for case in TEXTS)])


@given(
    st.lists(PIECES | st.text(max_size=80), max_size=12),
    st.none() | st.integers(-20, 256),
    st.sampled_from(["", *STAGES]),
)
def test_every_death_has_a_cause_in_full_sentences(pieces: list[str], status: int | None, stage: str):
    cause = cause_of(Death(status, _lines("\n".join(pieces).encode("utf-8", "replace")), stage=stage))
    assert cause.kind
    assert cause.sentence
    assert not re.search(r"[<{]\w+[>}]", cause.remedy)


@given(st.sampled_from(TEXTS), st.lists(st.sampled_from([b"\x1b[31m", b"\x1b[0m"]), max_size=2))
def test_colours_hide_no_cause(case: dict[str, Any], colours: list[bytes]):
    coloured = b"\n".join(b"".join(colours) + line for line in case["text"].encode().split(b"\n"))
    assert cause_of(_death({**case, "text": coloured.decode()})) == cause_of(_death(case))
