"""Commands as people paste them are read as the commands they are; what bash can run is never touched."""

import time

import pytest

from swiftcfg.script import read_script
from swiftcfg.sources import find_calls


def pasted(text):
    return find_calls("-", text).calls


COMMAND = "MAX_PIXELS=1003520 swift deploy --model m --port 8000"
PASTED = {
    "a fence that closes": f"{COMMAND} \\\n```\n",
    "a fenced block in a page": f"# Serve\n\nRun `this`:\n\n```bash\n{COMMAND}\n```\nand don't wait (long).\n",
    "backticks around": f"`\n{COMMAND}\n`\n",
    "a quoted reply": "> MAX_PIXELS=1003520 \\\n> swift deploy \\\n>     --model m \\\n>     --port 8000\n",
    "a terminal": f"$ {COMMAND}\n",
    "a sentence": f"I ran `{COMMAND}`, and it doesn't start.\n",
    "a log of ms-swift": "run sh: `/opt/env/bin/python3.10 /opt/ms-swift/swift/cli/deploy.py --model m --port 8000`\n",
}


@pytest.mark.parametrize("how", PASTED)
def test_a_pasted_command_is_read(how):
    (script,) = pasted(PASTED[how])
    config = script.config()
    assert [(flag.name, flag.words) for flag in config.flags] == [("model", ("m",)), ("port", ("8000",))]
    assert config.environment == (() if how == "a log of ms-swift" else (("MAX_PIXELS", "1003520"),))


@pytest.mark.parametrize("how", PASTED)
def test_every_flag_keeps_its_place(how):
    (script,) = pasted(PASTED[how])
    lines = PASTED[how].split("\n")
    for use in script.flags:
        assert lines[use.place.line - 1][use.place.column - 1 :].startswith(f"--{use.name}")


@pytest.mark.parametrize(
    "text", ["# swift deploy --model m\n", "echo swift deploy\n", "", "````\n", "> > >", "`swift deploy"]
)
def test_what_runs_nothing_stays_nothing(text):
    assert pasted(text) == ()


def test_what_bash_runs_is_read_as_bash_runs_it():
    text = f"`true`\n{COMMAND}\n"
    assert pasted(text) == read_script(text)


def test_a_dollar_in_a_line_is_no_prompt():
    (script,) = pasted(f"$ {COMMAND} --served_model_name a$ --host h\n")
    assert script.config().flag("served_model_name").words == ("a$",)


@pytest.mark.parametrize(
    "part", ['"', "'", "`", " ", ">", "> ", "$ ", "`swift deploy ", "swift deploy `", "`a`", "```\n"]
)
def test_long_texts_take_no_longer_than_they_are_long(part):
    for text in (part * (50_000 // len(part)), "`" + part * (50_000 // len(part))):
        began = time.process_time()
        pasted(text)
        assert time.process_time() - began < 2


def test_prose_that_only_names_the_command_holds_no_call():
    assert pasted("Calls the `swift deploy` service.\n\nServed by `swift deploy` (see *that*).\n") == ()
    (script,) = pasted("The `swift deploy` service, started by `swift deploy --model m`, isn't up.\n")
    assert [flag.name for flag in script.flags] == ["model"]
