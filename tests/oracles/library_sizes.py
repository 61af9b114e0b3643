"""qwen-vl-utils itself, loaded as ms-swift loads it: JSON requests on stdin, one JSON answer a line on stdout.

Runs in an interpreter that has one release of qwen-vl-utils, without torch: pictures and videos are replaced by
things that have a size and no pixels, the arithmetic is the library's own. A request is one server with some
items: ``{"environment": {...}, "swift": {...}, "request": {...}, "items": [...]}``; ``swift`` says what the
ms-swift release at hand does. An item is ``["image", w, h]``, ``["video", w, h, frames, fps]`` or
``["list", w, h, count]``; its answer ``[w, h]``, ``[frames, w, h]`` or the error as text.
"""

# Stand-ins for what has no types here either:
# ruff: noqa: ANN002, ANN003, ANN204, ARG002

import importlib
import json
import logging
import os
import sys
from types import ModuleType, SimpleNamespace

answers = os.fdopen(os.dup(1), "w", buffering=1)
os.dup2(2, 1)


class Frames:
    """Stands for a torch tensor or numpy array: it has a shape."""

    def __init__(self, *shape):
        self.shape = shape

    def __getitem__(self, index):
        return self

    def __len__(self):
        return self.shape[0]

    def size(self, axis):
        return self.shape[axis]

    def permute(self, *order):
        return Frames(*(self.shape[place] for place in order))

    def transpose(self, *order):
        return self.permute(*order)

    def asnumpy(self):
        return self

    def float(self):
        return self


class Spread:
    """Stands for torch.linspace: only how many is asked for."""

    def __init__(self, start, end, steps):
        self.steps = steps

    def round(self):
        return self

    def long(self):
        return self

    def tolist(self):
        return [0] * self.steps


class VideoReader:
    """Stands for decord's: the path tells width, height, frames and frames a second."""

    def __init__(self, path):
        self.width, self.height, self.frames, self.fps = json.loads(path)

    def __len__(self):
        return self.frames

    def get_avg_fps(self):
        return self.fps

    def get_batch(self, indices):
        return Frames(len(indices), self.height, self.width, 3)


def read_video(path, **_):
    """Stands for torchvision's, to which the library turns when its first reader fails."""
    width, height, frames, fps = json.loads(path)
    return Frames(frames, 3, height, width), None, {"video_fps": fps}


def resize(video, size, **_):
    if min(size) < 1:
        raise ValueError("Input and output sizes should be greater than 0")
    return Frames(*video.shape[:2], *size)


def module(name, **content):
    made = ModuleType(name)
    made.__dict__.update(content)
    sys.modules[name] = made
    return made


functional = module("torchvision.transforms.functional", resize=resize)
transforms = module(
    "torchvision.transforms", functional=functional, InterpolationMode=SimpleNamespace(BICUBIC="bicubic")
)
module("torchvision", transforms=transforms, io=module("torchvision.io", read_video=read_video), __version__="0.20.0")
module(
    "torch", Tensor=Frames, linspace=Spread, tensor=lambda frames: frames, from_numpy=lambda frame: frame,
    stack=lambda frames: Frames(len(frames), *frames[0].shape),
)  # fmt: skip
module("numpy", array=lambda image: Frames(image.height, image.width, 3))
module("decord", VideoReader=VideoReader)
module("requests")

os.environ["FORCE_QWENVL_VIDEO_READER"] = "decord"
from PIL import Image  # noqa: E402
from qwen_vl_utils import vision_process  # noqa: E402

logging.disable(logging.CRITICAL)
PLAIN = dict(os.environ)


class Picture(Image.Image):
    """An image without pixels."""

    def __init__(self, size):
        super().__init__()
        self._size, self._mode = size, "RGB"

    def convert(self, mode):
        return self

    def resize(self, size):
        if min(size) < 1:
            raise ValueError("height and width must be > 0")
        return Picture(size)


def load(environment, swift):
    """Import the library anew and set its constants as ms-swift does while a model loads."""
    os.environ.clear()
    os.environ.update(PLAIN)
    os.environ.update(environment)
    if swift["converts"]:
        side = swift["patch"] * int(os.environ.get("SPATIAL_MERGE_SIZE", "2"))
        for kind, prefix in (("IMAGE", ""), ("VIDEO", "VIDEO_")):
            for end in ("MIN", "MAX"):
                pixels, tokens = os.environ.get(f"{prefix}{end}_PIXELS"), f"{kind}_{end}_TOKEN_NUM"
                if pixels and not os.environ.get(tokens):
                    os.environ[tokens] = str(int(pixels) // side**2)
    importlib.reload(vision_process)
    if swift["sets_total"] and os.environ.get("VIDEO_MAX_PIXELS") and not os.environ.get("VIDEO_TOTAL_PIXELS"):
        os.environ["VIDEO_TOTAL_PIXELS"] = "90316800"
    for name in swift["constants"]:
        if hasattr(vision_process, name) and name in os.environ:
            setattr(vision_process, name, (float if name == "FPS" else int)(os.environ[name]))


def answer(item, request, patch):
    kind, width, height, *rest = item
    try:
        if kind == "image":
            picture = vision_process.fetch_image({"image": Picture((width, height)), **request}, **patch)
            return list(picture.size)
        video = [Picture((width, height))] * rest[0] if kind == "list" else json.dumps([width, height, *rest])
        frames = vision_process.fetch_video({"video": video, **request}, **patch)
        if isinstance(frames, list):
            return [len(frames), *frames[0].size]
        return [frames.shape[0], frames.shape[3], frames.shape[2]]
    except Exception as error:  # noqa: BLE001  (whatever the library raises is its answer)
        return f"{type(error).__name__}: {error}"


for line in sys.stdin:
    task = json.loads(line)
    try:
        load(task["environment"], task["swift"])
    except Exception as error:  # noqa: BLE001
        print(json.dumps(f"{type(error).__name__}: {error}"), file=answers)
        continue
    patch = {"image_patch_size": task["swift"]["patch"]} if task["swift"]["passes_patch"] else {}
    print(json.dumps([answer(item, task["request"], patch) for item in task["items"]]), file=answers)
