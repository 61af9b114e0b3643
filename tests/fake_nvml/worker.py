"""Answer find_gpus for one fake machine after another: a JSON request a line, a JSON answer a line.

Runs with the fake library on LD_LIBRARY_PATH, so that nvidia-ml-py loads it as it would the real one.
"""

import json
import os
import sys

from swiftcfg.errors import SwiftcfgError
from swiftcfg.nvml import find_gpus
from swiftcfg.report.gpus import gpus_data

for line in sys.stdin:
    request = json.loads(line)
    os.environ |= {"FAKE_NVML": request["machine"], "FAKE_NVML_LOG": request["log"]}
    try:
        answer = gpus_data(find_gpus(request["spec"], request["environment"]))
    except SwiftcfgError as error:
        answer = {"error": error.sentence, "hint": error.hint, "exit_status": error.exit_status}
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()
