"""What is to be started: from a plan or a file to the words, the environment and the secrets of a process."""

import json
import os
import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from environments import environment, serving, site_packages
from planning import plan, problem

from swiftcfg.errors import InputError, MachineError
from swiftcfg.planner import Wishes
from swiftcfg.script.wrappers import WRAPPERS
from swiftcfg.starting import StartCommand, StartOptions, Subject, start_command, subject_of_file, subject_of_plan
from swiftcfg.starting.launched import PROGRAMS

CALL = "swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend transformers"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return serving(tmp_path_factory.mktemp("serving") / "env")


def subject(tmp_path: Path, place: Path, text: str, name: str = "deploy.sh", **options: object) -> Subject:
    path = tmp_path / name
    path.write_text(text)
    given = {"environment": {"PATH": os.defpath}, "python": str(place), **options}
    return subject_of_file(str(path), StartOptions(**given))  # type: ignore[arg-type]


def run(command: StartCommand) -> Mapping[str, object]:
    """What the program tells of how it was started."""
    done = subprocess.run(
        command.argv, env=dict(command.environment), cwd=command.cwd, input=command.stdin or "", capture_output=True,
        text=True, check=True,
    )  # fmt: skip
    found: Mapping[str, object] = json.loads(done.stdout)
    return found


def program(place: Path) -> str:
    return str(site_packages(place) / "swift" / "cli" / "deploy.py")


def test_a_plan_is_started_as_generate_would_write_it(place: Path):
    made = plan(problem())
    found = subject_of_plan(made, StartOptions({}, str(place)))
    assert found.config == made.config() == found.script.config()
    assert (found.host, found.port, found.secrets) == ("127.0.0.1", 8000, ())
    assert start_command(found).argv[:4] == (
        str(place / "bin" / "python"),
        program(place),
        "--model",
        made.model.location,
    )


def test_the_program_gets_the_words_of_the_script_and_no_shell(tmp_path: Path, place: Path):
    text = f"{CALL} \\\n  --system 'a \"b\" $c' --served_model_name=-x --stop_words a 'b c'\n"
    told = run(start_command(subject(tmp_path, place, text)))
    assert told["argv"] == [
        program(place), "--model", "Qwen/Qwen2.5-VL-7B-Instruct", "--infer_backend", "transformers",
        "--system", 'a "b" $c', "--served_model_name=-x", "--stop_words", "a", "b c",
    ]  # fmt: skip
    assert told["path"] == str(Path(program(place)).parent)


def test_a_settings_file_is_expanded_and_its_variables_count(tmp_path: Path, place: Path):
    settings = "model: Qwen/Qwen2.5-VL-7B-Instruct\nport: 8123\nvllm_limit_mm_per_prompt: {image: 2}\n"
    text = f"{settings}ENV:\n  MAX_PIXELS: 1003520\n"
    found = subject(tmp_path, place, text, "deploy.yaml", environment={"PATH": os.defpath, "MAX_PIXELS": "1"})
    told = run(start_command(found))
    assert found.port == 8123
    assert told["argv"] == [
        program(place), "--model", "Qwen/Qwen2.5-VL-7B-Instruct", "--port", "8123",
        "--vllm_limit_mm_per_prompt", '{"image": 2}',
    ]  # fmt: skip
    assert told["environment"]["MAX_PIXELS"] == "1003520"  # type: ignore[index]


def test_the_environment_is_the_callers_less_what_would_be_read_unplanned(tmp_path: Path, place: Path):
    caller = {
        "PATH": os.defpath, "HOME": "/h", "CUDA_VISIBLE_DEVICES": "1", "MAX_PIXELS": "5", "FPS": "1",
        "NPROC_PER_NODE": "2", "RANK": "0", "RAY_SWIFT_ARGS": "[]", "VLLM_CPU_KVCACHE_SPACE": "1",
    }  # fmt: skip
    command = start_command(subject(tmp_path, place, f"export MAX_PIXELS=1003520\n{CALL}\n", environment=caller))
    assert command.environment == {
        "PATH": f"{place}/bin:{os.defpath}", "HOME": "/h", "CUDA_VISIBLE_DEVICES": "1", "MAX_PIXELS": "1003520",
        "VLLM_CPU_KVCACHE_SPACE": "1", "PYTHONUNBUFFERED": "1",
    }  # fmt: skip
    assert [(change.name, change.value) for change in command.changes] == [
        ("FPS", None), ("NPROC_PER_NODE", None), ("RANK", None), ("RAY_SWIFT_ARGS", None), ("MAX_PIXELS", "1003520"),
        ("PYTHONUNBUFFERED", "1"), ("PATH", f"{place}/bin:{os.defpath}"),
    ]  # fmt: skip


def test_a_key_stands_neither_in_the_words_nor_in_the_environment(tmp_path: Path, place: Path):
    caller = {"PATH": os.defpath, "KEY": "sk-1234", "CURL_HEADER": "Authorization: Bearer sk-1234"}
    found = subject(tmp_path, place, f"{CALL} --api_key other\n", environment=caller, api_key_env="KEY")
    command = start_command(found)
    assert not any("sk-1234" in text for text in (*command.argv, *command.environment.values()))
    assert "sk-1234" not in repr(found) + repr(command)
    assert (found.api_key, command.secrets) == ("sk-1234", ("sk-1234",))
    told = run(command)
    assert told["argv"][-1] == "--api_key=sk-1234"  # type: ignore[index]
    assert (told["left"], told["main"], told["path"]) == ("", program(place), str(Path(program(place)).parent))


def test_a_key_that_is_written_is_handed_over_in_the_same_way(tmp_path: Path, place: Path):
    found = subject(tmp_path, place, f"{CALL} --api_key=-key --hub_token t\n")
    command = start_command(found)
    assert (found.api_key, command.secrets) == ("-key", ("-key",))  # a single letter is not hidden
    assert run(command)["argv"][-2:] == ["--api_key=-key", "--hub_token=t"]  # type: ignore[index]
    assert found.told == (
        "the value of --api_key is handed over on standard input, so that ps does not show it",
        "the value of --hub_token is handed over on standard input, so that ps does not show it",
    )


@pytest.mark.parametrize("key", ["'two words'", "schlüssel", "$'line\\n'"])
def test_a_written_key_that_no_request_can_carry_is_refused_and_not_shown(tmp_path: Path, place: Path, key: str):
    with pytest.raises(InputError) as caught:
        subject(tmp_path, place, f"{CALL} --api_key {key}\n")
    assert caught.value.sentence == "the API key in --api_key has characters that no HTTP header carries"


def test_a_variable_that_has_a_common_word_in_it_holds_no_key(tmp_path: Path, place: Path):
    caller = {"PATH": os.defpath, "HOME": "/root", "LOGIN": "me:root", "KEY": "root", "LONG": "x-roots"}
    command = start_command(subject(tmp_path, place, f"{CALL}\n", environment=caller, api_key_env="KEY"))
    assert [change.name for change in command.changes if change.value is None] == ["KEY", "LOGIN"]


NUL = {"word": 'system: "a\\0b"\n', "variable": 'ENV:\n  A: "a\\0b"\n', "name": "ENV:\n  A=B: 1\n"}


@pytest.mark.parametrize("what", NUL)
def test_what_no_process_can_be_given_is_refused(tmp_path: Path, place: Path, what: str):
    path = tmp_path / "deploy.yaml"
    path.write_text(f"model: m\ninfer_backend: vllm\n{NUL[what]}")
    found = subject_of_file(str(path), StartOptions({"PATH": os.defpath}, str(place)))
    with pytest.raises(InputError, match=r"no process can be given the (word|variable)"):
        start_command(found)


def test_an_empty_key_is_none(tmp_path: Path, place: Path):
    assert subject(tmp_path, place, f"{CALL} --api_key ''\n").api_key is None


def test_flags_that_are_cut_short_count_by_their_full_names(tmp_path: Path, place: Path):
    found = subject(tmp_path, place, f"{CALL} --port 1 --api_k sk-1 --por 8123 --no_verb\n")
    assert (found.port, found.api_key) == (8123, "sk-1")
    assert [flag.name for flag in found.config.flags] == ["model", "infer_backend", "port", "no_verb"]


def test_the_key_of_a_plan_comes_from_the_variable_that_it_names(place: Path):
    made = plan(problem(wishes=Wishes(api_key_env="SERVER_KEY")))
    found = subject_of_plan(made, StartOptions({"SERVER_KEY": "sk-1"}, str(place)))
    assert (found.api_key, found.config.flag("api_key")) == ("sk-1", None)
    for environment_of_caller, fault in (
        ({}, "SERVER_KEY is not set, and is to hold the API key"),
        ({"SERVER_KEY": ""}, "SERVER_KEY is empty, and is to hold the API key"),
        ({"SERVER_KEY": "a\nb"}, "the API key in SERVER_KEY has characters that no HTTP header carries"),
    ):
        with pytest.raises(InputError) as refused:
            subject_of_plan(made, StartOptions(environment_of_caller, str(place)))
        assert refused.value.sentence == fault


def test_words_that_the_environment_knows_are_filled_in(tmp_path: Path, place: Path):
    text = 'swift deploy --model "$ROOT/m" --port ${PORT:?} --max_length 5 "$@"\n'
    found = subject(tmp_path, place, text, environment={"ROOT": "/data", "PORT": "8123"})
    assert [flag.words for flag in found.config.flags] == [("/data/m",), ("8123",), ("5",)]
    assert found.told == ("ROOT of the environment fills in --model", "PORT of the environment fills in --port")


def test_all_words_that_stay_open_are_told_at_once(tmp_path: Path, place: Path):
    text = "export CUDA_VISIBLE_DEVICES=$1\nswift deploy --model $MODEL --host $(hostname) --port $EMPTY $MORE\n"
    with pytest.raises(InputError) as refused:
        subject(tmp_path, place, text, environment={"EMPTY": "", "MORE": "--a b"})
    assert refused.value.sentence == (
        f"{tmp_path}/deploy.sh leaves words open that only a shell could fill in: CUDA_VISIBLE_DEVICES is $1, "
        "--model is $MODEL, --host is $(hostname), --port is $EMPTY, --port is $MORE"
    )
    assert refused.value.hint == "set MODEL, EMPTY in the environment"


def test_words_that_may_hide_flags_are_not_left_out(tmp_path: Path, place: Path):
    with pytest.raises(InputError) as refused:
        subject(tmp_path, place, 'swift deploy $FLAGS "$@" --model m\n', environment={"FLAGS": "--port 1"})
    assert refused.value.sentence.endswith("words open that only a shell could fill in: a word is $FLAGS")
    assert refused.value.hint == "write them out in the file"


@pytest.mark.parametrize(
    ("text", "fault", "hint"),
    [
        (f"docker run img {CALL}", "docker runs it in a container", "run swiftcfg launch inside the container"),
        (f"ssh gpu1 '{CALL}'", "ssh runs it on another machine", "run swiftcfg launch there"),
        (f"sudo -u ai {CALL}", "sudo runs it as another user", "run swiftcfg launch as that user instead"),
        (f"srun -p gpu {CALL}", "srun runs it where Slurm says", "run swiftcfg launch inside the job"),
    ],
)
def test_what_would_run_in_another_place_is_refused(tmp_path: Path, place: Path, text: str, fault: str, hint: str):
    with pytest.raises(InputError) as refused:
        subject(tmp_path, place, text)
    assert (refused.value.sentence, refused.value.hint) == (f"line 1: {fault}, which launch does not", hint)


def test_of_every_program_that_may_stand_in_front_it_is_said_what_becomes_of_it():
    assert set(WRAPPERS) - PROGRAMS == set()


def test_programs_that_are_left_out_are_told(tmp_path: Path, place: Path):
    found = subject(tmp_path, place, f"nohup numactl -N 0 bash -c 'timeout 5 {CALL}' &\n")
    assert found.told == (
        "line 1: nohup is not run: launch gives the server a session, a log and a watcher of its own",
        "line 1: numactl is not carried out: put it in front of swiftcfg launch, and the server inherits it",
        "line 1: timeout is not carried out: the server is stopped by swiftcfg stop",
    )


def test_what_a_script_does_to_its_shell_is_told(tmp_path: Path, place: Path):
    text = f"cd /data && ulimit -n 65535\nsource  /venv/bin/activate\nconda activate q\n. ./env\nset -e\n{CALL}\ncd -\n"
    own = "is not carried out: name the environment that serves with --python"
    assert subject(tmp_path, place, text).told == (
        "line 1: cd /data is not carried out: the server is started in the folder that launch is called in",
        "line 1: ulimit -n 65535 is not carried out: set limits before swiftcfg launch",
        f"line 2: source /venv/bin/activate {own}",
        f"line 3: conda activate q {own}",
        "line 4: . ./env is not read, and what it sets does not reach the server",
    )


@pytest.mark.parametrize(
    ("name", "text", "fault"),
    [
        ("deploy.sh", "echo\n", "there is no swift deploy in {}"),
        ("deploy.sh", f"{CALL} &\n{CALL} --port 8001 &\n", "{} has 2 swift deploy commands"),
        (
            "docker-compose.yml",
            f"services:\n  a:\n    image: i\n    command: {CALL}\n",
            "{} is of the kind compose, and launch would leave out what it says around the call",
        ),
    ],
)
def test_a_file_must_hold_one_call(tmp_path: Path, place: Path, name: str, text: str, fault: str):
    with pytest.raises(InputError) as refused:
        subject(tmp_path, place, text, name)
    assert refused.value.sentence == fault.format(tmp_path / name)


def test_one_of_several_calls_is_chosen_by_number(tmp_path: Path, place: Path):
    assert subject(tmp_path, place, f"{CALL} &\n{CALL} --port 8001 &\n", nth=2).port == 8001


def test_any_free_port_is_one_that_nobody_has(tmp_path: Path, place: Path):
    with socket.socket() as taken:
        taken.bind(("", 0))
        taken.listen()
        first = taken.getsockname()[1]
        found = subject(tmp_path, place, f"{CALL} --port {first}\n", port="auto")
    assert 8000 <= found.port < 8100
    assert subject(tmp_path, place, f"{CALL} --port {first}\n", port=9123).port == 9123


def test_where_the_program_is_missing_nothing_can_be_started(tmp_path: Path):
    bare = environment(tmp_path / "env", ms_swift="4.6.0")
    with pytest.raises(MachineError) as refused:
        start_command(subject(tmp_path, bare, f"{CALL}\n"))
    assert refused.value.sentence == f"ms-swift 4.6.0 of {bare} has no swift/cli/deploy.py"
