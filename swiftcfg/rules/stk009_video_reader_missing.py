"""Nothing installed that reads videos.

Readers of videos are no dependencies of ms-swift or qwen-vl-utils. The server starts, images are fine, and every
request with a video is answered with status 400: ``module 'torchvision.io' has no attribute 'read_video'`` or ``No
module named 'decord'``. qwen-vl-utils takes torchcodec (from 0.0.11 on), decord, or torchvision, which lost its
reader with 0.26; InternVL and MiniCPM-V know decord alone. What is installed is looked up in the environment that
``--python`` names.

Checked with: --installed 'torchvision==0.28.0 av==15.1.0'

Bad:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm

Checked with: --installed 'torchvision==0.28.0 av==15.1.0 decord==0.6.0'

Good:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm
"""

from collections.abc import Iterator, Mapping

from packaging.version import Version

from swiftcfg.config import Unknown
from swiftcfg.engine import EngineSettings
from swiftcfg.flags import FlagCatalog
from swiftcfg.model import Model
from swiftcfg.rule import Finding
from swiftcfg.rules.families import family_of
from swiftcfg.rules.served import video_severity
from swiftcfg.rules.written import in_force
from swiftcfg.runtime import Runtime
from swiftcfg.script import Script
from swiftcfg.values import dataclass
from swiftcfg.workload import Workload

SEVERITY = "warning"
CONFIDENCE = "likely"
SOURCES = (
    "qwen-vl-utils@0.0.14:src/qwen_vl_utils/vision_process.py, get_video_reader_backend and fetch_video",
    "qwen-vl-utils@0.0.10 and 0.0.11:src/qwen_vl_utils/vision_process.py, VIDEO_READER_BACKENDS",
    "torchvision@0.25.0 and 0.26.0:torchvision/io/__init__.py",
    "ms-swift@4.6.0:swift/template/vision_utils.py, load_video_internvl and load_video_minicpmv_mplug_owl3",
)

#: Before, ms-swift reads videos with torchvision's read_video itself (load_video_qwen2).
_LIBRARY_SINCE = Version("3.0.1")
#: Overrides the choice of qwen-vl-utils.
_FORCED = "FORCE_QWENVL_VIDEO_READER"
_TORCHCODEC_SINCE = Version("0.0.11")
#: From here on another reader's failure leads to torchvision's; before, the one that is forced is the only one.
_FALLS_BACK_SINCE = Version("0.0.9")
#: The first torchvision without read_video.
_NO_READER_SINCE = Version("0.26.0")
#: Families that import decord themselves.
_DECORD_ALONE = ("InternVL", "MiniCPM-V")

Readers = Mapping[str, Version | None]


@dataclass(frozen=True, slots=True)
class Need:
    """Who reads videos, with which of the readers."""

    reader: str
    takes: tuple[str, ...]


def check(
    script: Script,
    catalog: FlagCatalog,
    settings: EngineSettings,
    *,
    runtime: Runtime,
    video_readers: Readers,
    model: Model | None = None,
    workload: Workload | None = None,
) -> Iterator[Finding]:
    severity = video_severity(settings, workload)
    need = _need(script, catalog, runtime, model)
    if severity is None or need is None or any(_reads(name, video_readers) for name in need.takes):
        return
    wanted = " or ".join(map(_shown, need.takes))
    there = ", ".join(f"{name} {version or ''}".strip() for name, version in video_readers.items()) or "none of them"
    remedy = "decord" if "decord" in need.takes else "one"
    message = f"every video fails: {need.reader} reads them with {wanted}, and there is {there}; install {remedy}"
    yield Finding(message, script.place, severity=severity)


def _need(script: Script, catalog: FlagCatalog, runtime: Runtime, model: Model | None) -> Need | None:
    """What reads videos; None where the model takes none, or it is not known."""
    family, swift, utils = family_of(in_force(script, catalog), model), runtime.ms_swift, runtime.qwen_vl_utils
    if family and family.name in _DECORD_ALONE:
        return Need(f"ms-swift's template of {family.name}", ("decord",))
    if model is None or model.vision is None or utils is None:
        return None
    if swift < _LIBRARY_SINCE:
        return Need(f"ms-swift {swift}", ("torchvision",))
    return Need(f"qwen-vl-utils {utils}", _tried(utils, script.config().variable(_FORCED)))


def _tried(utils: Version, forced: str | Unknown | None) -> tuple[str, ...]:
    """The readers that qwen-vl-utils may try; where a variable chooses and its value is not known, any of them."""
    own = ("torchcodec", "decord") if utils >= _TORCHCODEC_SINCE else ("decord",)
    if not isinstance(forced, str):
        return (*own, "torchvision")
    first = (forced,) if forced in own else ()
    return (*first, "torchvision") if utils >= _FALLS_BACK_SINCE or not first else first


def _shown(name: str) -> str:
    return f"torchvision before {_NO_READER_SINCE} with av" if name == "torchvision" else name


def _reads(name: str, readers: Readers) -> bool:
    """Whether a reader is there and can do it; a torchvision of unknown release may."""
    version = readers.get(name)
    if name == "torchvision":
        return name in readers and "av" in readers and (version is None or version < _NO_READER_SINCE)
    return name in readers
