"""Calls that a reader sees and bash does not make are told, in files that are named and in folders; prose is not."""

from pathlib import Path

import pytest
from click.testing import CliRunner
from stub_swift import run_scripts

from swiftcfg.cli import swiftcfg
from swiftcfg.sources import find_calls

CALL = "swift deploy --model m --infer_backend vllm\n"

#: Scripts that hold a call which bash does not make, and what it does instead.
HIDDEN = {
    f"MAX_PIXELS=768\\\n{CALL}": "looks for a command called deploy",
    f"A=1 \\\nMAX_PIXELS=768\\\n{CALL}": "looks for a command called deploy",
    f"\ufeff{CALL}": "looks for a command called \ufeffswift",
    f"\ufeffMAX_PIXELS=5 {CALL}": "looks for a command called \ufeffMAX_PIXELS=5",
    f"echo 'starting\n{CALL}": "stops at line 1: a single quote is never closed",
    f'A="1\nexport B=2\n{CALL}': "stops at line 1: a double quote is never closed",
    f"if true; then\n{CALL}": "stops at line 3: unexpected end, elif was expected",
    f"MAX_PIXELS = 1 {CALL}": "looks for a command called MAX_PIXELS",
    f"MAX_PIXELS= 1 {CALL}": "looks for a command called 1",
    f"MAX_PIXELS =1 {CALL}": "looks for a command called MAX_PIXELS",
    f"MAX_PIXELS\uff1d1 {CALL}": "looks for a command called MAX_PIXELS\uff1d1",
    "swift\u00a0deploy --model m\n": "looks for a command called swift\u00a0deploy",
    "nohup swift\u3000deploy --model m &\n": "runs nohup with other words",
    "A=1\u00a0swift\u00a0deploy --model m\n": "looks for a command called --model",
    "A=1\u00a0swift\u00a0deploy\u00a0--model\u00a0m\n": "only sets a variable here",
    f"MODEL=\u201ca b\u201d {CALL}": "looks for a command called b\u201d",
    f"cat <<EOF >notes\nhello\n{CALL}": "takes it for text: no line ends the here-document above line 2",
    f"cat <<EOF >notes\nhello\nEOF \n{CALL}": "takes it for text: no line ends the here-document above line 2",
    f"export FPS=2 {CALL}": "takes it for words of export",
    "swift \\ \n  deploy --model m\n": "runs swift with other words",
    f"exit 0\n{CALL}": "",
    f"exec sleep 1\n{CALL}": "",
}

#: Texts that only speak of it, each under a name that folders are searched for.
PROSE = [
    ("a.sh", f"# {CALL}echo start\n"),
    ("a.sh", f"echo '{CALL}'\n"),
    ("a.sh", f"echo usage: {CALL}"),
    ("a.sh", f"cat <<EOF\nusage: run.sh\n  {CALL}EOF\n"),
    ("a.sh", f'HELP="\n{CALL}"\nprintf %s "$HELP"\n'),
    ("a.sh", "which swift && grep 'swift deploy' run.log\n"),
    ("a.txt", "swift deploy starts a server. It doesn't need more.\n"),
    ("a.txt", "It's done with swift deploy --model m.\n"),
    ("NOTES", "Don't use\nswift deploy\nhere.\n"),
    ("README.md", "It isn't hard: swift deploy does it.\n\n- swift deploy\n"),
    ("README.md", "```bash\npip install 'ms-swift\n```\nthen swift deploy --model m\n"),
    ("a.yaml", "# swift deploy a.yaml\nname: swift deploy\n"),
    ("a.yaml", "description: starts swift deploy --model m\nsteps: []\n"),
    ("Dockerfile", f"FROM x\n# {CALL}RUN echo {CALL}"),
    ("a.py", '"""Runs swift deploy --model m."""\n'),
]  # fmt: skip


def validated(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(swiftcfg, ["validate", "--select", "SYN", "--gpu", "H100-80GB", *arguments])
    return result.exit_code, result.output


@pytest.mark.parametrize(("text", "instead"), HIDDEN.items())
def test_a_call_that_bash_does_not_make_is_told_with_what_it_does(text: str, instead: str):
    source = find_calls("a.sh", text)
    assert source.calls == ()
    (one,) = [one for one in source.hidden if one.kind in ("hidden call", "call never run")]
    assert (one.kind, one.lost) == ("hidden call" if instead else "call never run", instead)
    assert one.span.of(text).startswith("swift")


def test_bash_makes_none_of_them(tmp_path: Path):
    made = run_scripts(list(HIDDEN), "bash", tmp_path)
    assert [
        text for text, calls in zip(HIDDEN, made, strict=True) if any("deploy" in call.argv for call in calls)
    ] == []


def test_folders_tell_of_them_like_files_that_are_named(tmp_path: Path):
    for number, text in enumerate(HIDDEN):
        (tmp_path / f"{number:02}.sh").write_text(text, encoding="utf-8")
    status, output = validated(str(tmp_path))
    assert status == 1
    assert output.count("SYN020") == len(HIDDEN)
    for path in sorted(tmp_path.iterdir()):
        assert "SYN020" in validated(str(path))[1]


@pytest.mark.parametrize(("name", "text"), PROSE)
def test_texts_that_only_speak_of_it_are_passed_over(tmp_path: Path, name: str, text: str):
    assert find_calls(name, text).hidden == ()
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert validated(str(tmp_path)) == (0, "0 calls of swift deploy in 0 files: nothing found\n")


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("playbook.yml", f"- hosts: all\n  tasks:\n  - shell: {CALL}", 3),
        ("values.yaml", 'server:\n  run: ["swift", "deploy", --model, m]\n', 2),
        ("values.yaml", "server:\n  run:\n  - swift\n  - deploy\n", 3),
        ("tasks.json", '{"tasks": [{"command": "CUDA_VISIBLE_DEVICES=0 swift deploy --model m"}]}', 1),
    ],
)  # fmt: skip
def test_a_call_in_a_file_of_unknown_meaning_is_said_not_to_be_checked(name: str, text: str, line: int):
    source = find_calls(name, text)
    assert source.calls == ()
    assert [(one.kind, one.place.line) for one in source.hidden] == [("call not looked at", line)]


def test_a_fix_brings_the_call_back(tmp_path: Path):
    path = tmp_path / "a.sh"
    path.write_text(f"MAX_PIXELS=1003520\\\n{CALL}", encoding="utf-8")
    assert validated(str(path), "--fix")[0] == 0
    assert path.read_text(encoding="utf-8") == f"MAX_PIXELS=1003520 \\\n{CALL}"


def test_comments_suppress_what_is_said_of_them(tmp_path: Path):
    path = tmp_path / "a.sh"
    path.write_text(f"exit 0\n{CALL}# swiftcfg: ignore-file[SYN020]\n", encoding="utf-8")
    assert "1 finding ignored" in validated(str(path), "--select", "IGN")[1]


def test_what_a_substitution_runs_is_a_call():
    for text in (
        f"PID=$({CALL.strip()} & echo $!)\n",
        f"export PID=`{CALL.strip()} & echo $!`\n",
        f'echo "$({CALL})"\n',
    ):
        (script,) = find_calls("a.sh", text).calls
        assert [use.name for use in script.flags] == ["model", "infer_backend"]


def test_a_function_that_nothing_calls_may_be_called_from_elsewhere():
    (script,) = find_calls("a.sh", 'serve() {\n  swift deploy --model "$1"\n}\n"$@"\n').calls
    assert script.conditional
