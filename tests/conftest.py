"""How the laws are searched: the same examples every time where a merge waits for them, new ones elsewhere."""

import os

from hypothesis import settings

settings.register_profile("merge", derandomize=True, print_blob=True)
settings.register_profile("search", print_blob=True)
settings.load_profile("merge" if os.environ.get("CI") else "search")
