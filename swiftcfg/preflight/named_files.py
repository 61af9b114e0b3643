"""Files that flags name: certificates, and modules that ms-swift imports."""

import os
from collections.abc import Iterator

from swiftcfg.files import expanded, is_file, is_folder
from swiftcfg.preflight.known import Known
from swiftcfg.preflight.result import Problem, Said

#: Flags whose words are files that are opened at the start
#: (ms-swift@4.6.0:swift/arguments/deploy_args.py:42-43, swift/arguments/base_args/base_args.py, external_plugins).
_FILES = ("ssl_certfile", "ssl_keyfile", "external_plugins", "custom_register_path")


def check_files(known: Known) -> Iterator[Said]:
    """A module may be a package's folder; a certificate may not, and that is for the server to say."""
    for flag in known.config.flags:
        for word in flag.words if flag.name in _FILES else ():
            path = expanded(str(word))
            if not is_file(path) and not is_folder(path):
                yield Problem("files", "error", f"--{flag.name} names {word}, which is not there", "correct the path")
            elif not os.access(path, os.R_OK):
                yield Problem(
                    "files", "error", f"--{flag.name} names {word}, which this user may not read", f"ls -l {word}"
                )
