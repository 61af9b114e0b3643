"""Open files of a checkpoint without trusting the folder they lie in."""

import os
import stat
from pathlib import Path
from typing import BinaryIO

from swiftcfg.errors import InputError


def open_regular(path: Path) -> BinaryIO:
    """Open a regular file for reading; raises InputError for anything else, FileNotFoundError where nothing is.

    A pipe would be waited for and a device might never end: ``O_NONBLOCK`` and a look at what was opened.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            return os.fdopen(descriptor, "rb")
        os.close(descriptor)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise unreadable(path, error) from None
    raise InputError(f"{path} is not a regular file", "give the folder of a complete checkpoint")


def unreadable(path: Path, error: OSError) -> InputError:
    return InputError(f"{path} cannot be read: {error.strerror}", "look at the file with ls -l")
