"""Runtime: the versions of the software that will serve. Almost every fact here depends on them."""

from collections.abc import Mapping
from dataclasses import field

from packaging.version import InvalidVersion, Version

from swiftcfg.errors import InputError
from swiftcfg.values import dataclass

#: Package names as pip spells them, in the order they are shown.
PACKAGES = ("ms-swift", "vllm", "qwen-vl-utils", "transformers")
#: What libraries read videos with, as pip spells them; av is PyAV, which torchvision's reader needs.
VIDEO_READERS = ("torchcodec", "decord", "torchvision", "av")


@dataclass(frozen=True)
class Runtime:
    """What will serve. ``None`` means the package is absent or its version is not known.

    ``origins`` says, per package name, where the version comes from: ``given``, ``default`` or
    ``found in <prefix>``. ``video_readers`` are those installed beside ms-swift, with their versions where they
    tell them; None where nobody looked into the environment that serves.
    """

    ms_swift: Version
    vllm: Version | None
    qwen_vl_utils: Version | None
    transformers: Version | None = None
    origins: Mapping[str, str] = field(default_factory=dict, hash=False)
    video_readers: Mapping[str, Version | None] | None = field(default=None, hash=False)

    def version_of(self, package: str) -> Version | None:
        found: Version | None = getattr(self, package.replace("-", "_"))
        return found


#: The release that is assumed where none is installed or given: the newest read.
DEFAULT_MS_SWIFT = Version("4.6.0")
#: The first release of ms-swift with /health (ms-swift@3.10.0:swift/llm/infer/deploy.py).
HEALTH_SINCE = Version("3.10.0")

#: From here on a variable of the shell beats the one in a file of settings (ms-swift@4.2.2:swift/cli/main.py:53-57).
SHELL_WINS_SINCE = Version("4.2.2")

#: What is assumed beside a release of ms-swift where nothing is said: (since, vLLM, qwen-vl-utils), newest first.
#: vLLM is what the release's README recommends. qwen-vl-utils 0.0.14 serves every family from 3.10.1 on; before,
#: Qwen2-VL and Qwen2.5-VL refuse it, and before 3.4.1 0.0.9-0.0.11 shrink every video to the floor
#: (modelscope/ms-swift#6371, QwenLM/Qwen3-VL#1120).
COMPANIONS = (
    (Version("4.5.0"), Version("0.23.0"), Version("0.0.14")),
    (Version("4.3.0"), Version("0.21.0"), Version("0.0.14")),
    (Version("4.0.0"), Version("0.15.1"), Version("0.0.14")),
    (Version("3.12.0"), Version("0.11.0"), Version("0.0.14")),
    (Version("3.10.1"), Version("0.10.1.1"), Version("0.0.14")),
    (Version("3.9.0"), Version("0.10.1.1"), Version("0.0.11")),
    (Version("3.6.0"), Version("0.8.5.post1"), Version("0.0.11")),
    (Version("3.4.1.post1"), Version("0.8.3"), Version("0.0.11")),
    (Version("0"), Version("0.8.3"), Version("0.0.8")),
)

#: What is assumed where nothing is installed and nothing is said.
DEFAULT_VERSIONS = dict(zip(PACKAGES, (str(DEFAULT_MS_SWIFT), *map(str, COMPANIONS[0][1:])), strict=False))


def parse_version(package: str, text: str) -> Version:
    """Read a PEP 440 version; raises InputError that names the package."""
    try:
        return Version(text)
    except InvalidVersion:
        raise InputError(f"{text!r} is not a version of {package}", "write it as pip does, such as 4.6.0") from None


def choose_runtime(
    given: Mapping[str, str],
    found: Mapping[str, str],
    prefix: str,
    *,
    pointed_at: bool = False,
    video_readers: Mapping[str, Version | None] | None = None,
) -> Runtime:
    """Merge versions by precedence: given on the command line, found in ``prefix``, default.

    Where somebody ``pointed_at`` the environment that will serve, a package it lacks stays unknown. Else
    the default is what goes with the release of ms-swift, and ``origins`` says that it is one. What reads videos
    counts only where ``prefix`` is the environment that serves: pointed at, or one with ms-swift in it.
    """
    ms_swift, origin = _known("ms-swift", given, found, prefix) or (DEFAULT_MS_SWIFT, "default")
    _, vllm, utils = next(row for row in COMPANIONS if row[0] <= ms_swift)
    companions = {} if pointed_at else {"vllm": vllm, "qwen-vl-utils": utils}
    versions: dict[str, Version | None] = {"ms-swift": ms_swift}
    origins = {"ms-swift": origin}
    for package in PACKAGES[1:]:
        missing = f"not found in {prefix}" if pointed_at else "not known"
        fallback = (companions.get(package), f"default for ms-swift {ms_swift}" if package in companions else missing)
        versions[package], origins[package] = _known(package, given, found, prefix) or fallback
    readers = video_readers if pointed_at or origin.startswith("found") else None
    return Runtime(ms_swift, versions["vllm"], versions["qwen-vl-utils"], versions["transformers"], origins, readers)


def _known(package: str, given: Mapping[str, str], found: Mapping[str, str], prefix: str) -> tuple[Version, str] | None:
    """A version that somebody gave or that is installed, and which of both."""
    if package in given:
        return parse_version(package, given[package]), "given"
    if package in found:
        return parse_version(package, found[package]), f"found in {prefix}"
    return None
