"""``swift deploy`` is found in the words of other programs, with the environment that they let through."""

import pytest

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
        ("kubectl exec -n x pod -- swift deploy --a b", {}),
        ("conda run -n env --no-capture-output swift deploy --a b", {"OUT": "1"}),
        ("uv run --python 3.11 swift deploy --a b", {"OUT": "1"}),
        ("srun -p gpu --gres=gpu:1 swift deploy --a b", {"OUT": "1"}),
        ("torchrun --nproc_per_node 2 --standalone /x/swift/cli/deploy.py --a b", {"OUT": "1"}),
        ("python -m torch.distributed.run --nproc_per_node=2 -m swift.cli.deploy --a b", {"OUT": "1"}),
        ("timeout -k 5 10m swift deploy --a b", {"OUT": "1"}),
        ("numactl --membind=0 taskset -c 0-3 swift deploy --a b", {"OUT": "1"}),
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
