"""Words that name a folder and not a model on a hub."""

import re

#: A hub id is an owner and a name; ms-swift takes what follows a colon for a folder in it.
_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+(:.*)?", re.ASCII)


def is_path(word: str) -> bool:
    """Whether a word can only be a path: it begins like one, or has more or fewer parts than a hub id."""
    return word.startswith(("/", "./", "../", "~")) or (word.count("/") != 1 and not _HUB_ID.fullmatch(word))


def is_relative_path(word: str) -> bool:
    """Whether a word names a folder by a way that depends on where one stands, and is no hub id."""
    ours = ("./", "../", "output/", "outputs/", "models/", "checkpoints/", "ckpt/", "weights/", "result/", "results/")
    return word.startswith(ours) or (is_path(word) and not word.startswith(("/", "~")))
