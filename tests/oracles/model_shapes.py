"""transformers' own models built without weights: config.json files on stdin, names and shapes a line on stdout.

Each request is ``[architecture, config]``; its answer is ``{parameter name: shape}``, a tied head left out.
"""

import json
import os
import sys

answers = os.fdopen(os.dup(1), "w", buffering=1)
os.dup2(2, 1)

import torch  # noqa: E402
import transformers  # noqa: E402

for line in sys.stdin:
    architecture, config = json.loads(line)
    model_class = getattr(transformers, architecture)
    with torch.device("meta"):
        model = model_class(model_class.config_class.from_dict(config))
    model.tie_weights()
    answers.write(json.dumps({name: list(parameter.shape) for name, parameter in model.named_parameters()}) + "\n")
