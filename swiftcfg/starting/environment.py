"""The environment of a server: the caller's, less what the server would read unplanned, plus what is planned."""

import os
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from swiftcfg.detect import Installation
from swiftcfg.exchange import SHORTEST_SECRET
from swiftcfg.rules.families import SIZES
from swiftcfg.values import dataclass

_SIZES_WHY = "it changes how images and videos are resized, and is not planned"
_RANKS_WHY = "it would make the server one of several processes"
_WORDS_WHY = "it would replace the flags"
#: Variables of the caller that do not reach the server, and why. The ranks are what torchrun gives its children
#: (ms-swift@4.6.0:swift/utils/env.py:27-41, swift/cli/main.py:20-25), the words what ms-swift gives to those of Ray
#: (swift/utils/utils.py:181-183).
_DROPPED: Mapping[str, str] = {
    **dict.fromkeys(SIZES | {"VLLM_NUM_FRAMES", "FORCE_QWENVL_VIDEO_READER", "QWENVL_BBOX_FORMAT"}, _SIZES_WHY),
    **dict.fromkeys(
        ("NPROC_PER_NODE", "NNODES", "NODE_RANK", "MASTER_ADDR", "MASTER_PORT", "RANK", "LOCAL_RANK", "WORLD_SIZE",
         "_PATCH_WORLD_SIZE", "LOCAL_WORLD_SIZE", "LOCAL_SIZE", "GROUP_RANK", "ROLE_RANK"), _RANKS_WHY,
    ),
    "RAY_SWIFT_ARGS": _WORDS_WHY,
}  # fmt: skip

#: A shorter one may be a common word, or a folder's name. Chosen.
_SHORTEST_UNCOMMON = 8
_WORD_END = re.compile(r"[\s=:,;'\"]+")

#: What is set for every server, and why.
_SET: Mapping[str, tuple[str, str]] = {"PYTHONUNBUFFERED": ("1", "so that output comes at once")}


@dataclass(frozen=True, slots=True)
class Change:
    """One variable that differs from the caller's environment; ``value`` None where it is dropped."""

    name: str
    value: str | None
    why: str


def changes(
    caller: Mapping[str, str],
    planned: Mapping[str, str],
    installation: Installation,
    secrets: Collection[str],
) -> Iterator[Change]:
    """Everything that is different in the server's environment, in the order it is told."""
    for name in sorted(caller.keys() - planned.keys()):
        if name in _DROPPED:
            yield Change(name, None, _DROPPED[name])
        elif any(_holds(caller[name], secret) for secret in secrets):
            yield Change(name, None, "it holds a key that the server is given in another way")
    for name, value in planned.items():
        other = caller.get(name, value) != value
        yield Change(name, value, "planned; the caller's value does not count" if other else "planned")
    for name, (value, why) in _SET.items():
        if name not in planned and caller.get(name) != value:
            yield Change(name, value, why)
    if "PATH" not in planned:
        yield from _path(caller.get("PATH", os.defpath), installation)


def _holds(value: str, secret: str) -> bool:
    """Whether a variable has the secret in it; one that may be a common word only as a word: HOME is no key."""
    if len(secret) < _SHORTEST_UNCOMMON:
        return len(secret) >= SHORTEST_SECRET and secret in _WORD_END.split(value)
    return secret in value


def changed(caller: Mapping[str, str], made: Collection[Change]) -> dict[str, str]:
    """The environment with the changes made."""
    dropped = {change.name for change in made if change.value is None}
    kept = {name: value for name, value in caller.items() if name not in dropped}
    return kept | {change.name: change.value for change in made if change.value is not None}


def _path(path: str, installation: Installation) -> Iterator[Change]:
    """Programs of the environment come first, as where it is activated: kernels are built with its ninja."""
    folder = str(Path(installation.interpreter).parent)
    if path.partition(os.pathsep)[0] != folder:
        yield Change("PATH", f"{folder}{os.pathsep}{path}", "programs of the environment that serves come first")
