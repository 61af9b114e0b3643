"""What ms-swift releases do to qwen-vl-utils: first versions of each behaviour, and pairs that do not start.

Read from the git tags v3.0.0 to v4.5.2 and the wheel of 4.6.0: in 3.x swift/llm/model/model/qwen.py and
swift/llm/template/template/qwen.py, in 4.x swift/model/models/qwen.py and swift/template/templates/qwen.py.
"""

from functools import lru_cache

from packaging.version import Version

from swiftcfg.errors import InputError
from swiftcfg.model import TowerKind
from swiftcfg.values import dataclass

#: The transformers backend passes do_resize=False to the processor.
TRANSFORMERS_NO_RESIZE = Version("3.1.0")
#: VIDEO_MAX_PIXELS without VIDEO_TOTAL_PIXELS sets the latter to 90,316,800 (modelscope/ms-swift#4236).
SETS_TOTAL = Version("3.4.1.post1")
#: replace_tag asks fetch_video for the sampled frames a second, which qwen-vl-utils before 0.0.9 cannot tell.
ASKS_FOR_FPS = Version("3.7.1")
#: A video may be a list of frames (before, os.path.isdir fails on a list).
FRAME_LISTS = Version("3.8.3")
#: IMAGE_MAX_TOKEN_NUM and its like are read.
READS_TOKEN_VARIABLES = Version("3.9.0")
#: compat_qwen_vl_utils: MAX_PIXELS becomes IMAGE_MAX_TOKEN_NUM and so on (modelscope/ms-swift#6584).
CONVERTS = Version("3.10.1")
#: Lists of frames are told the configured FPS.
FRAME_LIST_FPS = Version("3.10.2")
#: do_resize=False is sent to vLLM with every request (modelscope/ms-swift#8443).
VLLM_NO_RESIZE = Version("4.0.3")
#: chat_template_kwargs of a request reach fetch_image and fetch_video.
REQUEST_LIMITS = Version("4.3.0")
#: The newest release these rows were read from.
NEWEST_READ = Version("4.6.0")

#: Variables that a model type's loader sets where they are unset (ms-swift@4.6.0:swift/model/models/qwen.py).
LOADER_DEFAULTS = {
    "qwen3_vl_emb": {"IMAGE_MAX_TOKEN_NUM": "1800", "FPS": "1", "FPS_MAX_FRAMES": "64"},
    "qwen3_vl_reranker": {"IMAGE_MAX_TOKEN_NUM": "1280", "FPS": "1", "FPS_MAX_FRAMES": "64"},
    "qwen3_5_emb": {"IMAGE_MAX_TOKEN_NUM": "1800", "FPS": "1", "FPS_MAX_FRAMES": "64"},
    "wemm_embedding": {"IMAGE_MAX_TOKEN_NUM": "1800", "FPS": "1", "FPS_MAX_FRAMES": "64"},
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """A pair of releases that fails while the model loads, or where ``starts`` is not modelled; [from, before)."""

    kinds: tuple[TowerKind, ...]
    swift: tuple[str, str]
    utils: tuple[str, str]
    fault: str
    remedy: str
    starts: bool = False

    def holds(self, kind: TowerKind, swift: Version, utils: Version) -> bool:
        return kind in self.kinds and _within(swift, self.swift) and _within(utils, self.utils)


_TWO: tuple[TowerKind, ...] = ("qwen2_vl", "qwen2_5_vl")
_ALL: tuple[TowerKind, ...] = (*_TWO, "qwen3_vl")
_ANY = ("0", "99999")
_NEW, _OLD = "install qwen-vl-utils 0.0.14", "install qwen-vl-utils 0.0.11"
REFUSALS = (
    Refusal(("qwen2_5_vl",), ("0", "3.1.0"), _ANY, "does not know Qwen2.5-VL", "use ms-swift 3.1.0 or newer"),
    Refusal(("qwen3_vl",), ("0", "3.9.0"), _ANY, "does not know Qwen3-VL", "use ms-swift 3.9.0 or newer"),
    Refusal(_ALL, _ANY, ("0", "0.0.6"), "needs qwen-vl-utils 0.0.6 or newer", _NEW),
    Refusal(_TWO, ("0", "3.8.1"), ("0.0.12", "99"), "ends with AttributeError: IMAGE_FACTOR", _OLD),
    Refusal(_TWO, ("3.8.2", "3.10.1"), ("0.0.12", "99"), "requires qwen_vl_utils<0.0.12", _OLD),
    Refusal(_TWO, ("3.10.1", "99999"), ("0.0.12", "0.0.14"), "takes qwen-vl-utils to 0.0.11 and from 0.0.14", _NEW),
    Refusal(("qwen3_vl",), _ANY, ("0", "0.0.14"), "requires qwen_vl_utils>=0.0.14", _NEW),
    Refusal(
        ("qwen2_vl",), ("0", "3.0.1"), _ANY, "resizes by itself, which is not modelled", "use ms-swift 3.0.1 or newer",
        starts=True,
    ),
)  # fmt: skip


def _within(version: Version, span: tuple[str, str]) -> bool:
    return Version(span[0]) <= version < Version(span[1])


@lru_cache(maxsize=256)
def check_pair(kind: TowerKind, swift: Version, utils: Version | None) -> Version:
    """The version of qwen-vl-utils if this pair serves ``kind``; raises InputError where ms-swift fails to start."""
    if utils is None:
        raise InputError(
            "qwen-vl-utils is not known, and tokens depend on its version",
            "install it beside ms-swift, or say which one will be there: --qwen-vl-utils 0.0.14",
        )
    refusal = refusal_of(kind, swift, utils)
    if refusal:
        raise InputError(
            f"ms-swift {swift} with qwen-vl-utils {utils} {refusal.fault}",
            f"{refusal.remedy}, or say what will serve with --ms-swift and --qwen-vl-utils",
        )
    return utils


def refusal_of(kind: TowerKind, swift: Version, utils: Version) -> Refusal | None:
    """Why this pair does not serve ``kind``; None where it does."""
    return next((refusal for refusal in REFUSALS if refusal.holds(kind, swift, utils)), None)
