"""What breaks shell text is found wherever shell text stands, at its place there, and mended where that is sure."""

from pathlib import Path

import pytest
from stub_swift import run_scripts

from swiftcfg.fix.edits import Edit, applied
from swiftcfg.script.breakages import Breakage
from swiftcfg.sources import Source, breakages_in, find_calls

#: A file with ``@`` where a script is put, each of its lines after the first with the blanks in front of ``@``.
AROUND = {
    "pod.yaml": (
        "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - command: [bash, -c]\n    args:\n    - |\n      @\n"
        "    - x\n"
    ),
    "compose.yaml": "services:\n  v:\n    command:\n    - bash\n    - -c\n    - |\n      @\n",
    "workflow.yml": "on: push\njobs:\n  t:\n    steps:\n    - run: |\n        @\n    - run: echo\n",
    ".gitlab-ci.yml": "t:\n  script:\n  - |\n    @\n  - echo\n",
    "run.sh": "sudo bash <<'EOF'\n@\nEOF\n",
    "nested.sh": "docker run -e A=1 image bash -c '\n@\n'\n",
}
FLAGS = "--model m --infer_backend vllm"
#: Scripts, broken and mended, with the kind of what is wrong; ``#`` marks where.
BROKEN = {
    "blank after backslash": (f"swift deploy {FLAGS} #\\ \n  --port 80", f"swift deploy {FLAGS} \\\n  --port 80"),
    "blank line in continuation": (
        f"swift deploy {FLAGS} \\\n#\n  --port 80", f"swift deploy {FLAGS} \\\n  --port 80"
    ),
    "glued words": (f"swift deploy {FLAGS} --port 80#\\\n--seed 1", f"swift deploy {FLAGS} --port 80 \\\n--seed 1"),
    "missing backslash": (f"swift deploy {FLAGS}#\n  --port 80", f"swift deploy {FLAGS} \\\n  --port 80"),
    "dangling backslash": (f"swift deploy {FLAGS} #\\\n\necho", f"swift deploy {FLAGS}\n\necho"),
    "Unicode blank": (f"swift deploy {FLAGS} --port#\u00a080", f"swift deploy {FLAGS} --port 80"),
    "typographic character": (f"swift deploy {FLAGS} #\u2014port 80", f"swift deploy {FLAGS} --port 80"),
}  # fmt: skip


def put(name: str, script: str) -> str:
    before = AROUND[name].partition("@")[0]
    indent = before.rpartition("\n")[2]
    return AROUND[name].replace("@", script.replace("\n", f"\n{indent}"))


def broken(source: Source) -> list[Breakage]:
    return [one for call in source.calls for one in breakages_in(source.kind, call)]


@pytest.mark.parametrize("name", AROUND)
@pytest.mark.parametrize("kind", BROKEN)
def test_it_is_found_where_it_is_written_and_mended_there(name: str, kind: str):
    marked = put(name, BROKEN[kind][0])
    text = marked.replace("#", "")
    (one,) = broken(find_calls(name, text))
    assert (one.kind, one.place.line) == (kind, marked[: marked.index("#")].count("\n") + 1)
    assert kind.startswith("blank line") or one.span.start == marked.index("#")
    mended = applied(text, [Edit(span.start, span.end, new) for span, new in one.edits])
    assert broken(find_calls(name, mended)) == []
    assert [call.config() for call in find_calls(name, mended).calls] == [
        call.config() for call in find_calls(name, put(name, BROKEN[kind][1])).calls
    ]


def test_bash_loses_what_is_said_to_be_lost_and_gets_it_back(tmp_path: Path):
    scripts = [script.replace("#", "") for pair in BROKEN.values() for script in pair]
    made = [calls[0].argv for calls in run_scripts(scripts, "bash", tmp_path)]
    for kind, before, after in zip(BROKEN, made[::2], made[1::2], strict=True):
        assert (before == after) == (kind == "dangling backslash"), kind


@pytest.mark.parametrize(
    ("name", "text", "kind", "place"),
    [
        ("a.service", "[Service]\nExecStart=swift deploy \\ \n  --port 80\n", "blank after backslash", (2, 24)),
        ("a.service", "[Service]\nExecStart=swift deploy --port\u00a080\n", "Unicode blank", (2, 30)),
        ("Dockerfile", "FROM x\nRUN a \\\n # why\n  && swift deploy --port 80\\\n--seed 1\n", "glued words", (4, 28)),
        ("Dockerfile", 'FROM x\nCMD ["sh", "-c", "swift deploy \u2014port 80"]\n', "typographic character", (2, 32)),
        ("a.py", "os.system('swift deploy --port\u00a080')\n", "Unicode blank", (1, 31)),
    ],
)  # fmt: skip
def test_other_files_that_start_programs_have_their_faults(name: str, text: str, kind: str, place: tuple[int, int]):
    (one,) = broken(find_calls(name, text))
    assert (one.kind, (one.place.line, one.place.column)) == (kind, place)
    assert one.edits != ()


def test_what_is_not_written_letter_for_letter_is_told_and_not_mended():
    text = 'services: {v: {command: [bash, -c, "swift deploy --model m \\\\ \\n --port 80"]}}\n'
    (one,) = broken(find_calls("compose.yaml", text))
    assert (one.kind, one.place.line, one.edits) == ("blank after backslash", 1, ())


def test_a_call_hidden_in_a_step_is_told_beside_one_that_is_made():
    step = "    - run: |\n        {}\n"
    text = (
        "on: push\njobs:\n  t:\n    steps:\n"
        + step.format("swift deploy --port 80")
        + step.format("FPS=1\\\n        swift deploy --port 81")
    )
    source = find_calls("a.yml", text)
    assert len(source.calls) == 1
    assert [(one.kind, one.place.line) for one in source.hidden] == [("glued words", 8), ("hidden call", 9)]


def test_lines_of_a_compose_command_are_words_of_one_command():
    text = "services:\n  v:\n    command: |\n      swift deploy\n      --model m {}\n      --port '8\n      0'\n"
    (plain,) = find_calls("compose.yaml", text.replace(" {}", "")).calls
    assert [(use.name, use.words) for use in plain.flags] == [("model", ("m",)), ("port", ("8\n0",))]
    (continued,) = find_calls("compose.yaml", text.replace("{}", "\\")).calls
    assert [(use.name, use.words) for use in continued.flags] == [("model", ("m", "\n--port", "8\n0"))]
    assert broken(find_calls("compose.yaml", text.replace(" {}", ""))) == []


def test_carriage_returns_of_a_page_are_not_those_of_a_command():
    text = "# Use\r\n\r\n```bash\r\nswift deploy \\\r\n  --port 80\r\n```\r\n"
    source = find_calls("README.md", text)
    assert [use.words for call in source.calls for use in call.flags] == [("80",)]
    assert broken(source) == []
