"""Settings that ``swift deploy FILE`` reads, and the args.json that ms-swift writes beside a checkpoint."""

import json

from swiftcfg.errors import InputError
from swiftcfg.script import FlagUse, Place, Script, Span, VariableUse
from swiftcfg.script.fragment import File
from swiftcfg.script.uses import Syntax
from swiftcfg.sources.nodes import Mapping, Node, Scalar, Sequence, read_nodes, span_of
from swiftcfg.yamlfile import parse_json, parse_yaml


def settings_call(file: File, name: str) -> Script:
    """The call that a file of settings stands for. Raises InputError where it is none."""
    is_json = file.text.lstrip("\ufeff \t\r\n").startswith("{")
    content = file.text.encode("utf-8", "surrogatepass")
    data = (parse_json if is_json else parse_yaml)(content, name)
    documents = read_nodes(file)
    top = documents[0] if documents else None
    if not isinstance(data, dict) or not isinstance(top, Mapping):
        raise InputError(f"{name} is not a mapping of flags to values", "write lines such as: infer_backend: vllm")
    syntax: Syntax = "json" if is_json else "yaml"
    return _script(data, top, syntax, file)


def _script(data: dict[object, object], top: Mapping, syntax: Syntax, file: File) -> Script:
    flags = [_flag(key, value, data) for key, value in top.pairs if key.text != "ENV"]
    environment, values = top.mapping("ENV"), data.get("ENV")
    variables = [
        VariableUse(key.text, str(_of(values, key)), "export", key.place, key.span, span_of(value))
        for key, value in (environment.pairs if environment else ())
    ]
    last = max((use.whole.end for use in flags if use.whole), default=top.start)
    return Script(
        tuple(flags), tuple(variables), (), (), flags[0].place if flags else file.place(top.start),
        span=Span(top.start, last), syntax=syntax,
    )  # fmt: skip


def _of(data: object, key: Scalar) -> object:
    """The value YAML gives a key, which may be a number or a truth value."""
    if not isinstance(data, dict):
        return None
    return data[key.text] if key.text in data else next((data[name] for name in data if _same(name, key.text)), None)


def _same(name: object, text: str) -> bool:
    return str(name).lower() == text.lower()


def _flag(key: Scalar, value: Node, data: dict[object, object]) -> FlagUse:
    found = _of(data, key)
    words = [str(item) for item in found] if isinstance(found, list) else [_word(found)]
    spans: list[Span | None] = [None] * len(words)
    if isinstance(value, Sequence) and len(value.items) == len(words):
        spans = [span_of(item) for item in value.items]
    elif not isinstance(value, Sequence):
        spans = [span_of(value)]
    whole = key.span.up_to(span_of(value))
    name = key.text.replace("-", "_")
    return FlagUse(name, tuple(words), key.text, glued=False, place=key.place,
                   span=key.span, word_spans=tuple(spans), whole=whole)  # fmt: skip


def _word(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, dict) else str(value)


#: What swift deploy takes over from the args.json of a checkpoint, where it is not given on the command line
#: (ms-swift@4.6.0:swift/arguments/base_args/base_args.py:285-340, load_args_from_ckpt).
_HANDED_ON = frozenset(
    [
        "tuner_type",
        "task_type",
        "bnb_4bit_quant_type",
        "bnb_4bit_use_double_quant",
        "external_plugins",
        "model",
        "model_type",
        "model_revision",
        "torch_dtype",
        "attn_impl",
        "experts_impl",
        "new_special_tokens",
        "num_labels",
        "problem_type",
        "rope_scaling",
        "max_model_len",
        "quant_method",
        "quant_bits",
        "hqq_axis",
        "bnb_4bit_compute_dtype",
        "template",
        "system",
        "truncation_strategy",
        "agent_template",
        "norm_bbox",
        "use_chat_template",
        "response_prefix",
    ]
)


def checkpoint_call(file: File, name: str) -> Script:
    """What a checkpoint's args.json hands on to swift deploy; values that are null are not handed on."""
    call = settings_call(file, name)
    kept = tuple(use for use in call.flags if use.name in _HANDED_ON and use.words != ("None",))
    return Script(kept, (), (), (), Place(1, 1), span=None, syntax="json")


def looks_like_arguments(top: Mapping) -> bool:
    """Whether a JSON mapping is one that ms-swift wrote of all its arguments."""
    return {"model", "model_type", "torch_dtype", "template"} <= top.names() and len(top.pairs) > 60  # noqa: PLR2004
