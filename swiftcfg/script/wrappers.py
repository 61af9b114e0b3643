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
    ``stdin`` says that without words it reads a script from its input. ``commands`` are the subcommands that run
    something. ``starts`` are options that name the program, for which the words are.

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
    stdin: bool = False
    starts: frozenset[str] = _NONE
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


_SHELL = Wrapper(valued=_words("-o +o -O +O --rcfile --init-file"), text=_words("-c"), stdin=True)

_USER_SHELL = Wrapper(
    valued=_words("-s --shell -g --group -G --supp-group -w"),
    text=_words("-c --command"),
    mixed=True,
    stdin=True,
    clears=_words("- -l --login"),
)

#: docker run and podman run: https://docs.docker.com/reference/cli/docker/container/run/
_CONTAINER_SWITCHES = _words(
    "-d --detach -i --interactive -t --tty --rm --init --privileged -P --publish-all --read-only -q --quiet "
    "--no-healthcheck --oom-kill-disable --sig-proxy --disable-content-trust --replace --help -T --no-TTY --build "
    "--no-deps --service-ports --use-aliases --remove-orphans"
)
_IN_CONTAINER = Wrapper(
    switches=_CONTAINER_SWITCHES, skip=1, passes=False, gives=_words("-e --env"), starts=_words("--entrypoint")
)
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
_IN_IMAGE = Wrapper(
    _words(
        "-B --bind -H --home -W --workdir --pwd --cwd --env --env-file --overlay --app --mount --network -S --scratch"
    ),
    skip=1,
    gives=_words("--env"),
)
_APPTAINER = Wrapper(commands={"exec": _IN_IMAGE, "run": _IN_IMAGE})
#: Options come before and after the name of the pod; only two dashes end them.
_IN_POD = Wrapper(mixed=True, passes=False, gives=_words("--env"))
_KUBECTL = Wrapper(_words("-n --namespace --context --kubeconfig"), commands={"exec": _IN_POD, "run": _IN_POD})
_TMUX_SESSION = Wrapper(valued=_words("-c -e -F -f -n -s -t -x -y -l"), joined=True)
_TMUX_TYPED = Wrapper(valued=_words("-t -N -c"), typed=True, passes=False)
_PROJECT = _words("-C --directory --project -P")
_TOOL = Wrapper(_words("-p --python --from --with --with-requirements --index --env-file") | _PROJECT)
_ENVIRONMENT = Wrapper(_words("-p --python --with --with-requirements --extra --group --index --env-file") | _PROJECT)
_RUN = Wrapper(_PROJECT, commands={"run": _ENVIRONMENT})
_CONDA = Wrapper(commands={"run": Wrapper(_words("-n --name -p --prefix --cwd -r --root-prefix -e --env -a --attach"))})
_TMUX = Wrapper(
    _words("-L -S -f"),
    commands={
        "new-session": _TMUX_SESSION, "new": _TMUX_SESSION, "new-window": _TMUX_SESSION, "neww": _TMUX_SESSION,
        "split-window": _TMUX_SESSION, "respawn-pane": _TMUX_SESSION,
        "send-keys": _TMUX_TYPED, "send": _TMUX_TYPED,
    },
)  # fmt: skip
_SLURM = (
    _words("-A -p -n -N -c -J -t -w -x -G -o -e -i -D -C -q -d -k --jobid --account --partition --ntasks --nodes")
    | _words("--cpus-per-task --job-name --time --nodelist --gpus --gres --mem --output --error --qos --chdir")
    | _words("--exclude --constraint --reservation --gpus-per-node --gpus-per-task --ntasks-per-node --mem-per-cpu")
    | _words("--dependency --cpu-bind --mpi --container-image --container-mounts --container-name --container-workdir")
)
_NSYS = Wrapper(
    _words("-o --output -t --trace -s --sample -d --duration -y --delay -w --show-output -f --force-overwrite -c")
    | _words("--capture-range --capture-range-end -e --env-var --stats --export --cuda-memory-usage --cudabacktrace")
    | _words("-x --stop-on-exit --kill -b --backtrace --gpu-metrics-devices --session-new --session --python-backtrace")
    | _words("--cuda-graph-trace --pytorch --trace-fork-before-exec --wait --python-sampling --run-as")
)
_MPI = Wrapper(
    _words("-np -n -c -N -H -host --host -hostfile --hostfile -machinefile -x -mca --map-by --bind-to -wdir -wd"),
    gives=_words("-x"),
)

#: By name. Options from the manual pages of coreutils 9, util-linux 2.38, sudo 1.9, bash 5.2, OpenSSH 9, tmux 3.3,
#: screen 4.9, numactl 2.0, Slurm 23.11, systemd 255, strace 6, Open MPI 5, iproute2, tini 0.19, Nsight Systems and
#: Compute 2024, and the help of docker 26, apptainer 1.3, conda 24, pixi 0.40, uv 0.5, poetry 2 and kubectl 1.30.
WRAPPERS: Mapping[str, Wrapper] = {
    "command": Wrapper(),
    "builtin": Wrapper(),
    "env": Wrapper(
        _words("-u --unset -C --chdir"), text=_words("-S --split-string"), assignments=True,
        clears=_words("-i - --ignore-environment"),
    ),
    "exec": Wrapper(_words("-a"), clears=_words("-c -cl -lc")),
    "ionice": Wrapper(_words("-c --class -n --classdata")),
    "nice": Wrapper(_words("-n --adjustment")),
    "chrt": Wrapper(_words("-T --sched-runtime -P --sched-period -D --sched-deadline"), skip=1),
    "nohup": Wrapper(), "setsid": Wrapper(), "coproc": Wrapper(), "busybox": Wrapper(), "unbuffer": Wrapper(),
    "catchsegv": Wrapper(), "prime-run": Wrapper(), "run-one": Wrapper(), "tsocks": Wrapper(),
    "flock": Wrapper(_words("-w --wait --timeout -E --conflict-exit-code"), skip=1, text=_words("-c --command")),
    "prlimit": Wrapper(_words("-o --output -p --pid")),
    "setarch": Wrapper(), "linux64": Wrapper(),
    "chroot": Wrapper(skip=1),
    "unshare": Wrapper(_words("-R --root -w --wd -S --setuid -G --setgid --propagation --setgroups")),
    "nsenter": Wrapper(_words("-t --target -S --setuid -G --setgid")),
    "ip": Wrapper(commands={"netns": Wrapper(commands={"exec": Wrapper(skip=1)})}),
    "gosu": Wrapper(skip=1), "su-exec": Wrapper(skip=1), "s6-setuidgid": Wrapper(skip=1), "sg": Wrapper(
        text=_words("-c"), skip=1, joined=True,
    ),
    "doas": Wrapper(_words("-u -C"), keeps=_NONE),
    "tini": Wrapper(_words("-p -e")), "dumb-init": Wrapper(_words("-r --rewrite")),
    "systemd-run": Wrapper(
        _words("-u --unit -p --property -E --setenv -M --machine -H --host --uid --gid --nice --slice --description")
        | _words("--working-directory --service-type --on-active --on-calendar"),
        keeps=_words("--scope"), gives=_words("-E --setenv"),
    ),
    "systemd-inhibit": Wrapper(), "systemd-cat": Wrapper(_words("-t --identifier -p --priority")),
    "strace": Wrapper(_words("-o -e -p -s -u -E -a -O -S -P -I -b -X"), gives=_words("-E")),
    "gdb": Wrapper(_words("-ex -iex -x -ix -cd")),
    "nsys": Wrapper(commands={"profile": _NSYS, "launch": _NSYS}),
    "ncu": Wrapper(
        _words("-o --export --set --section --target-processes -k --kernel-name -c --launch-count -s --launch-skip")
        | _words("--metrics --nvtx-include --log-file --mode --devices"),
    ),
    "py-spy": Wrapper(commands={"record": Wrapper(_words("-o --output -d --duration -r --rate -f --format"))}),
    "xvfb-run": Wrapper(
        _words("-n --server-num -s --server-args -e --error-file -f --auth-file -p --xauth-protocol -w --wait"),
    ),
    "proxychains": Wrapper(_words("-f")), "proxychains4": Wrapper(_words("-f")),
    "mpirun": _MPI, "mpiexec": _MPI,
    "cgexec": Wrapper(_words("-g")),
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
    "numactl": Wrapper(
        _words("-N -m -C -i -p -P --cpunodebind --membind --physcpubind --interleave --preferred --preferred-many"),
    ),
    "bash": _SHELL, "sh": _SHELL, "dash": _SHELL, "zsh": _SHELL, "ksh": _SHELL,
    "su": _USER_SHELL, "runuser": _USER_SHELL,
    "script": Wrapper(text=_words("-c --command"), mixed=True, stdin=True),
    "watch": Wrapper(_words("-n --interval"), joined=True),
    "ssh": Wrapper(
        _words("-B -b -c -D -E -e -F -I -i -J -L -l -m -O -o -P -p -Q -R -S -W -w"), skip=1, joined=True, passes=False,
    ),
    "tmux": _TMUX, "byobu": _TMUX,
    "screen": Wrapper(_words("-S -c -e -h -L -p -s -t -T -dmS -LdmS -dmLS -AdmS")),
    "docker": _DOCKER, "podman": _DOCKER, "nerdctl": _DOCKER,
    "docker-compose": _COMPOSE,
    "nvidia-docker": _DOCKER,
    "apptainer": _APPTAINER, "singularity": _APPTAINER,
    "kubectl": _KUBECTL, "oc": _KUBECTL,
    "conda": _CONDA, "mamba": _CONDA, "micromamba": _CONDA,
    "uv": Wrapper(_PROJECT, commands={"run": _ENVIRONMENT, "tool": Wrapper(commands={"run": _TOOL})}),
    "uvx": _TOOL, "pipx": _RUN,
    "poetry": _RUN, "pipenv": _RUN, "pdm": _RUN, "rye": _RUN, "hatch": _RUN,
    "pixi": Wrapper(commands={"run": Wrapper(_words("-e --environment --manifest-path -m -w --workspace"))}),
    "pyenv": Wrapper(commands={"exec": Wrapper()}),
    "direnv": Wrapper(commands={"exec": Wrapper(skip=1)}),
    "dotenv": Wrapper(_words("-f --file -e -q --quote"), commands={"run": Wrapper()}),
    "srun": Wrapper(_SLURM), "salloc": Wrapper(_SLURM), "sbatch": Wrapper(_SLURM, text=_words("--wrap")),
}  # fmt: skip
