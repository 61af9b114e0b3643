"""Programs that run another program, and what they do to its words and its environment."""

from collections.abc import Mapping
from dataclasses import field

from swiftcfg.values import dataclass

_NONE: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Wrapper:
    """How a program finds the one it runs among its own words.

    ``valued`` are options that take a separate value; with ``switches`` every option but these does.
    ``mixed``: options may come after other words, too. ``skip`` words stand between the options and the
    program, such as the image of a container. ``text`` are options whose value is a script for a shell;
    ``joined`` says that all words together are one. ``typed`` says that the words are typed into a terminal.
    ``commands`` are the subcommands that run something.

    ``assignments``: ``A=b`` may stand before the program. ``passes``: the environment gets through; ``clears``
    are options that empty it, ``keeps`` those without which it does not get through, ``gives`` those that
    add to it, as ``-e A=b``.
    """

    valued: frozenset[str] = _NONE
    switches: frozenset[str] | None = None
    mixed: bool = False
    skip: int = 0
    text: frozenset[str] = _NONE
    joined: bool = False
    typed: bool = False
    commands: Mapping[str, "Wrapper"] = field(default_factory=dict)
    assignments: bool = False
    passes: bool = True
    clears: frozenset[str] = _NONE
    keeps: frozenset[str] | None = None
    gives: frozenset[str] = _NONE

    def takes_value(self, option: str) -> bool:
        """Whether the next word belongs to the option."""
        if "=" in option and option.startswith("--"):
            return False
        if self.switches is None:
            return option in self.valued or option in self.text
        return option not in self.switches and (option.startswith("--") or option[1:2] not in "dit")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SHELL = Wrapper(valued=_words("-o +o -O +O --rcfile --init-file"), text=_words("-c"))

_USER_SHELL = Wrapper(
    valued=_words("-s --shell -g --group -G --supp-group -w"),
    text=_words("-c --command"),
    mixed=True,
    clears=_words("- -l --login"),
)

#: docker run and podman run: https://docs.docker.com/reference/cli/docker/container/run/
_CONTAINER_SWITCHES = _words(
    "-d --detach -i --interactive -t --tty --rm --init --privileged -P --publish-all --read-only -q --quiet "
    "--no-healthcheck --oom-kill-disable --sig-proxy --disable-content-trust --replace --help -T --no-TTY --build "
    "--no-deps --service-ports --use-aliases --remove-orphans"
)
_IN_CONTAINER = Wrapper(switches=_CONTAINER_SWITCHES, skip=1, passes=False, gives=_words("-e --env"))
_COMPOSE = Wrapper(
    valued=_words("-f --file -p --project-name --profile --env-file --project-directory"),
    commands={"run": _IN_CONTAINER, "exec": _IN_CONTAINER},
)
_DOCKER = Wrapper(
    valued=_words("-H --host -c --context --config -l --log-level"),
    commands={
        "run": _IN_CONTAINER, "exec": _IN_CONTAINER, "compose": _COMPOSE,
        "container": Wrapper(commands={"run": _IN_CONTAINER, "exec": _IN_CONTAINER}),
    },
)  # fmt: skip
_APPTAINER = Wrapper(
    commands={
        "exec": Wrapper(
            valued=_words("-B --bind -H --home -W --workdir --pwd --env-file --overlay --app --mount --network"),
            skip=1,
            gives=_words("--env"),
        )
    }
)
_TMUX_SESSION = Wrapper(valued=_words("-c -e -F -f -n -s -t -x -y -l"), joined=True)
_TMUX_TYPED = Wrapper(valued=_words("-t -N -c"), typed=True, passes=False)
_RUN = Wrapper(commands={"run": Wrapper(valued=_words("-p --python --with --extra --group --env-file --directory"))})

#: By name. Options from the manual pages of coreutils 9, util-linux 2.38, sudo 1.9, bash 5.2, OpenSSH 9, tmux 3.3,
#: screen 4.9, numactl 2.0, Slurm 23.11, and the help of docker 26, conda 24, uv 0.5 and kubectl 1.30.
WRAPPERS: Mapping[str, Wrapper] = {
    "command": Wrapper(),
    "builtin": Wrapper(),
    "env": Wrapper(
        _words("-u --unset -C --chdir"), assignments=True, clears=_words("-i - --ignore-environment"),
    ),
    "exec": Wrapper(_words("-a"), clears=_words("-c -cl -lc")),
    "ionice": Wrapper(_words("-c --class -n --classdata")),
    "nice": Wrapper(_words("-n --adjustment")),
    "chrt": Wrapper(skip=1),
    "nohup": Wrapper(),
    "setsid": Wrapper(),
    "unbuffer": Wrapper(),
    "catchsegv": Wrapper(),
    "stdbuf": Wrapper(_words("-i -o -e --input --output --error")),
    "sudo": Wrapper(
        _words(
            "-u --user -g --group -h --host -p --prompt -C --close-from -r --role "
            "-t --type -T --command-timeout -U --other-user -D --chdir -R --chroot"
        ), assignments=True, keeps=_words("-E --preserve-env"),
    ),
    "time": Wrapper(_words("-f --format -o --output")),
    "timeout": Wrapper(_words("-k --kill-after -s --signal"), skip=1),
    "taskset": Wrapper(skip=1),
    "numactl": Wrapper(_words("-N -m -C -i -p -P")),
    "bash": _SHELL, "sh": _SHELL, "dash": _SHELL, "zsh": _SHELL, "ksh": _SHELL,
    "su": _USER_SHELL, "runuser": _USER_SHELL,
    "script": Wrapper(text=_words("-c --command"), mixed=True),
    "watch": Wrapper(_words("-n --interval"), joined=True),
    "ssh": Wrapper(
        _words("-B -b -c -D -E -e -F -I -i -J -L -l -m -O -o -P -p -Q -R -S -W -w"), skip=1, joined=True, passes=False,
    ),
    "tmux": Wrapper(
        _words("-L -S -f"),
        commands={
            "new-session": _TMUX_SESSION, "new": _TMUX_SESSION, "new-window": _TMUX_SESSION, "neww": _TMUX_SESSION,
            "split-window": _TMUX_SESSION, "respawn-pane": _TMUX_SESSION,
            "send-keys": _TMUX_TYPED, "send": _TMUX_TYPED,
        },
    ),
    "screen": Wrapper(_words("-S -c -e -h -L -p -s -t -T -dmS -LdmS -dmLS -AdmS")),
    "docker": _DOCKER, "podman": _DOCKER, "nerdctl": _DOCKER,
    "docker-compose": _COMPOSE,
    "nvidia-docker": _DOCKER,
    "apptainer": _APPTAINER, "singularity": _APPTAINER,
    "kubectl": Wrapper(
        _words("-n --namespace --context"),
        commands={"exec": Wrapper(_words("-c --container -n --namespace"), skip=1, passes=False)},
    ),
    "conda": Wrapper(commands={"run": Wrapper(_words("-n --name -p --prefix --cwd"))}),
    "mamba": Wrapper(commands={"run": Wrapper(_words("-n --name -p --prefix --cwd"))}),
    "micromamba": Wrapper(commands={"run": Wrapper(_words("-n --name -p --prefix --cwd"))}),
    "uv": _RUN, "poetry": _RUN, "pipenv": _RUN, "pdm": _RUN, "rye": _RUN, "hatch": _RUN,
    "srun": Wrapper(
        _words("-A -p -n -N -c -J -t -w -x -G -o -e -i -D -C -q -d -k --jobid --account --partition --ntasks --nodes")
        | _words("--cpus-per-task --job-name --time --nodelist --gpus --gres --mem --output --error --qos --chdir"),
    ),
}  # fmt: skip
