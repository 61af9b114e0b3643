"""Real decoders, run beside the tests: what they make of our pictures and clips, and pictures of theirs to read.

In: lines of JSON, ``{"read": "image"|"video", "data": BASE64}`` or ``{"make": FORMAT, "size": [W, H], "mode": MODE}``.
"""

import base64
import io
import json
import sys
import tempfile
from typing import Any

import av
import cv2
import decord
from PIL import Image


def image(data: bytes) -> Any:
    with Image.open(io.BytesIO(data)) as picture:
        picture.load()
        return {
            "format": picture.format,
            "size": picture.size,
            "mode": picture.mode,
            "corner": picture.getpixel((0, 0)),
        }


def video(data: bytes) -> Any:
    """Width, height, frames and frames a second, each by three libraries; all frames are decoded."""
    reader = decord.VideoReader(io.BytesIO(data))
    height, width = reader.get_batch(range(len(reader))).shape[1:3]
    found = {"decord": [width, height, len(reader), reader.get_avg_fps()]}
    with av.open(io.BytesIO(data)) as container:
        stream = container.streams.video[0]
        frames = list(container.decode(stream))
        found["av"] = [frames[0].width, frames[0].height, len(frames), float(stream.average_rate)]
    with tempfile.NamedTemporaryFile(suffix=".avi") as file:
        file.write(data)
        file.flush()
        capture = cv2.VideoCapture(file.name)
        count = 0
        while (read := capture.read())[0]:
            height, width = read[1].shape[:2]
            count += 1
        found["opencv"] = [width, height, count, capture.get(cv2.CAP_PROP_FPS)]
    return found


def make(form: str, size: list[int], mode: str) -> str:
    written = io.BytesIO()
    options = {"lossless": True} if form == "WEBP" and mode == "RGBA" else {}
    exif = Image.Exif()
    exif[0x010E] = "a description"
    if form in ("JPEG", "WEBP") and mode == "L":
        options = {"exif": exif, "progressive": True} if form == "JPEG" else {"exif": exif}
    Image.new(mode, tuple(size)).save(written, form, **options)
    return base64.b64encode(written.getvalue()).decode()


for line in sys.stdin:
    request = json.loads(line)
    if "make" in request:
        answer = make(request["make"], request["size"], request["mode"])
    else:
        answer = {"image": image, "video": video}[request["read"]](base64.b64decode(request["data"]))
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()
