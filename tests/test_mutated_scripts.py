"""Scripts that are broken anywhere, and scripts in scripts, are read as bash runs them."""

import random
import re
from pathlib import Path

from stub_swift import Recorded, run_scripts
from test_read_script import ORDINARY, SPACES, VALUES, WORDS, _has_unknown_stray, _real, accounts_for, random_script

from swiftcfg.script import read_script

USES_OF_ARRAYS = ['"${@@}"', "${@@}", '"${**}"', "${**}", 'x"${@@}"y', '"p ${@@} q"']
SHIFTS = ["", "shift", "shift 2"]
USES_OF_PARAMETERS = ['"$@"', "$@", "$*", '"$*"', '$2 "$1"', '"${3:-d e}"', '"${1}"']


def quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def wrapped_script(dice: random.Random) -> str:
    """A call in a script of a script, in an array, or with the parameters of a function."""
    inner = random_script(dice).rstrip("\n\\")
    line = inner.split("\n")[-1]
    value = dice.choice([value for value in VALUES if "\\" not in value and '"' not in value])
    some = " ".join(dice.choice(WORDS) for _ in range(dice.randrange(4)))
    array = dice.choice(USES_OF_ARRAYS).replace("@@", "ARGS[@]").replace("**", "ARGS[*]")
    return dice.choice(
        [
            f"export A=1\nbash -c {quoted(inner)}\n",
            f"A=1 bash -c {quoted(line + ' ')} x y\n",
            f"A='a b'\nbash -c \"swift deploy --a $A --b '$A' --c {value}\"\n",
            f"eval {quoted(line)}\n",
            f"bash <<'EOF'\n{inner}\nEOF\n",
            f"A='p q'\nbash <<EOF\nswift deploy --a $A --b '$A' --c \"{value}\"\nEOF\n",
            f"ARGS=(--a {some})\nARGS+=({dice.choice(VALUES)})\nswift deploy {array} --z 1\n",
            f'f() {{\n  swift deploy --m "$1" --n $2 {dice.choice(USES_OF_PARAMETERS)}\n}}\nA=1 f {some}\n',
            f"set -- --a {some}\n{dice.choice(SHIFTS)}\nswift deploy {dice.choice(USES_OF_PARAMETERS)}\n",
        ]
    )  # fmt: skip


NOISE = [
    *SPACES, " \\ \n", " \\\n\n", "\\\n", " \\\n# note\n", " \\ # note\n", " \\\r\n", "\n", " # note\n", "\u00a0", "\r",
    "x", "8000", "'a b'", '"a b"', "a\\ b", "$'a\\nb'", "a=b", "[1,2]", "\u4e2d", "''", "\\", "'", '"', "$", "--x", ";",
    "&", "|", "#", " ", "(", ")", "{", "}", "=", "`", "", "", "",
]  # fmt: skip
#: What is left whole, so that a call stays one.
WHOLE = {
    "swift deploy": "\ue000",
    "python": "\ue001",
    "swift.cli": "\ue002",
    "${": "\ue003",
    "[@]": "\ue004",
    "[*]": "\ue005",
    ":-": "\ue006",
}


def mutated_script(dice: random.Random) -> str:
    text = dice.choice(ORDINARY) if dice.random() < 0.6 else wrapped_script(dice)
    for name, sign in WHOLE.items():
        text = text.replace(name, sign)
    for _ in range(dice.randrange(1, 4)):
        at, cut = dice.randrange(len(text) + 1), dice.choice([0, 0, 1, 1, 2, 5])
        text = text[:at] + dice.choice(NOISE) + text[at + cut :]
    for name, sign in WHOLE.items():
        text = text.replace(sign, name)
    return text


#: Left out is what depends on the machine: on programs and files that are not there and so on commands that fail, on
#: /usr/bin/time, on redirections that cannot be opened; and what the reader takes for syntax but bash for an error.
ELSEWHERE = re.compile(
    r"""set[ ]-e|time|&&|\|\||env[ ]-|nice|cd\b|PATH|for[ ]|case|\[\[|\(\(|=[ ]export|\+=-|\$'|:''|[A-Za-z]\[1,2
    |\d{3,}>|&[{]
    |>>?\s*['"~$\\]|>[^\n]*[~\\\['"]|<[^<]*<|[*?~$`][\S\r]*swift|>(?!\s*/dev/null\s|&)\s*[^\s;&|<>()]*/|>&\d*[^\d\s]
    |deploy[$]|\\\Z|[$][{]\w+:[^-=?+]|(?m:^\.)|[$][A-Z{][^\n]*=\S*[ ]swift|\\'\n?\Z""",
    re.VERBOSE,
)


def agrees(text: str, made: list[Recorded]) -> bool:
    """Whether every call that bash made is one that we read, and the other way round."""
    calls = [call for call in made if _real(call)]
    scripts = read_script(text)
    if any(script.conditional for script in scripts):
        return all(any(accounts_for(script, call) for script in scripts) for call in calls)
    for script in sorted(scripts, key=_has_unknown_stray):
        match = next((call for call in calls if accounts_for(script, call)), None)
        if match is None:
            return False
        calls.remove(match)
    return not calls


def disagreements(scripts: list[str], folder: Path) -> list[str]:
    recorded = run_scripts(scripts, "bash", folder)
    return [text for text, made in zip(scripts, recorded, strict=True) if not agrees(text, made)]


def test_scripts_in_scripts_are_read_as_bash_runs_them(tmp_path: Path):
    dice = random.Random(862)
    assert disagreements([wrapped_script(dice) for _ in range(1000)], tmp_path) == []


def test_broken_scripts_are_read_as_bash_runs_them(tmp_path: Path):
    dice = random.Random(863)
    scripts = [text for text in (mutated_script(dice) for _ in range(3000)) if not ELSEWHERE.search(text)]
    assert len(scripts) > 1500
    assert disagreements(scripts, tmp_path) == []
