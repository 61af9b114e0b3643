"""A script means to us what it means to bash; what only a run can tell is said to be unknown."""

import random
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stub_swift import BACKGROUND, Recorded, run_scripts

from swiftcfg.config import DeployConfig, Flag, Unknown
from swiftcfg.errors import InputError
from swiftcfg.script import Assumption, FlagUse, Place, Script, Span, Stray, find_fault, read_script, read_words

#: Scripts whose every call bash makes, with nothing in them that depends on the machine.
ORDINARY = [
    "MAX_PIXELS=1003520 swift deploy --model m --infer_backend vllm\n",
    "CUDA_VISIBLE_DEVICES=6 \\\nMAX_PIXELS=1003520 \\\nswift deploy \\\n    --model m \\\n    --max_new_tokens 2048\n",
    "export A=1 B='x y' C\nexport C=3\nswift deploy --model m\n",
    "A=1\nswift deploy\nexport A\nswift deploy\n",
    "A=1\nexport B=$A\nA=2\nswift deploy --a $A\n",
    "A=1 B=$A swift deploy --b $B\n",
    "A=0\nA=1 B=$A swift deploy --a $A\n",
    "export A=1\nunset A\nswift deploy\n",
    "export A=1\nA=2\nswift deploy\n",
    "export A=1\nexport -n A\nswift deploy\n",
    "declare -x A=1\ntypeset -x B=2\nreadonly C=3\nswift deploy\n",
    "C=0\nset -a\nA=1\nC=3\nset +a\nB=2\nswift deploy\n",
    "swift deploy --a 1;  ; swift deploy --never\n",
    'M=/models/my\\ model\nswift deploy --model $M --model2 "$M"\n',
    "M='a  b'\nswift deploy --a $M --b \"$M\" --c ${M} --d x${M}y --e '$M'\n",
    "M=\nswift deploy --a $M --b \"$M\" --c ''\n",
    "M+=x\nM+=y\nswift deploy --a $M\n",
    'J=\'{"image": 5, "video": 2}\'\nswift deploy --limit "$J" --limit2 $J\n',
    'swift deploy --limit {"image":5,"video":2}\n',
    'swift deploy --limit {"image": 5, "video": 2}\n',
    "swift deploy --a {x,y}{1,2} --b a{,b}c --c {} --d {x} --e '{x,y}' --f \"{x,y}\" --g {a,{b,c}} --h {a,b --i a,b}\n",
    'swift deploy --a \'it\'\\\'\'s\' --b "say \\"hi\\"" --c a\\ b --d "\\$x \\` \\\\ \\n" --e a"b"\'c\'d\n',
    "swift deploy --a $'x\\ty\\n\\'z\\x41\\u4e2d\\101' --b $\"hello\"\n",
    'swift deploy --a \'two\nlines\' --b "two\nlines" --c "glued\\\ntogether" --d glu\\\ned\n',
    "swift deploy --a ${X:-d} --b \"${Y:-a b}\" --c ${Z-'q r' s} --d ${W:=w} --e $W --f ${V:-}\n",
    'X=set\nE=\nswift deploy --a ${X:-d} --b "${E:-d}" --c "${E-d}" --d ${X:+alt} --e "${E:+alt}" --f "${E+alt}"\n',
    ": ${PORT:=8000}\nswift deploy --port $PORT\n",
    "swift deploy --a b # --c d\n",
    "swift deploy --a b#c '#d' \\#e\n",
    "# swift deploy --no\nswift deploy --yes\n",
    "swift deploy --a b > log 2>&1\nswift deploy >>log --c d 2>/dev/null --e f\n",
    "> log swift deploy --a b\n",
    "swift deploy --a b &> log\n",
    "nohup swift deploy --a b > log 2>&1 &\n",
    "swift deploy --a b | tee log\n",
    "swift deploy --a 1 &\nswift deploy --a 2 &\nwait\n",
    "swift deploy --a 1; swift deploy --a 2\n",
    "A=1 nohup env B=2 C='3 4' swift deploy --a b\n",
    "env -u A swift deploy\n",
    "export A=1\nenv -u A B=2 swift deploy\n",
    "export A=1\nenv B=$A swift deploy\n",
    "time swift deploy --a b\n",
    "time -p swift deploy --a b\n",
    "! swift deploy --a b\n",
    "!\ntime\n! ;swift deploy --a b\n",
    "nice -n 5 setsid swift deploy --a b\n",
    "command swift deploy --a b\n",
    "exec swift deploy --a b\nswift deploy --never\n",
    "exec nohup swift deploy --a b\n",
    "(exec swift deploy --a 1)\nswift deploy --a 2\n",
    "swift deploy --a 1\nexit 0\nswift deploy --never\n",
    "python -m swift.cli.deploy --a b\n",
    "A=1 python3 -u -m swift.cli.deploy --a b\n",
    "python -X utf8 -m swift.cli.main deploy --a b\n",
    "python /opt/ms-swift/swift/cli/deploy.py --a b\n",
    "(A=1; export A; swift deploy --a b)\nswift deploy --a c\n",
    "{ export A=1; swift deploy --a b; }\nswift deploy --a c\n",
    "export A=1; A=2 & swift deploy\nwait\n",
    "export A=1 | cat\nswift deploy\n",
    "cd . && swift deploy --a b\n",
    "set -euo pipefail\nswift deploy --a b\n",
    "f() { swift deploy --a b; }\nf\n",
    "f() {\n    local A=1\n    export B=2\n    return 0\n    swift deploy --never\n}\nf; swift deploy\n",
    "function f { swift deploy --a 1; }\nf\nf\n",
    "f() { swift deploy --never; }\nswift deploy --a b\n",
    "cat <<EOF >file\nswift deploy --never '\nEOF\nswift deploy --a b\n",
    "cat <<'EOF' >file && swift deploy --a b\nswift deploy --never \"\nEOF\n",
    "cat <<-EOF >file\n\tswift deploy --never\n\tEOF\nswift deploy --a b\n",
    "cat <<< 'swift deploy --never'; swift deploy --a b\n",
    "echo swift deploy --never\necho 'swift deploy --never'\nswift deploy --a b\n",
    "swift sft --never\nswift deploy --a b\n",
    "swift deploy --max-model-len 5 --a=b=c --d= --e -1 --f -0.5 --g - --h -x y -- --i\n",
    "swift deploy --a b c d --e --f g\n",
    "swift deploy word --a b\n",
    "swift deploy x.yaml --a b\n",
    "swift \\\n  deploy --a b\n",
    "sw\\\nift deploy --a b\n",
    "swift deploy --a b \\\n",
    "swift deploy --a b \\\n\n--c d\n",
    "swift deploy --a b \\\n  # comment\n  --c d\n",
    "swift deploy --a b \\ # comment\n  --c d\n",
    "swift deploy --a b \\ \n  --c d\n",
    "swift deploy --a b \\\t\n  --c d\n",
    "swift deploy --a b\\\n  --c d\\\n--e f\n",
    "swift deploy --a b\n  --c d\n",
    "swift deploy --a 768\\\n--b c\n",
    "swift deploy \\\r\n  --a b \\\r\n  --c d\r\n",
    "swift deploy --a b\r\nswift deploy --c d\r\n",
    "\ufeffswift deploy --a b\nswift deploy --c d\n",
    "swift\u00a0deploy --a b\nswift deploy\u00a0--a b\nswift deploy --a\u00a0b\u3000c\n",
    "swift deploy --a \u201cb c\u201d \u2014\u2014d e\n",
    "swift deploy --a 'b\nswift deploy --c d\n",
    'swift deploy --a 1\nswift deploy --a "b\nswift deploy --c d\n',
    "swift deploy --a 1\nswift deploy --a (b)\nswift deploy --c d\n",
    "swift deploy --a 1\nfi\nswift deploy --c d\n",
    "swift deploy --a 1\nif true; then\nswift deploy --never\n",
    "swift deploy --a 1; swift deploy --b )\nswift deploy --c d\n",
    "swift deploy --a 1 && \n\n swift deploy --a 2\n",
    "swift deploy --a x=~ --b ~x\n",
    "A=(1 2 3)\nswift deploy --a b\n",
    "[[ a == b* && ( c < d ) ]]\nswift deploy --a b\n",
    "((1 + 1))\nswift deploy --a b\n",
    "echo $(echo 'a)' \"b)\" # c)\n) $((1 + (2))) ${x:-)} `echo \\`x\\`` >/dev/null\nswift deploy --a b\n",
    "case x in (a) swift deploy --never;; b|c) ;; esac\nswift deploy --a b\n",
    "x=$(case a in a) echo 1;; esac)\nswift deploy --a b\n",
    "diff <(echo a) <(echo b) >/dev/null\nswift deploy --a b\n",
    "swift deploy --a ${#} >/dev/null 3>&1 {fd}>file\n",
    "if=1 swift deploy --if then --a for\n",
    "swift deploy if then else fi { } ! time\n",
    "\n\n   \t# nothing\n;",
    "a=b;c=d;export a c;swift deploy\n",
    "export PATH=$PATH:/x\nswift deploy\n",
    "export 'A=x y' \"B=$(echo z)\"\nswift deploy\n",
    "A=1 export B=2\nswift deploy\n",
    'export A=~/x\nswift deploy --model ~/models/m --b "~/x"\n',
    "swift deploy --model output/*/checkpoint-? --b '*' --c [ab]\n",
    'swift deploy --a $UNSET --b "$UNSET/x" --c "${UNSET}" --d=$UNSET --e="a b $UNSET"\n',
    'swift deploy --a $(date +%s) --b `nproc` --c $((28 * 28)) --d "x$(date)"\n',
    "read A <<< 5\nA=1\nread A <<< 5\nswift deploy --a $A\n",
    "for port in 8000 8001; do swift deploy --port $port; done\n",
    "for ((i = 0; i < 2; i++)); do swift deploy --port 800$i; done\n",
    "A=1\nfor i in 1; do A=2; done\nswift deploy --a $A\n",
    'for a in 1 \'b c\' $unset; do swift deploy --a $a --b "$a"; done\nswift deploy --a "$a"\n',
    "for a in; do swift deploy --never; done\nswift deploy --a $a\n",
    'set -- \'x y\' z\nfor a; do swift deploy --a "$a"; done\nfor a in "$@"; do swift deploy --b $a; done\n',
    "A=(1 '2 3')\nfor a in \"${A[@]}\" {x,y}; do for b in $a; do swift deploy --a $b; done; done\n",
    "M='x y'\nfor a in $M; do export A=$A$a; swift deploy --a $a & done\nwait\n",
    "for a in 1 2; do swift deploy --a $a; break; done\nfor a in 1 2; do exit; swift deploy; done\n",
    "f() { for a in 1 2; do swift deploy --a $a; return; done; }\nf\nswift deploy --b c\n",
    "for a in {1..20}; do swift deploy --a $a; done\n",
    "! \\\n swift deploy --a b\n!\\\n swift deploy --c d\ntime\\\n \\\n swift deploy\n",
    "set -- a b\nset -\nswift deploy --a $1 $2\nset - c\nswift deploy --a $1\nset -eu d e\nswift deploy --a $2\n",
    "set f g\nswift deploy --a $2\nset -euo pipefail\nswift deploy --a $1\nset -o pipefail h\nswift deploy --a $1\n",
    "exec --a b swift deploy\nexec -z swift deploy\nswift deploy --a b\n",
    "(exec -a name swift deploy --a b)\n(exec -cl swift deploy)\n(exec -lan swift deploy)\nexec -- swift deploy --c\n",
    "$unset swift deploy --a b\n",
    "A=1 $unset ${unset2} nohup $unset swift deploy --a b\n",
    "A=\\  \\ #a\nswift deploy --a b\n",
    "A=1\nif test -d /; then A=2; fi\nswift deploy --a $A\n",
    "A=1\n[ -d / ] && A=2\nswift deploy --a $A\n",
    "export A=1\ntest -d / || export A=2\nswift deploy\n",
    'swift deploy --a "${ARGS[@]}" --b "$@" --c $1\n',
]


def accounts_for(script: Script, call: Recorded) -> bool:
    """Whether a real call is what we read, word by word, save where we said that we do not know."""
    real = _real(call)
    if real is None:
        return False
    mine, theirs = script.config(), real.config()
    if _has_unknown_stray(script):
        return True
    variables = {name: word for name, word in mine.environment if name not in BACKGROUND}
    same_variables = variables.keys() == call.environment.keys() and all(
        isinstance(word, Unknown) or word == call.environment[name] for name, word in variables.items()
    )
    return (
        same_variables
        and [flag.name for flag in mine.flags] == [flag.name for flag in theirs.flags]
        and all(_same_words(ours, truth) for ours, truth in zip(mine.flags, theirs.flags, strict=True))
        and (_same_strays(script, real) or any(map(_is_unknown, script.flags)))
    )


def _has_unknown_stray(script: Script) -> bool:
    return any(isinstance(stray.word, Unknown) for stray in script.strays)


def _real(call: Recorded) -> Script | None:
    try:
        return read_words([call.program, *call.argv])
    except InputError:  # another command of swift
        return None


def _is_unknown(flag: Flag | FlagUse) -> bool:
    return any(isinstance(word, Unknown) for word in flag.words)


def _same_words(ours: Flag, truth: Flag) -> bool:
    return _is_unknown(ours) or ours.words == truth.words


def _same_strays(ours: Script, truth: Script) -> bool:
    return [stray.word for stray in ours.strays] == [stray.word for stray in truth.strays]


def test_ordinary_scripts_are_read_as_bash_runs_them(tmp_path: Path):
    _compare(ORDINARY, run_scripts(ORDINARY, "bash", tmp_path))


def _compare(texts: list[str], recorded: list[list[Recorded]]) -> None:
    assert len(texts) == len(recorded)
    for text, made in zip(texts, recorded, strict=True):
        calls = [call for call in made if _real(call)]
        scripts = [script for script in read_script(text) if "never" not in {use.name for use in script.flags}]
        if any(script.conditional for script in scripts):
            assert scripts, text  # how often it runs is not known
            assert all(any(accounts_for(script, call) for script in scripts) for call in calls), (text, calls, scripts)
            continue
        assert len(scripts) == len(calls), (text, calls, scripts)
        unmatched = list(calls)  # calls in the background come in any order
        for script in sorted(scripts, key=_has_unknown_stray):
            match = next((call for call in unmatched if accounts_for(script, call)), None)
            assert match, (text, calls, script.config())
            unmatched.remove(match)


NAMES = ["A", "B", "model_dir"]
SPACES = [" ", "  ", " \\\n", " \\\n    ", "\t"]
WORDS = [
    "x", "8000", "'a b'", '"a b"', "a\\ b", "$A", '"$B"', "${A}", '"${model_dir}/x"', "'$A'", "a'b'\"c\"", '""', "''",
    "$'a\\nb'", "'{\"image\": 5}'", '{"image":5,"video":2}', '"{\\"image\\": 5}"', "${A:-d}", '"${B:-e f}"', "${C-}",
    "a#b", "-1", "a=b", "\\\\", "\\$A", "'it'\\''s'", "[1,2]", "\u4e2d\u6587", "a\\\nb", "'a\nb'", '"a\\\nb"', "--",
    "-x", "*", "~", "$(echo 1)", "$((2*3))", "{x,y}", "!", "a{b", "}", "%", "@", "^", "\"'\"", "'\"'", "\\'", '\\"',
    "$", '"$"', "a$", '"\\x"', "\u00a0", "${A}${B}", "$A$B",
]  # fmt: skip
VALUES = [word for word in WORDS if word not in ("--", "!", "*", "{x,y}")]
BREAKS = [
    " \\ \n", " \\\n\n", "\\\n", " \\\n# note\n", " \\ # note\n", "\r\n", " \\\r\n", "\n", " # note\n",
    "\u00a0", "'", '"',
]  # fmt: skip


def random_script(dice: random.Random) -> str:
    """A few lines of what people write, sometimes broken."""

    def assignment() -> str:
        return f"{dice.choice(NAMES)}{dice.choice(['=', '=', '=', '+='])}{dice.choice(VALUES)}"

    def call() -> str:
        before = dice.choice(["", "", "nohup ", "env ", "exec ", "time ", "env D=1 ", "command "])
        variables = "".join(assignment() + dice.choice(SPACES) for _ in range(dice.choice([0, 0, 1, 2])))
        words = [
            dice.choice(SPACES) + dice.choice([f"--f{number} ", f"--f{number}=", "", "--f-g "]) + dice.choice(WORDS)
            for number in range(dice.randrange(5))
        ]
        if dice.random() < 0.25:
            words.insert(dice.randrange(len(words) + 1), dice.choice(BREAKS))
        after = dice.choice(["", "", "", " &", " > log", " 2>&1 | cat", "; ", " # end", " && :"])
        return f"{variables}{before}swift deploy{''.join(words)}{after}"

    def line() -> str:
        kind = dice.random()
        if kind < 0.3:
            return assignment()
        if kind < 0.45:
            return f"export {assignment().replace('+=', '=')}"
        if kind < 0.5:
            return dice.choice(
                [
                    "export A B",
                    "unset A",
                    "# a 'comment",
                    "",
                    "set -a",
                    "export -n B",
                    "cd .",
                    "f() { " + call() + "\n}",
                ]
            )
        if kind < 0.55:
            return f"({assignment()}; {call()})"
        return call()

    return "\n".join(line() for _ in range(dice.randrange(1, 6))) + dice.choice(["\n", "\n", ""])


def test_random_scripts_are_read_as_bash_runs_them(tmp_path: Path):
    dice = random.Random(860)
    scripts = [random_script(dice) for _ in range(2000)]
    _compare(scripts, run_scripts(scripts, "bash", tmp_path))


def test_a_backslash_that_ends_the_file_is_dropped_as_bash_drops_it():
    assert read_script("swift deploy --a b \\")[0].config() == DeployConfig((), (Flag("a", ("b",)),))


def test_every_use_keeps_its_place_and_the_last_one_counts():
    text = (
        "export MAX_PIXELS=1003520\nA=\u4e2d FPS=1 swift deploy --a=1 \\\n  --max-model-len 8192 x.y \\\n  --a 2 3 -z\n"
    )
    (script,) = read_script(text)
    assert script.flags == (
        FlagUse(
            "a", ("1",), "--a", glued=True, place=Place(2, 24),
            span=Span(49, 52), word_spans=(Span(53, 54),), whole=Span(49, 54),
        ),
        FlagUse(
            "max_model_len", ("8192", "x.y"), "--max-model-len", glued=False, place=Place(3, 3),
            span=Span(59, 74), word_spans=(Span(75, 79), Span(80, 83)), whole=Span(59, 83),
        ),
        FlagUse(
            "a", ("2", "3"), "--a", glued=False, place=Place(4, 3),
            span=Span(88, 91), word_spans=(Span(92, 93), Span(94, 95)), whole=Span(88, 95),
        ),
    )  # fmt: skip
    assert script.strays == (Stray("-z", Place(4, 11), Span(96, 98)),)
    assert script.span == Span(26, 98)
    assert script.place == Place(2, 11)
    assert [(use.name, use.manner, use.place) for use in script.variables] == [
        ("MAX_PIXELS", "export", Place(1, 8)),
        ("A", "prefix", Place(2, 1)),
        ("FPS", "prefix", Place(2, 5)),
    ]
    assert script.config() == DeployConfig(
        (("MAX_PIXELS", "1003520"), ("A", "\u4e2d"), ("FPS", "1")),
        (Flag("a", ("2", "3")), Flag("max_model_len", ("8192", "x.y"))),
    )


def test_what_is_assigned_without_export_is_kept_back():
    (script,) = read_script("MAX_PIXELS=1003520\nswift deploy\n")
    assert script.config().environment == ()
    assert [(use.name, use.word, use.manner) for use in script.kept_back] == [("MAX_PIXELS", "1003520", "shell")]


@pytest.mark.parametrize(
    ("command", "reached", "kept_back"),
    [
        ("sudo -u me swift deploy", {}, {"A"}),
        ("sudo B=2 swift deploy", {"B": "2"}, {"A"}),
        ("sudo -E swift deploy", {"A": "1"}, set()),
        ("sudo --preserve-env=A nohup swift deploy", {"A": "1"}, set()),
        ("env -i /opt/bin/swift deploy", {}, {"A"}),
        ("env - B=2 swift deploy", {"B": "2"}, {"A"}),
        ("env -u A swift deploy", {}, set()),
        ("exec -c swift deploy", {}, {"A"}),
    ],
)
def test_programs_in_front_may_take_variables_away(command: str, reached: dict[str, str], kept_back: set[str]):
    (script,) = read_script(f"export A=1\n{command}\n")
    assert dict(script.config().environment) == reached
    assert {use.name for use in script.kept_back} == kept_back


@pytest.mark.parametrize(
    ("word", "read"),
    [
        ("$X", Unknown("$X")),
        ('"/models/${X}/y"', Unknown("/models/${X}/y")),
        ("$(date +%s)", Unknown("$(date +%s)")),
        ("`nproc`", Unknown("`nproc`")),
        ("$((28 * 28))", Unknown("$((28 * 28))")),
        ('"${ARGS[@]}"', Unknown("${ARGS[@]}")),
        ("~/models", Unknown("~/models")),
        ("out/*/x", Unknown("out/*/x")),
        ("${X:?set it}", Unknown("${X:?set it}")),
        ("{1..3}", Unknown("{1..3}")),
        ("${X%/}", Unknown("${X%/}")),
    ],
)
def test_what_only_a_run_can_tell_is_unknown(word: str, read: Unknown):
    assert read_script(f"swift deploy --a {word}\n")[0].config().word("a") == read
    if not word.startswith("~"):  # which is plain text in the middle of a word
        assert read_script(f"swift deploy --a={word}\n")[0].config().word("a") == read


def test_a_default_is_read_and_said_to_be_assumed():
    (script,) = read_script('swift deploy --port "${PORT:-8000}" --host $HOST\n')
    assert script.config().flags == (Flag("port", ("8000",)), Flag("host", (Unknown("$HOST"),)))
    assert script.assumed == (Assumption("PORT", "${PORT:-8000}"),)


def test_a_call_in_a_branch_may_not_run():
    scripts = read_script("if test -f x; then swift deploy --a 1; else swift deploy --a 2; fi\nswift deploy --a 3\n")
    assert [(script.config().word("a"), script.conditional) for script in scripts] == [
        ("1", True),
        ("2", True),
        ("3", False),
    ]


def test_a_variable_that_a_branch_may_change_is_unknown_after_it():
    (script,) = read_script("export A=1 B=1\nif test -f x; then A=2; else A=3; fi\nswift deploy\n")
    assert script.config().environment == (("B", "1"), ("A", Unknown("$A")))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("swift deploy --a 'b\n", "line 1: a single quote is never closed"),
        ('x=1\nswift deploy --a "b\n', "line 2: a double quote is never closed"),
        ("if true; then\n  echo\n", "line 3: unexpected end, elif was expected"),
        ("echo (\n", "line 1: unexpected end of line, ) was expected"),
        ("fi\n", "line 1: unexpected 'fi'"),
        ("echo a\n", None),
    ],
)
def test_where_bash_stops_reading_is_told(text: str, fault: str | None):
    assert find_fault(text) == fault


@pytest.mark.parametrize(
    ("argv", "config"),
    [
        (["swift", "deploy", "--model", "a b"], DeployConfig((), (Flag("model", ("a b",)),))),
        (["A=1", "B=", "swift", "deploy"], DeployConfig((("A", "1"), ("B", "")))),
        (["env", "A=1", "exec", "swift", "deploy", "--x"], DeployConfig((("A", "1"),), (Flag("x"),))),
        (["--model", "$HOME", "--y=*"], DeployConfig((), (Flag("model", ("$HOME",)), Flag("y", ("*",))))),
        (["A=1", "--x", "-1", "-.5", "a", "-"], DeployConfig((("A", "1"),), (Flag("x", ("-1", "-.5", "a", "-")),))),
        (["python3.11", "-m", "swift.cli.deploy", "--x"], DeployConfig((), (Flag("x"),))),
    ],
)
def test_words_of_a_command_line(argv: list[str], config: DeployConfig):
    assert read_words(argv).config() == config


@pytest.mark.parametrize("argv", [[], ["swift"], ["swift", "sft", "--x"], ["vllm", "serve"], ["A=1"], [""], ["x.yaml"]])
def test_words_of_another_command_are_refused(argv: list[str]):
    with pytest.raises(InputError, match="is not a swift deploy command"):
        read_words(argv)


def test_flags_follow_the_grammar_of_argparse():
    words = ["--a", "x", "-h", "y", "--b=c=d", "z", "--e", "-2", "has - dash", "--f g", "--h=i j", "--", "--k"]
    script = read_words(["swift", "deploy", *words])
    assert script.config().flags == (
        Flag("a", ("x",)),
        Flag("b", ("c=d",)),
        Flag("e", ("-2", "has - dash", "--f g")),
        Flag("h", ("i j",)),
    )
    assert [stray.word for stray in script.strays] == ["-h", "y", "z", "--", "--k"]


SYNTAX = [
    "swift deploy ", "if ", "then ", "fi", "for x in ", "do ", "done", "case x in ", "esac", "{ ", "}", "(", ")", "((",
    "))", "[[ ", " ]]", "$(", "${", "$((", "`", "<<EOF\n", "EOF\n", "<(", "<<<", "&&", "||", ";;", ";", "&", "|", "A=(",
    "function f ", "f() ", "export ", "exec ", "env -u ", "sudo -u ", "\\", "\0", "\ud800", "\udcff",
]  # fmt: skip
FRAGMENTS = st.sampled_from([*WORDS, *BREAKS, *SPACES, *SYNTAX]) | st.text(max_size=4)


@given(st.lists(FRAGMENTS, max_size=40).map("".join))
def test_any_text_can_be_read(text: str):
    for script in read_script(text):
        script.config()
    find_fault(text)


@given(st.lists(FRAGMENTS, max_size=12))
def test_any_words_can_be_read_or_are_refused(argv: list[str]):
    assert read_words(["swift", "deploy", *argv]).config() is not None


BOMBS = {
    "nested substitutions": "$(" * 20_000,
    "nested braces": "swift deploy " + "{a," * 20_000,
    "many alternatives": "swift deploy " + "{a,b}" * 40,
    "a doubling variable": "A=xxxxxxxx\n" + "A=$A$A\n" * 60 + "swift deploy --a $A\n",
    "a variable used often": f"A={'x' * 100_000}\nswift deploy" + " $A" * 100_000,
    "functions that call each other twice": "".join(f"f{n}() {{ f{n + 1}; f{n + 1}; }}\n" for n in range(60)) + "f0\n",
    "a function that calls itself": "f() { f; }\nf\n",
    "groups": "{ " * 20_000,
    "parentheses": "((" * 20_000,
    "open brackets": "a[ " * 100_000,
    "quotes": "'" * 99_999,
    "backslashes": "\\" * 100_000,
    "loops": "while a=1; do " * 30 + "swift deploy" + "; done" * 30,
    "here-documents": "cat <<A " * 5_000 + "\n",
    "one long word": "a" * 1_000_000,
}


@pytest.mark.parametrize("text", BOMBS.values(), ids=BOMBS.keys())
def test_no_text_takes_long(text: str):
    began = time.process_time()
    read_script(text)
    assert time.process_time() - began < 5
