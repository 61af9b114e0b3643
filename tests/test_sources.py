"""The same call is found in every kind of file, with spans that point at it in the whole text."""

import random
import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_read_script import FRAGMENTS

from swiftcfg.config import Unknown
from swiftcfg.script import Script
from swiftcfg.sources import breakages_in, find_calls

CALL = [("model", ("m",)), ("port", ("80",))]

#: Name, kind, text; every text holds one call with MAX_PIXELS=5, --model m and --port 80.
ONE_CALL = [
    ("run.sh", "shell", "export MAX_PIXELS=5\nswift deploy --model m --port 80\n"),
    ("docker-compose.yml", "compose", (
     "services:\n  v:\n    environment:\n      - MAX_PIXELS=5  # why\n    command: >\n      swift deploy --model m\n"
     "      --port ${PORT:-80}\n"
    )),
    ("compose.yaml", "compose", (
     "services:\n  v:\n    environment: {MAX_PIXELS: 5}\n    entrypoint: [bash, -lc]\n"
     '    command: ["swift deploy --model m --port 80"]\n'
    )),
    ("compose.yaml", "compose", (
     "services:\n  v:\n    environment:\n      MAX_PIXELS: 5\n    entrypoint: swift deploy\n"
     "    command: --model m --port 80\n"
    )),
    ("compose.yaml", "compose", (
     "services:\n  v:\n    environment: [MAX_PIXELS=5]\n    command:\n      - swift\n      - deploy\n      - --model\n"
     "      - m  # why\n      - --port=80\n"
    )),
    ("compose.yaml", "compose", (
     'services:\n  v:\n    command: |\n      bash -c "\n      MAX_PIXELS=5 swift deploy --model m --port 80\n      "\n'
    )),
    ("pod.yaml", "kubernetes", (
     "apiVersion: v1\nkind: Service\n---\napiVersion: apps/v1\nkind: Deployment\nspec:\n  template:\n    spec:\n"
     '      containers:\n      - env:\n        - {name: PORT, value: "80"}\n        command: ["/bin/sh", "-c"]\n'
     "        args:\n        - |\n          export MAX_PIXELS=5\n          swift deploy \\\n            --model m \\\n"
     "            --port $(PORT)\n"
    )),
    ("pod.yaml", "kubernetes", (
     'apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - env:\n    - {name: MAX_PIXELS, value: "5"}\n'
     '    command: [swift, deploy]\n    args: ["--model", "m", "--port", "80"]\n'
    )),
    (".github/workflows/x.yml", "github", (
     "on: push\njobs:\n  t:\n    steps:\n    - uses: x\n    - env: {MAX_PIXELS: 5}\n      run: |\n        cd x\n"
     "        swift deploy --model m \\\n          --port 80\n"
    )),
    (".gitlab-ci.yml", "gitlab", (
     "t:\n  before_script:\n    - export MAX_PIXELS=5\n  script:\n    - swift deploy --model m --port 80\n"
    )),
    ("vlm.service", "systemd", (
     '[Service]\nEnvironment="A=x y" MAX_PIXELS=5\nExecStart=-/opt/bin/swift deploy \\\n  # why\n  --model m \\\n'
     "  --port 80\n"
    )),
    ("Dockerfile", "dockerfile", (
     'FROM x\nENV A=1 \\\n    MAX_PIXELS=5\nENTRYPOINT ["swift", "deploy"]\nCMD ["--model", "m", "--port", "80"]\n'
    )),
    ("gpu.Dockerfile", "dockerfile", (
     "FROM x\nENV MAX_PIXELS 5\nCMD swift deploy --model m \\\n  # why\n  --port 80\n"
    )),
    ("run.py", "python", (
     'import os, subprocess\nos.environ["MAX_PIXELS"] = "5"\n'
     'subprocess.run(["swift", "deploy", "--model", "m", "--port", str(80)])\n'
    )),
    ("run.py", "python", 'import os\nos.system("MAX_PIXELS=5 swift deploy --model m --port 80")\n'),
    ("run.py", "python", (
     'cmd = ("swift", "deploy", "--model", "m", "--port", "80")\nPopen(cmd, env={**os.environ, "MAX_PIXELS": "5"})\n'
    )),
    ("snippet", "python", '    cmd = ["bash", "-c", "MAX_PIXELS=5 swift deploy --model m --port 80"]\n'),
    ("README.md", "paste", "# Use\n\n```bash\nMAX_PIXELS=5 swift deploy \\\n  --model m --port 80\n```\n"),
    ("-", "paste", "> MAX_PIXELS=5 \\\n> swift deploy \\\n>     --model m --port 80\n"),
    ("-", "paste", "> ```shell\n> $ MAX_PIXELS=5 swift deploy \\\n>     --model m --port 80\n> INFO: up\n> ```\n"),
    ("-", "paste", "(base) me@host:~/x$ MAX_PIXELS=5 swift deploy --model m --port 80\nINFO: up\n"),
    ("-", "paste", "Use `MAX_PIXELS=5 swift deploy --model m --port 80`, see above\n"),
    ("-", "paste", "`\nMAX_PIXELS=5 swift deploy \\\n  --model m --port 80\n`\n"),
    ("-", "paste", "MAX_PIXELS=5 swift deploy \\\n  --model m --port 80 \\\n```\n"),
    ("deploy.yaml", "yaml", "ENV:\n  MAX_PIXELS: 5  # why\nmodel: m   # why\nport: 80\n"),
    ("deploy.json", "json", '{"ENV": {"MAX_PIXELS": 5}, "model": "m", "port": 80}'),
    ("deploy", "yaml", "ENV: {MAX_PIXELS: 5}\nmodel: m\nport: 80\n"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "kind", "text"), ONE_CALL)
def test_a_call_is_found_where_it_is_written(name: str, kind: str, text: str):
    source = find_calls(name, text)
    assert (source.kind, source.fault) == (kind, None)
    (script,) = source.calls
    config = script.config()
    assert config.variable("MAX_PIXELS") == "5"
    assert [(flag.name, flag.words) for flag in config.flags] == CALL


def is_whole(script: Script) -> bool:
    return not script.strays and all(isinstance(word, str) for flag in script.flags for word in flag.words)


@pytest.mark.parametrize(
    "text",
    [
        'cmd = ["swift", "deploy"]\ncmd += more\nrun(cmd)\n',
        'cmd = ["swift", "deploy"]\ncmd.extend(more)\n',
        'cmd = ["swift", "deploy"]\ncmd = cmd + more\n',
        'cmd = ["swift", "deploy"]\ncmd = [*cmd, *more]\n',
        'run(["swift", "deploy"] + more)\n',
        'run(["swift", "deploy", *more])\n',
        'BASE = ["swift", "deploy"]\n',
        'base = ["swift", "deploy", "--port", "1"]\nrun(base + more)\n',
        'base = ["swift", "deploy", "--port", "1"]\nrun([*base, *more])\n',
    ],
)
def test_what_python_adds_to_a_command_is_not_known(text: str):
    (script,) = find_calls("a.py", text).calls
    assert not is_whole(script)


@pytest.mark.parametrize(
    "text",
    [
        'run(["swift", "deploy"])\n',
        'cmd = ["swift", "deploy", "--port", "1"]\nother = other + cmd\n',
        'a.b = ["swift", "deploy", "--port", "1"]\n',
    ],
)
def test_a_command_to_which_python_adds_nothing_is_whole(text: str):
    (script,) = find_calls("a.py", text).calls
    assert is_whole(script)


@pytest.mark.parametrize(("name", "kind", "text"), ONE_CALL)
def test_spans_are_those_of_the_whole_text(name: str, kind: str, text: str):  # noqa: ARG001
    (script,) = find_calls(name, text).calls
    model, port = script.flags
    assert model.span is not None
    assert model.span.of(text).strip('"-') == "model"
    assert model.word_spans[0] is not None
    assert model.word_spans[0].of(text).strip('"') == "m"
    assert [span.of(text) for span in port.word_spans if span and "PORT" not in span.of(text)] in (
        [],
        ["80"],
        ['"80"'],
        ["str(80)"],
    )
    (variable,) = [use for use in script.variables if use.name == "MAX_PIXELS"]
    assert variable.span is not None
    assert variable.span.of(text).strip('"') == "MAX_PIXELS"
    assert variable.word_span is not None
    assert variable.word_span.of(text).strip('"') == "5"
    assert (
        text.split("\n")[variable.place.line - 1][variable.place.column - 1 :]
        .lstrip("{\"'")
        .startswith(("MAX_PIXELS", "name"))
    )


def test_the_log_of_ms_swift_is_read():
    source = find_calls("a.log", "[INFO]\nrun sh: `/x/python3.10 /y/swift/cli/deploy.py --model m --port 80`\n[INFO]\n")
    (script,) = source.calls
    assert (source.kind, script.wrapper) == ("log", False)
    assert [(flag.name, flag.words) for flag in script.config().flags] == CALL


def test_arguments_of_a_checkpoint_hand_on_what_swift_deploy_loads():
    keys = ", ".join(f'"k{number}": 1' for number in range(60))
    text = f'{{"model": "m", "model_type": "qwen2_vl", "template": null, "torch_dtype": "bfloat16", {keys}}}'
    source = find_calls("args.json", text)
    assert source.kind == "args.json"
    assert [flag.name for flag in source.calls[0].config().flags] == ["model", "model_type", "torch_dtype"]


def test_what_is_filled_in_elsewhere_is_unknown():
    texts = {
        "compose.yaml": "services: {v: {command: swift deploy --model $M}}\n",
        "pod.yaml": "apiVersion: v1\nkind: Pod\ncontainers: [{command: [swift, deploy, --model, $(M)]}]\n",
        "a.yml": "jobs: {t: {steps: [{run: 'swift deploy --model ${{ inputs.m }}'}]}}\n",
        "a.service": "[Service]\nExecStart=swift deploy --model %i\n",
        "a.py": 'os.system(f"swift deploy --model {m}")\n',
        "b.py": '["swift", "deploy", "--model", m]\n',
        "c.md": "```\nswift deploy --model <model>\n```\n",
    }
    for name, text in texts.items():
        (script,) = find_calls(name, text).calls
        assert isinstance(script.config().word("model"), Unknown), name


@pytest.mark.parametrize(
    ("name", "text", "fault"),
    [
        ("a.yaml", "- a\n", "a.yaml is not a mapping of flags to values"),
        ("a.yaml", "a: [", "line 2: did not find expected node content"),
        ("a.py", "def f(:\n", "not Python: line 1: invalid syntax"),
        ("a.sh", "echo 'a\nswift deploy\n", "a shell stops at line 1: a single quote is never closed"),
        ("a.sh", "vllm serve m\n", None),
        ("a.bin", "\0\1swift deploy", "it holds NUL bytes, which no script has"),
        ("a.md", "text\n", None),
    ],
)
def test_a_text_without_a_call_says_why_where_that_is_known(name: str, text: str, fault: str | None):
    source = find_calls(name, text)
    assert (source.calls, source.fault) == ((), fault)


def test_a_paste_can_be_broken_too():
    text = "I run\n> ```\n> swift deploy --model m \\ \n>   --port 80\n> ```\n"
    (script,) = find_calls("-", text).calls
    (breakage,) = breakages_in("paste", script)
    assert (breakage.kind, breakage.span.of(text), breakage.lost) == ("blank after backslash", "\\ ", "--port 80")


NAMES = [
    "a.sh", "-", "a.yaml", "a.json", "Dockerfile", "a.service", "a.py", "a.md", ".gitlab-ci.yml", "docker-compose.yml",
]  # fmt: skip


@given(st.sampled_from(NAMES), st.lists(FRAGMENTS | st.sampled_from([text for _, _, text in ONE_CALL]), max_size=12))
def test_any_text_can_be_read_under_any_name(name: str, texts: list[str]):
    _read("".join(texts), name)


def _read(text: str, name: str) -> None:
    for script in find_calls(name, text).calls:
        script.config()
        for use in (*script.flags, *script.variables, *script.strays):
            assert use.span is None or 0 <= use.span.start <= use.span.end <= len(text)
            assert 1 <= use.place.line <= text.count("\n") + 1


def test_broken_texts_can_be_read_under_any_name():
    dice = random.Random(3)
    for _ in range(600):
        text = dice.choice(ONE_CALL)[2]
        for _ in range(dice.randrange(1, 4)):
            at, cut = dice.randrange(len(text) + 1), dice.randrange(6)
            text = (
                text[:at]
                + dice.choice(["", "\t", "'", '"', "\n", "- ", ": ", "&a ", "*a ", "{", "\r\n", "\\", "\ufeff"])
                + text[at + cut :]
            )
        _read(text, dice.choice(NAMES))


BOMBS = {
    "aliases": "a0: &a0 [x,x,x,x]\n" + "".join(f"a{n}: &a{n} [{(f'*a{n - 1},') * 9}]\n" for n in range(1, 99)),
    "merges": "a: &a {x: 1, y: 2}\n" + "".join(f"b{n}: &b{n} {{<<: *a, z{n}: 1}}\n" for n in range(3000)),
    "brackets": "[" * 50_000,
    "braces": "{a: " * 50_000,
    "indents": "".join(" " * n + "a:\n" for n in range(2000)),
    "a long line": "swift deploy " + "x" * 900_000,
    "many calls": "swift deploy --model m\n" * 5_000,
    "many fences": "```\nswift deploy\n```\n" * 5_000,
    "backticks": "`deploy " * 20_000,
    "quotes": "'swift deploy " * 20_000,
    "parentheses": "import os\n" + "(" * 100_000,
    "reply marks": "> " * 500_000,
    "prompts": "a@b" * 100_000,
    "instructions": "FROM x\n" + "RUN a \\\n" * 20_000,
    "services": "[Service]\n" + "Environment=" + "A=1 " * 20_000 + "\nExecStart=swift deploy\n",
    "blanks": " " * 900_000 + "deploy",
    "assignments": "A=1 " * 20_000 + "swift deploy",
    "substitutions": "services: {a: {command: '" + "${A" * 50_000 + "'}}",
}  # fmt: skip


#: Seconds of a processor. The longest take 3 on an ordinary one; what grows with the square of a text takes minutes.
PATIENCE_S = 20


@pytest.mark.parametrize("text", BOMBS.values(), ids=BOMBS.keys())
def test_no_text_takes_long(text: str):
    for name in ("-", "a.yaml", "a.md"):
        began = time.process_time()
        find_calls(name, text)
        assert time.process_time() - began < PATIENCE_S, name


def test_a_huge_text_is_told_at_once_and_a_huge_log_is_read():
    rest = "swift deploy --model m\n" * 500_000
    began = time.process_time()
    assert find_calls("a.sh", rest).fault == "it has 11500000 characters, and no script has more than 1000000"
    assert len(find_calls("a.log", f"{rest}run sh: `python -m swift.cli.deploy --model m`\n").calls) == 1
    assert time.process_time() - began < PATIENCE_S


#: Formats in which neither the kind of line ends nor a mark at the start means anything.
SAME_READ = {
    "a.service": "[Service]\nEnvironment=FPS=2\nExecStart=swift deploy --model m \\\n  --port 80\n",
    "Dockerfile": 'FROM x\nENV FPS=2\nCMD ["swift", "deploy", \\\n  "--model", "m", \\ \n\n  "--port", "80"]\n',
    "b.dockerfile": "FROM x\nENV FPS=2\nCMD swift deploy --model m \\\n # a word on it\n  --port 80\n",
    "k.yaml": (
        "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - command: [swift, deploy, --model, m, --port, '80']\n"
        "    env: [{name: FPS, value: '2'}]\n"
    ),
    "s.yaml": "model: m\nport: 80\nENV:\n  FPS: 2\n",
    ".gitlab-ci.yml": (
        "stages: [a]\na:\n  variables: {FPS: 2}\n  script:\n  - |\n    swift deploy --model m \\\n      --port 80\n"
    ),
}


@pytest.mark.parametrize("name", SAME_READ)
@pytest.mark.parametrize("written", [str, lambda text: text.replace("\n", "\r\n"), lambda text: "\ufeff" + text])
def test_line_ends_and_a_byte_order_mark_change_nothing(name: str, written: Callable[[str], str]):
    text = written(SAME_READ[name])
    (call,) = find_calls(name, text).calls
    assert [(use.name, use.words) for use in call.flags] == [("model", ("m",)), ("port", ("80",))]
    assert [(use.name, use.word) for use in call.variables] == [("FPS", "2")]
    assert all(span.of(text).strip("\"'") in ("m", "80") for use in call.flags for span in use.word_spans if span)


COMPOSE = """services:
  one: {{image: swift, {first} command: swift deploy --model m --port 9000}}
  two: {{image: swift, {second} command: swift deploy --model m --port 9000}}
"""


@pytest.mark.parametrize(
    ("first", "second", "shared"),
    [
        ("", "", False),
        ("network_mode: host,", "", False),
        ("network_mode: host,", "network_mode: host,", True),
        ("network_mode: bridge,", "network_mode: bridge,", False),
        ("", 'network_mode: "service:one",', True),
        ("", 'network_mode: "service:other",', False),
    ],
)
def test_services_share_their_ports_where_they_share_a_network(first: str, second: str, shared: bool):
    one, two = find_calls("compose.yaml", COMPOSE.format(first=first, second=second)).calls
    assert (one.network == two.network) is shared


def test_containers_share_their_ports_with_those_of_their_pod():
    container = "{name: a, command: [swift, deploy, --model, m]}"
    pod = f"apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - {container}\n  - {container}\n"
    one, two, three = find_calls(
        "pod.yaml", f"{pod}---\napiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - {container}\n"
    ).calls
    assert one.network == two.network != three.network
