"""Names of variables that somebody reads, and what a name with a slip was meant to be."""

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from functools import cache

from swiftcfg.rules.families import SIZES
from swiftcfg.tokens import FORGOTTEN_VARIABLES

#: Read by ms-swift itself, by torch, CUDA and the hubs; enough to tell a slip from another program's variable
#: (ms-swift@4.6.0, get_env_args and os.environ in swift/).
_GENERAL = frozenset({
    "CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER", "ASCEND_RT_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES",
    "NPROC_PER_NODE", "NNODES", "NODE_RANK", "MASTER_PORT", "MASTER_ADDR", "OMP_NUM_THREADS",
    "PYTORCH_CUDA_ALLOC_CONF", "TOKENIZERS_PARALLELISM", "USE_HF", "HF_HOME", "HF_ENDPOINT", "HF_TOKEN",
    "HF_HUB_OFFLINE", "HF_HUB_CACHE", "TRANSFORMERS_OFFLINE", "TRANSFORMERS_CACHE", "MODELSCOPE_CACHE",
    "MODELSCOPE_API_TOKEN", "MODELSCOPE_OFFLINE", "LOG_LEVEL", "ROOT_IMAGE_DIR", "VIDEO_LOAD_BACKEND",
    "SWIFT_AUDIO_LOAD_BACKEND", "SWIFT_TIMEOUT", "SWIFT_DEBUG", "SWIFT_ALLOW_INTERNAL_URL",
    "SWIFT_URL_ALLOWED_HOSTS", "SWIFT_MEDIA_ALLOWED_DIRS", "SWIFT_MAX_DOWNLOAD_SIZE_MB", "QWENVL_BBOX_FORMAT",
    "FORCE_QWENVL_VIDEO_READER", "TORCHCODEC_NUM_THREADS", "USE_AUDIO_IN_VIDEO", "ENABLE_AUDIO_OUTPUT",
    "SAMPLING_RATE", "VLLM_USE_V1", "VLLM_NUM_FRAMES", "VLLM_WORKER_MULTIPROC_METHOD", "VLLM_LOGGING_LEVEL",
    "VLLM_ATTENTION_BACKEND", "VLLM_USE_MODELSCOPE", "VLLM_ALLOW_LONG_MAX_MODEL_LEN", "NCCL_DEBUG", "NCCL_P2P_DISABLE",
})  # fmt: skip
KNOWN = SIZES | _GENERAL

#: Names that sound right and that nobody reads -> what was meant.
_INVENTED = {
    "IMAGE_MAX_PIXELS": "MAX_PIXELS", "IMAGE_MIN_PIXELS": "MIN_PIXELS", "MAX_IMAGE_PIXELS": "MAX_PIXELS",
    "MAX_PIXELS_IMAGE": "MAX_PIXELS", "MIN_IMAGE_PIXELS": "MIN_PIXELS", "MAX_VIDEO_PIXELS": "VIDEO_MAX_PIXELS",
    "MIN_VIDEO_PIXELS": "VIDEO_MIN_PIXELS", "MAX_TOKEN_NUM": "IMAGE_MAX_TOKEN_NUM",
    "MAX_IMAGE_TOKEN_NUM": "IMAGE_MAX_TOKEN_NUM", "IMAGE_MAX_TOKENS": "IMAGE_MAX_TOKEN_NUM",
    "VIDEO_MAX_TOKENS": "VIDEO_MAX_TOKEN_NUM", "MAX_VIDEO_TOKEN_NUM": "VIDEO_MAX_TOKEN_NUM",
    "VIDEO_FPS": "FPS", "VIDEO_MAX_FRAMES": "FPS_MAX_FRAMES", "MAX_FPS_FRAMES": "FPS_MAX_FRAMES",
    "VIDEO_MIN_FRAMES": "FPS_MIN_FRAMES", "CUDA_VISIABLE_DEVICES": "CUDA_VISIBLE_DEVICES",
}  # fmt: skip
_MEANT = {name: name for name in KNOWN - set(FORGOTTEN_VARIABLES)} | _INVENTED

#: Shorter names are too near to anything.
_SHORTEST = 7
#: One slip in ten letters.
_ALIKE = 0.9

#: Variables that must be numbers, and what reads them.
NUMBERS: Mapping[str, Callable[[str], float]] = {
    **dict.fromkeys(SIZES - set(FORGOTTEN_VARIABLES) - {"MODEL_SEQ_LEN", "CROP_MODE", "DOWNSAMPLE_MODE"}, int),
    "FPS": float,
}


@cache
def nearest(written: str) -> str | None:
    """The variable that a name was meant to be: its capitals, another word for it, or one slip away."""
    name = written.upper()
    if name in _MEANT and (name != written or name in _INVENTED):
        return _MEANT[name]
    near = get_close_matches(name, _MEANT, 1, _ALIKE) if len(name) >= _SHORTEST else []
    return _MEANT[near[0]] if near else None
