"""Make a checkpoint folder without weights: true settings and headers over sparse files.

usage: python tools/fake_checkpoint.py MODEL FOLDER

MODEL is a name that ``swiftcfg models`` lists. The folder takes kilobytes of disk, whatever its files
say their size is; swiftcfg reads it as it reads the real one, nothing can be served from it.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from checkpoints import write_checkpoint  # type: ignore[import-not-found]

from swiftcfg.errors import SwiftcfgError

if __name__ == "__main__":
    try:
        model, folder = sys.argv[1:]
    except ValueError:
        sys.exit(__doc__)
    try:
        write_checkpoint(Path(folder), model)
    except SwiftcfgError as error:
        sys.exit(f"error: {error.sentence}\nhint: {error.hint}")
