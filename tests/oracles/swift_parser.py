"""ms-swift's own reading of ``swift deploy`` words: JSON requests on stdin, one JSON verdict a line on stdout.

Runs inside an interpreter that has ms-swift; swiftcfg is not needed there. A request is
``{"argv": [...], "level": 1}``; level 1 only parses (no model needed), level 2 also runs
``DeployArguments.__post_init__``, which wants ``--model`` to be a folder with a config.json, and tells what the
engine's constructor would get. ``{"fields": true}`` asks for the fields of DeployArguments instead.
"""

import contextlib
import dataclasses
import io
import json
import logging
import os
import sys
import warnings
from typing import Any

answers = os.fdopen(os.dup(1), "w", buffering=1)  # the libraries print to stdout too; theirs goes to stderr
os.dup2(2, 1)
os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1")
warnings.simplefilter("ignore")

import swift  # noqa: E402
import swift.infer_engine  # noqa: E402
import swift.pipelines.infer.infer  # noqa: E402
from swift.arguments import DeployArguments  # noqa: E402
from swift.cli.main import parse_yaml_args  # noqa: E402
from swift.pipelines.infer.deploy import SwiftDeploy  # noqa: E402
from swift.utils.utils import _patch_get_type_hints  # noqa: E402
from transformers import HfArgumentParser  # noqa: E402

logging.disable(logging.CRITICAL)


def make_parser() -> HfArgumentParser:
    with _patch_get_type_hints():
        return HfArgumentParser([DeployArguments])


PARSER = make_parser()

#: Every engine is replaced by one that returns what it was given; none of their libraries is here.
for name in ("VllmEngine", "SglangEngine", "LmdeployEngine"):
    setattr(swift.infer_engine, name, dict)
swift.pipelines.infer.infer.TransformersEngine = dict


def parsed(argv: list[str]) -> dict[str, Any]:
    namespace, rest = PARSER.parse_known_args(argv)
    return {"values": vars(namespace), "left_over": rest}


def initialised(argv: list[str]) -> dict[str, Any]:
    parser = make_parser()  # ms-swift changes the lists that are its defaults
    arguments, *_, rest = parser.parse_args_into_dataclasses(argv, return_remaining_strings=True)
    return {"values": vars(arguments), "left_over": rest, "engine": SwiftDeploy.get_infer_engine(arguments)}


def judge(argv: list[str], level: int) -> dict[str, Any]:
    words, before, said = list(argv), dict(os.environ), io.StringIO()
    answer: dict[str, Any] = {}
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            parse_yaml_args(words)
            answer = {1: parsed, 2: initialised}[level](words)
        answer["accepted"] = not answer["left_over"]
    except SystemExit as end:  # argparse has printed its reason
        answer = {"accepted": False, "exit_status": end.code, "error": "".join(said.getvalue().splitlines()[-1:])}
    except Exception as error:  # noqa: BLE001  (whatever ms-swift raises is its verdict)
        answer = {"accepted": False, "exit_status": 1, "error": f"{type(error).__name__}: {error}"}
    finally:
        answer["environment"] = {name: text for name, text in os.environ.items() if before.get(name) != text}
        os.environ.clear()
        os.environ.update(before)
    return {"argv": words, **answer}


def default_of(field: "dataclasses.Field[Any]") -> Any:
    missing = dataclasses.MISSING
    return field.default if field.default is not missing else field.default_factory()  # type: ignore[misc]


def answer_to(request: dict[str, Any]) -> Any:
    if request.get("fields"):
        return {field.name: default_of(field) for field in dataclasses.fields(DeployArguments)}
    return judge(request["argv"], request["level"])


print(json.dumps({"ms_swift": swift.__version__}), file=answers)
for line in sys.stdin:
    print(json.dumps(answer_to(json.loads(line)), default=str), file=answers)
