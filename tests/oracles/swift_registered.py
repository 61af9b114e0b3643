"""The model types and templates that ms-swift registers, as JSON; runs inside an interpreter that has ms-swift."""

import json
import os

answers = os.fdopen(os.dup(1), "w")  # the libraries print to stdout too; theirs goes to stderr
os.dup2(2, 1)

from swift.model import MODEL_MAPPING  # noqa: E402
from swift.template import TEMPLATE_MAPPING  # noqa: E402

print(json.dumps({"model_types": sorted(MODEL_MAPPING), "templates": sorted(TEMPLATE_MAPPING)}), file=answers)
