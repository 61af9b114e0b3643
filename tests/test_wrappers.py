"""``swift deploy`` is found in the words of other programs, with the environment that they let through."""

from pathlib import Path

import pytest
from stub_swift import run_scripts
from test_read_script import accounts_for

from swiftcfg.script import read_script

OUTER = "export OUT=1\n"


@pytest.mark.parametrize(
    ("command", "environment"),
    [
        ("bash -lc 'A=2 swift deploy --a b'", {"OUT": "1", "A": "2"}),
        ('sh -c "swift deploy --a b"', {"OUT": "1"}),
        ("bash -c -e 'swift deploy --a $1' _ b", {"OUT": "1"}),
        ("eval 'swift deploy --a b'", {"OUT": "1"}),
        ("bash <<EOF\nswift deploy --a b\nEOF", {"OUT": "1"}),
        ("ssh -p 22 me@host <<'EOF'\nA=2 swift deploy --a b\nEOF", {"A": "2"}),
        ("ssh host 'cd /x && A=2 swift deploy --a b'", {"A": "2"}),
        ("ssh host swift deploy --a b", {}),
        ("tmux new-session -d -s x 'swift deploy --a b'", {"OUT": "1"}),
        ("tmux new -d swift deploy --a b", {"OUT": "1"}),
        ("tmux send-keys -t x 'swift deploy --a b' C-m", {}),
        ("screen -dmS x bash -c 'swift deploy --a b'", {"OUT": "1"}),
        ("docker run --rm -it --gpus all -e A=2 -e OUT -v /a:/b img swift deploy --a b", {"A": "2", "OUT": "1"}),
        ("docker run --ipc=host --env=A=2 img sh -c 'swift deploy --a b'", {"A": "2"}),
        ("docker exec -it box bash -lc 'swift deploy --a b'", {}),
        ("docker compose -f x.yaml run --rm -e A=2 service swift deploy --a b", {"A": "2"}),
        ("docker run --rm --entrypoint swift img deploy --a b", {}),
        ("docker run --entrypoint=/bin/bash -e A=2 img -c 'swift deploy --a b'", {"A": "2"}),
        ("apptainer exec --nv --bind /a:/b --env A=2 x.sif swift deploy --a b", {"OUT": "1", "A": "2"}),
        ("singularity run --nv x.sif swift deploy --a b", {"OUT": "1"}),
        ("kubectl exec -n x pod -- swift deploy --a b", {}),
        ("kubectl exec -it pod -c box -n x -- swift deploy --a b", {}),
        ("kubectl run x --image=img --env A=2 --command -- swift deploy --a b", {"A": "2"}),
        ("conda run -n env --no-capture-output swift deploy --a b", {"OUT": "1"}),
        ("uv run --python 3.11 swift deploy --a b", {"OUT": "1"}),
        ("uvx --from ms-swift swift deploy --a b", {"OUT": "1"}),
        ("poetry -C x run swift deploy --a b", {"OUT": "1"}),
        ("pixi run -e gpu swift deploy --a b", {"OUT": "1"}),
        ("direnv exec . pyenv exec swift deploy --a b", {"OUT": "1"}),
        ("deepspeed --num_gpus 1 /x/swift/cli/deploy.py --a b", {"OUT": "1"}),
        ("srun -p gpu --gres=gpu:1 swift deploy --a b", {"OUT": "1"}),
        ("torchrun --nproc_per_node 2 --standalone /x/swift/cli/deploy.py --a b", {"OUT": "1"}),
        ("python -m torch.distributed.run --nproc_per_node=2 -m swift.cli.deploy --a b", {"OUT": "1"}),
        ("timeout -k 5 10m swift deploy --a b", {"OUT": "1"}),
        ("timeout --signal=KILL --foreground 1h swift deploy --a b", {"OUT": "1"}),
        ("numactl --membind=0 taskset -c 0-3 swift deploy --a b", {"OUT": "1"}),
        ("numactl --cpunodebind 0 --membind 0 swift deploy --a b", {"OUT": "1"}),
        ("flock -w 10 /tmp/lock swift deploy --a b", {"OUT": "1"}),
        ("flock -n /tmp/lock -c 'swift deploy --a b'", {"OUT": "1"}),
        ("prlimit --nofile=65535 chrt -f 50 swift deploy --a b", {"OUT": "1"}),
        ("env -S 'A=2 swift deploy --a b'", {"OUT": "1", "A": "2"}),
        ("env --split-string='A=2 swift deploy --a b'", {"OUT": "1", "A": "2"}),
        ("coproc swift deploy --a b", {"OUT": "1"}),
        ("script -efqc 'swift deploy --a b' log", {"OUT": "1"}),
        ("xvfb-run -a -s '-screen 0' swift deploy --a b", {"OUT": "1"}),
        ("nsys profile -o out --trace=cuda -f true swift deploy --a b", {"OUT": "1"}),
        ("ncu --set full swift deploy --a b", {"OUT": "1"}),
        ("strace -f -o log -E A=2 swift deploy --a b", {"OUT": "1", "A": "2"}),
        ("mpirun -np 1 -x A=2 swift deploy --a b", {"OUT": "1", "A": "2"}),
        ("systemd-run --user -p MemoryMax=9G -E A=2 swift deploy --a b", {"A": "2"}),
        ("systemd-run --user --scope swift deploy --a b", {"OUT": "1"}),
        ("doas -u me swift deploy --a b", {}),
        ("gosu me tini -- swift deploy --a b", {"OUT": "1"}),
        ("sg video 'swift deploy --a b'", {"OUT": "1"}),
        ("sg video -c 'swift deploy --a b'", {"OUT": "1"}),
        ("sbatch -p gpu --wrap='swift deploy --a b'", {"OUT": "1"}),
        ("sbatch --wrap 'swift deploy --a b'", {"OUT": "1"}),
        ("srun --container-image img --container-mounts /a:/b swift deploy --a b", {"OUT": "1"}),
        ("sudo -E env A=2 swift deploy --a b", {"OUT": "1", "A": "2"}),
        ("su - me -c 'swift deploy --a b'", {}),
        ("su me -c 'swift deploy --a b'", {"OUT": "1"}),
        ('ARGS=(--a b)\nswift deploy "${ARGS[@]}"', {"OUT": "1"}),
        ("ARGS=(--a)\nARGS+=(b)\nswift deploy ${ARGS[*]}", {"OUT": "1"}),
        ('f() { swift deploy "$@"; }\nA=2 f --a b', {"OUT": "1", "A": "2"}),
        ("f() { swift deploy --a ${1:-x}; }\nf b", {"OUT": "1"}),
        ('set -- --a b\nswift deploy "$@"', {"OUT": "1"}),
        ("CMD='swift deploy --a b'\n$CMD", {"OUT": "1"}),
    ],
)  # fmt: skip
def test_a_call_is_found_with_its_environment(command: str, environment: dict[str, str]):
    (script,) = read_script(f"{OUTER}{command}\n")
    config = script.config()
    assert dict(config.environment) == environment
    assert [(flag.name, flag.words) for flag in config.flags] == [("a", ("b",))]


#: What every Linux has (coreutils and util-linux), started for real.
REAL = [
    "timeout 60 swift deploy --a b", "timeout -k 5 -s INT 1m swift deploy --a b", "timeout -sKILL 9 swift deploy --a b",
    "nice swift deploy --a b", "nice -n 5 swift deploy --a b", "nice -5 swift deploy --a b", "setsid -w swift deploy",
    "nice --adjustment=5 swift deploy", "env -S 'A=2 swift deploy --a b' ",
    "env -u OUT A=2 swift deploy", "nohup swift deploy --a b",
    "flock .held swift deploy --a b", "flock -xn .held swift deploy", "flock -w 9 .held -c 'A=2 swift deploy --a b'",
    "ionice -c2 -n0 swift deploy --a b", "ionice -c 3 -t swift deploy", "taskset -c 0 swift deploy --a b",
    "taskset 1 swift deploy", "prlimit --nofile=256 swift deploy", "prlimit -n256 swift deploy",
    "chrt -b 0 swift deploy",
    "PID=$(swift deploy --a b >/dev/null & echo $!)", 'A=$(B=1 swift deploy --a "c d")',
    "echo <(swift deploy)",
]  # fmt: skip


def test_real_programs_start_what_is_said(tmp_path: Path):
    scripts = [f"{OUTER}{command}\nwait\n" for command in REAL]
    for text, made in zip(scripts, run_scripts(scripts, "bash", tmp_path), strict=True):
        (script,), (call,) = read_script(text), made
        assert accounts_for(script, call), (text, script.config(), call)


@pytest.mark.parametrize(
    "command",
    ["bash run.sh swift deploy", 'sh -c "$(cat x)"', "docker ps swift deploy", "tmux ls", "ssh host", "su -"],
)  # fmt: skip
def test_other_commands_are_left_alone(command: str):
    assert read_script(f"{command}\n") == ()


def test_words_of_a_script_in_quotes_can_be_edited_there():
    text = "docker run -e MAX_PIXELS=5 img bash -c 'swift deploy --a b'\n"
    (script,) = read_script(text)
    assert script.flags[0].whole is not None
    assert script.flags[0].whole.of(text) == "--a b"
    assert script.span is not None
    assert script.span.of(text) == "swift deploy --a b"
    assert script.variables[0].whole is not None
    assert script.variables[0].whole.of(text) == "MAX_PIXELS=5"
    assert script.forbidden == "'"


def test_words_of_an_array_can_be_edited_there_but_belong_together_only_with_their_own():
    text = 'ARGS=(--a b --c)\nswift deploy "${ARGS[@]}" d\n'
    (script,) = read_script(text)
    assert [use.span and use.span.of(text) for use in script.flags] == ["--a", "--c"]
    assert [use.whole and use.whole.of(text) for use in script.flags] == ["--a b", None]
