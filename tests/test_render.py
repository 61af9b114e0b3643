"""What is written means what was planned, to the readers that count: shells, YAML readers, shellcheck, ms-swift."""

import random
import re
import string
import subprocess
import sysconfig
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from oracle import swift_verdicts
from packaging.version import Version
from stub_swift import run_scripts

from swiftcfg.config import DeployConfig, Flag, Unknown
from swiftcfg.deploy_file import read_deploy
from swiftcfg.errors import InputError
from swiftcfg.render import Document, render
from swiftcfg.script import read_script
from swiftcfg.template_files import load_templates

TEMPLATES = load_templates()
NEWEST = Version("4.6.0")

NASTY = [
    "", " ", "a b", "'", '"', "`id`", "$HOME", "${X}", "$(id)", "\\", "a\\", "\\'", "\n", "a\n", "\nb", "\r\n", "\t",
    "-", "-x", "--model", "--a=b", "-1", "-0.5", "=", "~", "~/x", "*", "?", "[a]", "{a,b}", "!", "!!", "#", "# x",
    "a#b", "&", ";", "|", "<", ">", "(", ")", "%", "^", "\x01", "\x7f", "\x1b[31m", "\x85", "\xa0", "\u2028",
    "\ufeff", "\u200b", "é", "中文", "😀", "\u2018x\u2019", "\u201cx\u201d", "\ufffe", "\U0010ffff", "no", "NO", "yes",
    "null", "~", "1e6", "0x10", "010", "1_000", "12:30", "0.9", "1.50", "-5", "5", "2026-01-01", ".inf", "nan", "<<",
    "key: value", "- item", "? x", "@a", "%a", "{{ x }}", "{% x %}", '{"image": 5, "video": 2}', "{'a': 1}",
    "a: b # c", "None", "True", "x" * 300, "EOF", "'\\''", "a'b'c", "\\\n",
]  # fmt: skip

NAMES = st.from_regex(r"\A[A-Za-z_][A-Za-z0-9_]{0,12}\Z", fullmatch=True)
VALUES = st.sampled_from(NASTY) | st.text(
    st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20
)


def is_value(word: str) -> bool:
    return word != "--"


def is_item(word: str) -> bool:
    return not word.startswith("-") or word == "-"


FLAGS = st.builds(
    Flag,
    NAMES.filter(lambda name: name not in ("ENV", "api_key")),
    st.just(())
    | st.tuples(VALUES.filter(is_value))
    | st.lists(VALUES.filter(is_item), min_size=2, max_size=4).map(tuple),
)
CONFIGS = st.builds(
    DeployConfig,
    st.lists(
        st.tuples(NAMES.filter(lambda name: name != "_" and name.startswith(("A", "b", "_"))), VALUES),
        max_size=4,
        unique_by=lambda pair: pair[0],
    ).map(tuple),
    st.lists(FLAGS, max_size=5, unique_by=lambda flag: flag.name).map(tuple),
)


def document(config: DeployConfig, *, text: str = "why", **more: object) -> Document:
    """A document whose every remark is ``text``."""
    names = [name for name, _ in config.environment] + [flag.name for flag in config.flags]
    return Document(
        config,
        NEWEST,
        title=text,
        header=(text,),
        reproduce=text,
        reasons=dict.fromkeys(names, text),
        notes=(text,),
        **more,
    )  # type: ignore[arg-type]


@given(CONFIGS, VALUES)
def test_a_rendered_script_is_read_as_what_was_planned(config: DeployConfig, remark: str):
    (script,) = read_script(render("shell", document(config, text=remark), TEMPLATES))
    assert script.config() == config
    assert not script.strays
    assert not script.kept_back


@given(CONFIGS, VALUES)
def test_a_rendered_settings_file_is_read_as_what_was_planned(config: DeployConfig, remark: str):
    text = render("yaml", document(config, text=remark), TEMPLATES)
    assert _read_yaml(text) == config


def _read_yaml(text: str) -> DeployConfig:
    from swiftcfg.deploy_file import _script_of  # the bytes of the file are tested below
    from swiftcfg.yamlfile import parse_yaml

    return _script_of(parse_yaml(text.encode(), "deploy.yaml"), "deploy.yaml").config()


@given(VALUES)
def test_a_yaml_value_is_the_same_text_to_every_loader(value: str):
    config = DeployConfig((), (Flag("a", ("x", value)),)) if is_item(value) else DeployConfig((("A", value),), ())
    text = render("yaml", document(config), TEMPLATES)
    for loader in (yaml.SafeLoader, yaml.CSafeLoader, yaml.BaseLoader):
        data = yaml.load(text, Loader=loader)  # noqa: S506  (safe loaders all)
        assert str(data["a"][1] if is_item(value) else data["ENV"]["A"]) == value


def random_config(dice: random.Random) -> DeployConfig:
    """Names and values without rhyme, nasty ones among them; the same for the same dice."""

    def value() -> str:
        return "".join(
            dice.choice(NASTY)
            if dice.random() < 0.5
            else chr(dice.choice([dice.randrange(1, 128), dice.randrange(1, 0xD800)]))
            for _ in range(dice.randrange(4))
        )

    def name() -> str:
        return "".join(dice.choices(string.ascii_letters, k=dice.randrange(3, 9)))

    flags: dict[str, tuple[str, ...]] = {}
    for _ in range(dice.randrange(6)):
        words = tuple(value() for _ in range(dice.choice([0, 1, 1, 1, 3])))
        if "--" not in words:
            flags[name()] = words if len(words) < 2 else tuple(filter(is_item, words))
    environment = {f"X_{name()}": value() for _ in range(dice.randrange(4))}
    return DeployConfig(tuple(environment.items()), tuple(Flag(flag, words) for flag, words in flags.items()))


@pytest.mark.parametrize("shell", ["bash", "dash"])
def test_real_shells_pass_on_exactly_what_was_planned(shell: str, tmp_path: Path):
    dice = random.Random(20261014)
    configs = [random_config(dice) for _ in range(2500)]
    scripts = [render("shell", document(config, text=dice.choice(NASTY)), TEMPLATES) for config in configs]
    recorded = run_scripts(scripts, shell, tmp_path)
    assert len(recorded) == len(configs)
    for config, calls in zip(configs, recorded, strict=True):
        (call,) = calls
        assert call.argv == ("deploy", *_glued(config))
        assert call.environment == dict(config.environment)


def _glued(config: DeployConfig) -> tuple[str, ...]:
    """The words of a call, with a value that starts with a dash glued to its flag."""
    argv: list[str] = []
    for flag in config.flags:
        only = str(flag.words[0]) if len(flag.words) == 1 else ""
        if only.startswith("-") and not re.fullmatch(r"-\d+|-\d*\.\d+", only):
            argv.append(f"--{flag.name}={only}")
        else:
            argv += [f"--{flag.name}", *map(str, flag.words)]
    return tuple(argv)


def test_bytes_that_are_not_utf8_reach_swift_through_a_script(tmp_path: Path):
    config = DeployConfig((("A", "x\udcff"),), (Flag("model", ("/models/\udce4\udcb8",)),))
    ((call,),) = run_scripts([render("shell", document(config), TEMPLATES)], "dash", tmp_path)
    assert call.argv == ("deploy", "--model", "/models/\udce4\udcb8")
    assert call.environment == {"A": "x\udcff"}


def test_shellcheck_has_nothing_to_say(tmp_path: Path):
    dice = random.Random(11)
    values = [value for value in NASTY if is_value(value)]
    configs = [DeployConfig((("A", value),), (Flag("a", (value,)), Flag("b", ("x",)))) for value in values]
    configs += [random_config(dice) for _ in range(150)]
    for number, config in enumerate(configs):
        extra = {"secret_environment": {"api_key": "SWIFT_KEY"}}
        text = render("shell", document(config, text=dice.choice(NASTY), **extra), TEMPLATES)
        (tmp_path / f"{number}.sh").write_text(text, encoding="utf-8", newline="")
    shellcheck = Path(sysconfig.get_path("scripts")) / "shellcheck"
    found = subprocess.run(
        [shellcheck, "--norc", "--format=gcc", *sorted(tmp_path.iterdir())], check=False, capture_output=True, text=True
    )
    assert (found.stdout, found.stderr, found.returncode) == ("", "", 0)


def test_a_secret_is_read_when_the_script_runs_and_refused_when_it_is_empty(tmp_path: Path):
    config = DeployConfig((), (Flag("model", ("m",)),))
    text = render("shell", document(config, secret_environment={"api_key": "MY_KEY"}), TEMPLATES)
    without, with_key = run_scripts([text, f"export MY_KEY='-s3 cret'\n{text}"], "dash", tmp_path)
    assert without == []
    assert with_key[0].argv == ("deploy", "--model", "m", "--api_key=-s3 cret")
    script = tmp_path / "deploy.sh"
    script.write_text(text)
    ran = subprocess.run(["sh", script], env={"PATH": "/bin:/usr/bin"}, check=False, capture_output=True, text=True)
    assert ran.returncode == 2
    assert ran.stderr.endswith("MY_KEY: export it with the value for --api_key, then run this again\n")
    assert read_script(text)[0].config().word("api_key") == Unknown("$MY_KEY")


STORY = Document(
    DeployConfig(
        (("CUDA_VISIBLE_DEVICES", "0"), ("MAX_PIXELS", "2116800")),
        (
            Flag("model", ("/models/my model",)),
            Flag("infer_backend", ("vllm",)),
            Flag("vllm_limit_mm_per_prompt", ('{"image": 5, "video": 2}',)),
            Flag("vllm_gpu_memory_utilization", ("0.9",)),
            Flag("system", ("-- be brief --",)),
        ),
    ),
    NEWEST,
    title="my model on one H100-80GB",
    header=("Written by swiftcfg for ms-swift 4.6.0.",),
    reproduce="swiftcfg generate --model '/models/my model'",
    reasons={
        "MAX_PIXELS": "keeps a screenshot of 1920x1080 as it is: on the grid of 28 pixels it has 2,109,744 pixels.",
        "vllm_limit_mm_per_prompt": "five images and two videos a request",
    },
    notes=("Boxes come back in pixels of the resized image.",),
    secret_environment={"api_key": "MY_KEY"},
)

STORY_SCRIPT = """\
#!/bin/sh
# my model on one H100-80GB
#
# Written by swiftcfg for ms-swift 4.6.0.
# To make this file again:
#     swiftcfg generate --model '/models/my model'
#
# Boxes come back in pixels of the resized image.

set -eu
export CUDA_VISIBLE_DEVICES=0

# MAX_PIXELS: keeps a screenshot of 1920x1080 as it is: on the grid of 28 pixels it has
#     2,109,744 pixels.
export MAX_PIXELS=2116800

# The value of --api_key comes from $MY_KEY and is not stored here. ms-swift takes it only as an
# argument, and shows its arguments in its log and in the list of processes: keep both private.
: "${MY_KEY:?export it with the value for --api_key, then run this again}"

# --vllm_limit_mm_per_prompt: five images and two videos a request
exec swift deploy \\
    --model '/models/my model' \\
    --infer_backend vllm \\
    --vllm_limit_mm_per_prompt '{"image": 5, "video": 2}' \\
    --vllm_gpu_memory_utilization 0.9 \\
    --system='-- be brief --' \\
    --api_key="$MY_KEY"
"""

STORY_SETTINGS = """\
# my model on one H100-80GB
#
# Written by swiftcfg for ms-swift 4.6.0.
# To make this file again:
#     swiftcfg generate --model '/models/my model'
#
# Boxes come back in pixels of the resized image.
#
# To use it, give it as the first word; flags after it win over what stands here:
#     swift deploy FILE.yaml --api_key="$MY_KEY"
# The value of --api_key comes from $MY_KEY as shown, because this file cannot refer to it. ms-swift
# shows its arguments in its log and in the list of processes: keep both private.

# A variable that is set already where swift is started wins over its line here.
ENV:
  CUDA_VISIBLE_DEVICES: 0
  # MAX_PIXELS: keeps a screenshot of 1920x1080 as it is: on the grid of 28 pixels it has
  #     2,109,744 pixels.
  MAX_PIXELS: 2116800

model: '/models/my model'
infer_backend: 'vllm'
# vllm_limit_mm_per_prompt: five images and two videos a request
vllm_limit_mm_per_prompt: '{"image": 5, "video": 2}'
vllm_gpu_memory_utilization: 0.9
'system=-- be brief --': []
"""


def test_a_whole_script():
    assert render("shell", STORY, TEMPLATES) == STORY_SCRIPT


def test_a_whole_settings_file(tmp_path: Path):
    assert render("yaml", STORY, TEMPLATES) == STORY_SETTINGS
    (tmp_path / "deploy.yaml").write_text(STORY_SETTINGS)
    assert read_deploy(str(tmp_path / "deploy.yaml")) == (STORY.config,)


@pytest.mark.parametrize(
    ("target", "config", "sentence"),
    [
        ("shell", DeployConfig((("A B", "x"),)), "'A B' cannot be set as an environment variable"),
        ("shell", DeployConfig((("UID", "x"),)), "'UID' cannot be set as an environment variable"),
        ("shell", DeployConfig((("A", "\0"),)), "the value of A holds a NUL byte, which no program can be given"),
        ("shell", DeployConfig((("A", "\ud83d"),)), "the value of A holds half of a character"),
        ("yaml", DeployConfig((("A", "\udcff"),)), "the value of A is not UTF-8 text, which YAML cannot hold"),
        ("shell", DeployConfig((), (Flag("a-b", ("x",)),)), "'a-b' is not the name of a flag"),
        ("shell", DeployConfig((), (Flag("a", (Unknown("$X"),)),)), "the value of a is not known: $X"),
        ("shell", DeployConfig((), (Flag("a", ("--",)),)), "swift deploy cannot be given '--' as a value of --a"),
        ("yaml", DeployConfig((), (Flag("a", ("x", "-y")),)), "swift deploy cannot be given '-y' as a value of --a"),
        (
            "yaml",
            DeployConfig((), (Flag("ENV", ("x",)),)),
            "--ENV cannot be written as YAML: there ENV holds the variables",
        ),
        ("shell", DeployConfig((), (Flag("api_key", ("x",)),)), "--api_key is given both as a value and through $KEY"),
    ],
)
def test_what_cannot_be_written_is_refused_by_name(target: str, config: DeployConfig, sentence: str):
    secret = {"api_key": "KEY"} if config.flag("api_key") else {}
    with pytest.raises(InputError) as error:
        render(target, document(config, secret_environment=secret), TEMPLATES)  # type: ignore[arg-type]
    assert error.value.sentence == sentence


def test_yaml_needs_a_version_that_reads_it():
    old = Document(DeployConfig(), Version("4.0.4"), title="x")
    with pytest.raises(InputError) as error:
        render("yaml", old, TEMPLATES)
    assert error.value.sentence == "ms-swift 4.0.4 reads no YAML file with an ENV mapping: that came with 4.1.0"
    assert error.value.hint == "write a script instead: --target shell"


@pytest.mark.parametrize(
    ("template", "sentence"),
    [
        ("{{ nothing }}", "template deploy.sh.j2: 'nothing' is undefined"),
        ("{% for %}", "template deploy.sh.j2, line 1: Expected an expression, got 'end of statement block'"),
        (
            "{{ ''.__class__.__mro__ }}",
            "template deploy.sh.j2: access to attribute '__class__' of 'str' object is unsafe.",
        ),
        ("{{ 1 / 0 }}", "template deploy.sh.j2: division by zero"),
        ("{% include 'gone.j2' %}", "template deploy.sh.j2: gone.j2"),
        ("{% include 'deploy.sh.j2' %}", "template deploy.sh.j2: maximum recursion depth exceeded"),
    ],
)
def test_a_fault_of_a_users_template_is_told_as_such(template: str, sentence: str):
    with pytest.raises(InputError) as error:
        render("shell", STORY, {"deploy.sh.j2": template})
    assert error.value.sentence.startswith(sentence)


def test_a_users_template_replaces_the_shipped_one(tmp_path: Path):
    (tmp_path / "deploy.sh.j2").write_text(
        "{{ title | comment }}\n{% for flag in flags %}{{ flag.words }}\n{% endfor %}"
    )
    assert render("shell", STORY, load_templates(str(tmp_path))).splitlines()[:2] == [
        "# my model on one H100-80GB",
        "--model '/models/my model'",
    ]


def test_a_folder_without_templates_is_told(tmp_path: Path):
    with pytest.raises(InputError, match="there is no template in"):
        load_templates(str(tmp_path))
    with pytest.raises(InputError, match="there is no folder"):
        load_templates(str(tmp_path / "gone"))


@pytest.mark.oracle
def test_ms_swifts_own_loader_reads_a_settings_file_as_we_do(tmp_path: Path):
    dice = random.Random(7)
    configs = [STORY.config, *(random_config(dice) for _ in range(300))]
    paths = [str(tmp_path / f"{number}.yaml") for number in range(len(configs))]
    for path, config in zip(paths, configs, strict=True):
        Path(path).write_text(render("yaml", document(config), TEMPLATES), encoding="utf-8", newline="")
    verdicts = swift_verdicts([[path] for path in paths])
    for path, config, verdict in zip(paths, configs, verdicts, strict=True):
        assert tuple(verdict.argv) == _glued(config)
        changed = {name: value for name, value in verdict.environment.items() if name != "SWIFT_CONFIG_FILE"}
        assert changed == dict(config.environment)
        assert read_deploy(path) == (config,)


@pytest.mark.oracle
def test_ms_swift_accepts_what_is_planned_in_both_forms(tmp_path: Path):
    (script,) = read_script(render("shell", STORY, TEMPLATES))
    path = tmp_path / "deploy.yaml"
    path.write_text(render("yaml", STORY, TEMPLATES))
    written = [str(word) for word in _glued(STORY.config)]
    assert _glued(DeployConfig((), script.config().flags[:-1])) == tuple(written)
    by_script, by_settings = swift_verdicts([written, [str(path)]])
    assert by_script.accepted, by_script.error
    assert by_settings.accepted, by_settings.error
    assert by_script.values == by_settings.values
    assert by_script.values["vllm_limit_mm_per_prompt"] == '{"image": 5, "video": 2}'


@pytest.mark.oracle
@pytest.mark.parametrize("value", [value for value in NASTY if is_value(value)])
def test_ms_swifts_parser_gets_any_text_from_a_script_and_from_a_settings_file(value: str, tmp_path: Path):
    config = DeployConfig((), (Flag("system", (value,)), Flag("stop_words", ("a", "b")), Flag("verbose", ("true",))))
    (script,) = read_script(render("shell", document(config), TEMPLATES))
    path = tmp_path / "deploy.yaml"
    path.write_text(render("yaml", document(config), TEMPLATES), encoding="utf-8", newline="")
    for verdict in swift_verdicts([_glued(script.config()), [str(path)]]):
        assert verdict.accepted, verdict.error
        assert verdict.values["system"] == value
        assert verdict.values["stop_words"] == ["a", "b"]
