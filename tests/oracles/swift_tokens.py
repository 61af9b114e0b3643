"""ms-swift's own reading of variables, and the resizes around qwen-vl-utils: JSON in and out, a line each.

Runs in an interpreter that has ms-swift and transformers; torchvision is replaced. Requests:
``["constants", library file, loader or null, environment]`` -> the library's constants once ms-swift has loaded
a model, ``["rescale", w, h, max_pixels]`` -> ``--max_pixels``, ``["image", h, w, factor, min, max]`` and
``["video", frames, h, w, min, max]`` -> transformers' smart_resize, ``["stamps", total, frames, fps]`` ->
Qwen3-VL's time stamps. An error is answered as text.
"""

import ast
import importlib.util
import json
import logging
import math
import os
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

answers = os.fdopen(os.dup(1), "w", buffering=1)
os.dup2(2, 1)
os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1")

import numpy  # noqa: E402, ICN001
import torch  # noqa: E402
import transformers  # noqa: E402
from swift.model.models import qwen  # noqa: E402
from swift.template import vision_utils  # noqa: E402

logging.disable(logging.CRITICAL)
for name in ("torchvision", "torchvision.transforms", "torchvision.io"):
    sys.modules[name] = ModuleType(name)
sys.modules["torchvision"].io = sys.modules["torchvision.io"]
sys.modules["torchvision"].transforms = sys.modules["torchvision.transforms"]
sys.modules["torchvision.transforms"].InterpolationMode = None
sys.modules["torchvision.transforms"].Resize = lambda size: lambda _: SimpleNamespace(height=size[0], width=size[1])
PLAIN = dict(os.environ)
MODELS = Path(transformers.__file__).parent / "models"


def function(file, name):
    """One function of a file that cannot be imported without torchvision."""
    tree = ast.parse((MODELS / file).read_text(encoding="utf-8"))
    body = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name == name]
    space = {"math": math, "np": numpy}
    exec(compile(ast.Module(body, []), file, "exec"), space)  # noqa: S102  (the library's own text)
    return space[name]


image_resize = function("qwen2_vl/image_processing_qwen2_vl.py", "smart_resize")
video_resize = function("qwen3_vl/video_processing_qwen3_vl.py", "smart_resize")
calculate_timestamps = function("qwen3_vl/processing_qwen3_vl.py", "_calculate_timestamps")


def constants(file, loader, environment):
    os.environ.clear()
    os.environ.update(PLAIN)
    os.environ.update(environment)
    if loader:
        kind = getattr(qwen, loader)
        kind._check_qwen_vl_utils(kind.__new__(kind))
    spec = importlib.util.spec_from_file_location("vision_process", file)
    library = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(library)
    read = qwen.patch_qwen_vl_utils(library)
    extra = {"MODEL_SEQ_LEN": library.MODEL_SEQ_LEN} if hasattr(library, "MODEL_SEQ_LEN") else {}
    return {name.upper(): value for name, value in read.items()} | extra


def rescale(width, height, max_pixels):
    seen = vision_utils.rescale_image(SimpleNamespace(width=width, height=height), max_pixels)
    return [seen.width, seen.height]


def stamps(total, frames, fps):
    indices = torch.linspace(0, total - 1, frames).round().long().tolist()
    return [f"<{time:.1f} seconds>" for time in calculate_timestamps(None, indices, fps, 2)]


ANSWERS = {
    "constants": constants,
    "rescale": rescale,
    "image": lambda h, w, factor, least, most: list(image_resize(h, w, factor, least, most)),
    "video": lambda frames, h, w, least, most: list(video_resize(frames, h, w, 2, 32, least, most)),
    "stamps": stamps,
}
for line in sys.stdin:
    kind, *rest = json.loads(line)
    try:
        print(json.dumps(ANSWERS[kind](*rest)), file=answers)
    except Exception as error:  # noqa: BLE001  (whatever the libraries raise is the answer)
        print(json.dumps(f"{type(error).__name__}: {error}"), file=answers)
