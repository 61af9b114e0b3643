"""Fixes, held to their laws on calls in every syntax: the change and nothing else."""

from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swiftcfg.fix import Judged, mend
from swiftcfg.rule import (
    Change,
    Finding,
    Fix,
    RemoveFlag,
    RemoveVariable,
    RenameFlag,
    RenameVariable,
    ReplaceText,
    Rule,
    SetFlag,
    SetVariable,
)
from swiftcfg.script import Script
from swiftcfg.sources import find_calls
from swiftcfg.validate import Reported

Objection = Callable[[Script], bool]


def rule(code: str = "TST001") -> Rule:
    return Rule(code, "test", "Test", "Test.", "error", "certain", ("here",), (), lambda: iter(()))


def judge_by(name: str, objects: Objection, *changes: Change, safe: bool = True) -> Callable[[str], Judged]:
    """A judge with one rule: it objects to calls, and has these changes as its fix."""

    def judge(text: str) -> Judged:
        source = find_calls(name, text)
        fix = Fix("mend it", changes, safe=safe)
        reported = Reported(rule(), Finding("bad", None, None, fix))
        return Judged(text, source.calls, tuple((at, reported) for at, one in enumerate(source.calls) if objects(one)))

    return judge


def lacks(change: Change) -> Objection:
    """Objects to calls that do not have the change."""

    def objects(script: Script) -> bool:
        config = script.config()
        match change:
            case SetFlag(name, value):
                return config.word(name) != value
            case SetVariable(name, value):
                return config.variable(name) != value
            case RenameFlag(name, _) | RemoveFlag(name):
                return config.flag(name) is not None
            case RenameVariable(name, _) | RemoveVariable(name):
                return config.variable(name) is not None
        raise AssertionError(change)

    return objects


def mended(text: str, change: Change, name: str = "deploy.sh") -> str:
    """The text with the change, which must be accepted; a second run leaves it as it is."""
    judge = judge_by(name, lacks(change), change)
    result = mend(text, judge)
    assert result.refused == (), result
    assert result.done != ()
    assert mend(result.text, judge) == type(result)(result.text, (), ())
    return result.text


SHELL = """#!/bin/bash
# serve it
export MAX_PIXELS=1003520   # a cap
FPS=2 NFRAMES=8 swift deploy \\
    --model "m" --port=80 \\
    --host '1.2.3.4' \\
    --max_tokens 5 2>&1 | tee log  # the end
"""

CASES = [
    (SetFlag("port", "81"), "--port=80", "--port=81"),
    (SetFlag("host", "5.6.7.8"), "'1.2.3.4'", "'5.6.7.8'"),
    (SetFlag("model", "a b"), '"m"', '"a b"'),
    (SetFlag("model", "it's"), '"m"', "'it'\\''s'"),
    (SetFlag("seed", "1"), "--max_tokens 5", "--max_tokens 5 \\\n    --seed 1"),
    (SetFlag("limit", '{"a": 1}'), "--max_tokens 5", "--max_tokens 5 \\\n    --limit '{\"a\": 1}'"),
    (RenameFlag("port", "vllm_port"), "--port=80", "--vllm_port=80"),
    (RenameFlag("max_tokens", "max_new_tokens"), "--max_tokens 5", "--max_new_tokens 5"),
    (RemoveFlag("port"), " --port=80", ""),
    (RemoveFlag("host"), " \\\n    --host '1.2.3.4'", ""),
    (RemoveFlag("max_tokens"), " \\\n    --max_tokens 5", ""),
    (RemoveFlag("model"), ' \\\n    --model "m"', ""),
    (SetVariable("FPS", "1"), "FPS=2", "FPS=1"),
    (SetVariable("MAX_PIXELS", "9"), "1003520", "9"),
    (SetVariable("NEW", "1"), "FPS=2 NFRAMES", "FPS=2 NEW=1 NFRAMES"),
    (RenameVariable("NFRAMES", "FPS_MAX_FRAMES"), "NFRAMES", "FPS_MAX_FRAMES"),
    (RenameVariable("MAX_PIXELS", "MIN_PIXELS"), "MAX_PIXELS", "MIN_PIXELS"),
    (RemoveVariable("FPS"), "FPS=2 ", ""),
    (RemoveVariable("MAX_PIXELS"), "export MAX_PIXELS=1003520   # a cap\n", ""),
]


@pytest.mark.parametrize(("change", "before", "after"), CASES, ids=lambda value: str(value)[:60])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_only_the_words_that_change_are_touched(change: Change, before: str, after: str, newline: str):
    if newline == "\r\n":  # a continuation is broken by it; one line remains
        text = SHELL.replace(" \\\n   ", "")
        before, after = (part.replace(" \\\n   ", "") for part in (before, after))
        assert mended(text, change) == text.replace(before, after, 1)
    else:
        assert mended(SHELL, change) == SHELL.replace(before, after, 1)


YAML = """# settings
ENV:
  MAX_PIXELS: 1003520  # a cap
  FPS: '2'
model: m   # which
port: 80
limit: '{"a": 1}'
"""

YAML_CASES = [
    (SetFlag("port", "81"), "port: 80", "port: 81"),
    (SetFlag("host", "1.2.3.4"), "limit: '{\"a\": 1}'\n", "limit: '{\"a\": 1}'\nhost: '1.2.3.4'\n"),
    (RenameFlag("port", "vllm_port"), "port: 80", "vllm_port: 80"),
    (RemoveFlag("port"), "port: 80\n", ""),
    (SetVariable("MAX_PIXELS", "5"), "1003520", "5"),
    (SetVariable("FPS", "1"), "'2'", "'1'"),
    (SetVariable("NEW", "1"), "  FPS: '2'\n", "  NEW: '1'\n  FPS: '2'\n"),
    (RenameVariable("FPS", "NFRAMES"), "FPS", "NFRAMES"),
    (RemoveVariable("FPS"), "  FPS: '2'\n", ""),
]


@pytest.mark.parametrize(("change", "before", "after"), YAML_CASES, ids=lambda value: str(value)[:60])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_comments_of_settings_stay(change: Change, before: str, after: str, newline: str):
    text, before, after = (part.replace("\n", newline) for part in (YAML, before, after))
    assert mended(text, change, "deploy.yaml") == text.replace(before, after, 1)


OTHERS = [
    ("a.json", '{\n  "model": "m",\n  "port": 80\n}\n', SetFlag("port", "81"), "80", "81"),
    ("a.json", '{\n  "model": "m",\n  "port": 80\n}\n', SetFlag("host", "h"), "80\n", '80,\n  "host": "h"\n'),
    ("a.json", '{\n  "model": "m",\n  "port": 80\n}\n', RemoveFlag("port"), ',\n  "port": 80', ""),
    ("a.json", '{"model": "m", "port": 80}', RenameFlag("model", "ckpt_dir"), '"model"', '"ckpt_dir"'),
    ("a.py", 'run(["swift", "deploy", "--model", "m", "--port", "80"])\n', SetFlag("port", "81"), '"80"', '"81"'),
    ("a.py", "run(['swift', 'deploy', '--port', '80'])\n", RenameFlag("port", "p"), "'--port'", "'--p'"),
    ("a.py", 'run(["swift", "deploy", "--model", "m", "--port", "80"])\n', RemoveFlag("port"), ', "--port", "80"', ""),
    ("a.py", 'run(["swift", "deploy", "--model", "m"])\n', SetFlag("port", "80"), '"m"', '"m", "--port", "80"'),
    ("b.sh", "bash -c 'A=1 swift deploy --model m'\n", SetFlag("port", "80"), "m'", "m --port 80'"),
    ("b.sh", "nohup env A=1 swift deploy --model m &\n", SetVariable("B", "2"), "A=1", "B=2 A=1"),
    ("b.sh", "swift deploy --model m", SetVariable("B", "2"), "swift", "B=2 swift"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text", "change", "before", "after"), OTHERS, ids=lambda value: str(value)[:40])
def test_each_syntax_is_written_as_it_is(name: str, text: str, change: Change, before: str, after: str):
    assert mended(text, change, name) == text.replace(before, after, 1)


COMPOSE = """services:
  vlm:
    image: x
    environment:
      MAX_PIXELS: "1003520"  # a cap
      FPS: "2"
    command: swift deploy --model m --port 80
"""


@pytest.mark.parametrize(
    ("change", "before", "after"),
    [
        (SetFlag("port", "81"), "--port 80", "--port 81"),
        (SetVariable("MAX_PIXELS", "9"), '"1003520"', '"9"'),
        (SetVariable("NEW", "9"), '      FPS: "2"\n', '      NEW: "9"\n      FPS: "2"\n'),
        (RemoveVariable("FPS"), '      FPS: "2"\n', ""),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_service_keeps_its_comments(change: Change, before: str, after: str):
    assert mended(COMPOSE, change, "compose.yaml") == COMPOSE.replace(before, after, 1)


def refused(text: str, change: Change, name: str = "deploy.sh") -> str:
    result = mend(text, judge_by(name, lacks(change), change))
    assert result.text == text
    (reason,) = result.refused
    return reason


@pytest.mark.parametrize(
    ("text", "change", "reason"),
    [
        ("P='80 81'\nswift deploy --port $P", SetFlag("port", "81"), "not written in one place"),
        ("swift deploy --port $A --port $A\nswift deploy --port 80", RemoveFlag("nope"), ""),
        ("CMD='swift deploy --model m'\n$CMD", SetFlag("model", "n"), "not written in one place"),
        ("bash -c 'swift deploy --model m'", SetFlag("model", "it's"), "inside quotes"),
        ("swift deploy --a 1 >log 2 --b 3", RemoveFlag("a"), "something else stands between"),
    ],
)  # fmt: skip
def test_what_cannot_be_written_is_left_and_said_so(text: str, change: Change, reason: str):
    if not reason:
        assert mend(text, judge_by("a.sh", lacks(change), change)).text == text
    else:
        assert reason in refused(text, change)


def test_a_shared_variable_changes_for_every_call_that_has_it():
    text = "export FPS=2\nswift deploy --model a\nswift deploy --model b\n"
    assert mended(text, RenameVariable("FPS", "NFRAMES")) == text.replace("FPS", "NFRAMES")


def test_a_fix_that_brings_another_finding_is_not_applied():
    def judge(text: str) -> Judged:
        calls = find_calls("a.sh", text).calls
        fix = Fix("raise it", (SetFlag("port", "81"),))
        found = [Reported(rule(), Finding("bad", None, "--port", fix))] if "80" in text else []
        found += [Reported(rule("TST002"), Finding("worse"))] if "81" in text else []
        return Judged(text, calls, tuple((0, one) for one in found))

    result = mend("swift deploy --port 80", judge)
    assert result.text == "swift deploy --port 80"
    assert result.refused == ("line 1: TST001: raise it: it would bring TST002",)


def test_fixes_that_undo_each_other_come_to_an_end():
    def judge(text: str) -> Judged:
        calls = find_calls("a.sh", text).calls
        to = "81" if "80" in text else "80"
        fix = Fix(f"set {to}", (ReplaceText(text.index("8"), text.index("8") + 2, to),))
        return Judged(text, calls, ((0, Reported(rule(f"TST0{to}"), Finding("bad", None, None, fix))),))

    assert mend("swift deploy --port 80", judge).text in ("swift deploy --port 80", "swift deploy --port 81")


def test_the_same_fix_of_many_calls_is_judged_a_few_times():
    text = "swift deploy --port 80\n" * 300
    reads: list[str] = []
    judge = judge_by("a.sh", lacks(SetFlag("port", "81")), SetFlag("port", "81"))

    def counted(text: str) -> Judged:
        reads.append(text)
        return judge(text)

    result = mend(text, counted)
    assert (result.text, len(result.done), len(reads)) == (text.replace("80", "81"), 300, 2)


def test_a_call_that_cannot_be_mended_stands_in_the_way_of_no_other():
    change = SetFlag("port", "81")
    kept = "P='80 90'\nswift deploy --port $P\n"
    text = kept + "swift deploy --port 80\n" * 5
    result = mend(text, judge_by("a.sh", lacks(change), change))
    assert result.text == kept + "swift deploy --port 81\n" * 5
    assert [reason.partition(":")[0] for reason in result.refused] == ["line 2"]


def test_the_last_line_of_a_file_gets_the_line_end_of_the_others():
    assert mended("model: m\r\nseed: 1", SetFlag("port", "81"), "a.yaml") == "model: m\r\nseed: 1\r\nport: 81"


def test_nothing_is_written_into_a_line_end():
    text = "`\r\nswift deploy \\\r\n  --port 80\r\n`\r\n"
    change = SetFlag("port", "81")
    result = mend(text, judge_by("a.sh", lacks(change), change))
    assert (result.text, [reason.split(": ")[-1] for reason in result.refused]) == (
        text,
        ["it would come between the two characters of a line end"],
    )


def test_an_unsafe_fix_waits_to_be_asked_for():
    change = SetFlag("port", "81")
    judge = judge_by("a.sh", lacks(change), change, safe=False)
    assert mend("swift deploy --port 80", judge).text == "swift deploy --port 80"
    assert mend("swift deploy --port 80", judge, unsafe=True).text == "swift deploy --port 81"


words = st.text(st.characters(codec="utf-8", exclude_characters="\0\n\r", exclude_categories=["Cs", "Cc"]), max_size=12)
names = st.sampled_from(["model", "port", "host", "served_model_name", "new_flag"])
variables = st.sampled_from(["MAX_PIXELS", "FPS", "NEW"])


def changes() -> Iterator[st.SearchStrategy[Change]]:
    yield st.builds(SetFlag, names, words.filter(lambda word: not word.startswith("-")))
    yield st.builds(RemoveFlag, names)
    yield st.builds(RenameFlag, names, st.just("other"))
    yield st.builds(SetVariable, variables, words)
    yield st.builds(RemoveVariable, variables)
    yield st.builds(RenameVariable, variables, st.just("OTHER"))


@settings(deadline=None, max_examples=200)
@given(st.one_of(*changes()), st.sampled_from([("a.sh", SHELL), ("a.yaml", YAML), ("c.yaml", COMPOSE), OTHERS[0][:2],
                                               OTHERS[4][:2], OTHERS[8][:2], OTHERS[9][:2]]))  # fmt: skip
def test_what_is_applied_is_read_back_and_what_is_not_changes_nothing(change: Change, file: tuple[str, str]):
    name, text = file
    judge = judge_by(name, lacks(change), change)
    result = mend(text, judge)
    if result.done:
        assert judge(result.text).findings == ()
    else:
        assert result.text == text
    assert mend(result.text, judge).text == result.text
