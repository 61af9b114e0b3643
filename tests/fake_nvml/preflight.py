"""Print what a preflight says of a file, as JSON: FILE ENVIRONMENT [GPU].

Runs with the fake library on LD_LIBRARY_PATH, so that nvidia-ml-py loads it as it would the real one.
"""

import json
import os
import sys

from swiftcfg.preflight import preflight
from swiftcfg.report.preflight import preflight_data
from swiftcfg.starting import StartOptions, subject_of_file

path, python, *gpu = sys.argv[1:]
options = StartOptions(dict(os.environ), python, gpu[0] if gpu else None, port="auto")
json.dump(preflight_data(preflight(subject_of_file(path, options))), sys.stdout)
