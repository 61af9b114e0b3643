"""Failures of what was asked: flags, variables, the port, type and template, values that the engine refuses."""

from swiftcfg.serverlog.failures.failure import Failure

_ARGPARSE = "argparse, through ms-swift@4.6.0:swift/utils/utils.py parse_args"
_FLAG = r"error: argument (?P<flag>--?[\w-]+)\S*: "
_TYPES = "write --{what}; a folder of your own needs both --model_type and --template"
_PYDANTIC = "pydantic, of a class in vllm@0.11.0:vllm/config"

FLAGS = (
    Failure(
        "flags", "Error: remaining_argv: ", r"remaining_argv: (?P<flags>\[.{1,300})",
        "this release of ms-swift does not know {flags}",
        "swiftcfg validate names the flag of this release, --fix writes it",
        "ms-swift@3.0.0, ms-swift@4.6.0:swift/pipelines/base.py:40",
    ),
    Failure(
        "flags", ": invalid choice: ",
        _FLAG + r"invalid choice: (?P<value>.{1,80}?) \(choose from (?P<choices>.{1,400})\)",
        "{flag} cannot be {value}", "write one of {choices}", _ARGPARSE,
    ),
    Failure(
        "flags", " value: ", _FLAG + r"invalid (?P<type>\w+) value: (?P<value>.{1,80})",
        "{flag} takes a value of type {type}, not {value}", "write a plain {type}, without units or exponents",
        _ARGPARSE,
    ),
    Failure(
        "flags", "error: argument ", _FLAG + r"(?P<why>expected .{1,60}? arguments?)", "{flag} has no value: {why}",
        "write a value after {flag}", _ARGPARSE,
    ),
    Failure(
        "flags", "Truthy value expected", r"Truthy value expected: got (?P<value>.{1,60}?) but",
        "a flag that is true or false cannot be {value}", "write true or false",
        "transformers:hf_argparser.py string_to_bool",
    ),
    Failure(
        "flags", "error: argument ", _FLAG + r"(?P<why>.{1,200})", "{flag} cannot be read: {why}",
        "mend the value of {flag}", _ARGPARSE,
    ),
    Failure(
        "flags", "error: ambiguous option: ", r"option: (?P<flag>\S{1,80}) could match (?P<choices>.{1,200})",
        "{flag} may mean {choices}", "write the flag in full", _ARGPARSE,
    ),
    Failure(
        "flags", "error: unrecognized arguments", r"arguments: (?P<flags>.{1,200})",
        "these words are no flags: {flags}", "swiftcfg validate names the flag of this release", _ARGPARSE,
    ),
    Failure(
        "flags", "Please set --model <model_id_or_path>", "", "no model is given", "write --model",
        "ms-swift@3.0.0, ms-swift@4.6.0:swift/arguments/base_args/model_args.py:221",
    ),
    Failure(
        "flags", "JSONDecodeError: ", r"JSONDecodeError: (?P<why>.{1,120})",
        "the JSON of a flag cannot be read: {why}", """write JSON in single quotes, such as '{{"image": 5}}'""",
        "ms-swift@4.6.0:swift/utils/utils.py json_parse_to_dict", after=("json_parse_to_dict",),
    ),
    Failure(
        "settings", "invalid literal for int", r"base 10: (?P<value>'.{0,60}')",
        "one of the variables that ms-swift reads must be a whole number, and is {value}",
        "write MAX_PIXELS and its like in digits only, without arithmetic, units or exponents",
        "ms-swift@4.6.0:swift/utils/utils.py:277 get_env_args", after=("get_env_args", "qwen_vl_utils"),
    ),
    Failure(
        "settings", "could not convert string to float", r"float: (?P<value>'.{0,60}')",
        "one of the variables that ms-swift reads must be a number, and is {value}",
        "write FPS and its like as 2 or 2.0", "ms-swift@4.6.0:swift/utils/utils.py:277 get_env_args",
        after=("get_env_args", "qwen_vl_utils"),
    ),
)  # fmt: skip

PORTS = (
    Failure(
        "port", "address already in use", r"address \('(?P<host>[^']*)', (?P<port>\d+)",
        "something else listens on {host} port {port}", "choose another --port, or end what has it",
        "asyncio/base_events.py create_server, through uvicorn",
    ),
    Failure(
        "port", "ddress already in use", "", "something else listens on a port that the server wanted",
        "choose another --port (or MASTER_PORT), or end what has it", "errno 98, of any library",
    ),
    Failure(
        "port", "port must be 0-65535", "", "the port is no number from 0 to 65535",
        "write --port 8000 or another one", "socket.bind, in ms-swift@4.6.0:swift/utils/utils.py:305 find_free_port",
    ),
    Failure(
        "port", "Name or service not known", r"ERROR: +\[Errno -2\]",
        "the address in --host is none of this machine's",
        "write --host 0.0.0.0 for all of its addresses, or 127.0.0.1", "socket.getaddrinfo, through uvicorn",
    ),
    Failure(
        "port", "annot assign requested address", r"address \('(?P<host>[^']*)', (?P<port>\d+)",
        "{host} is no address of this machine", "write --host 0.0.0.0 for all of its addresses, or 127.0.0.1",
        "errno 99, through uvicorn",
    ),
    Failure(
        "port", "while attempting to bind on address",
        r"address \('(?P<host>[^']*)', (?P<port>\d+)[^)]*\): (?P<why>.{1,80})",
        "the server cannot listen on {host} port {port}: {why}",
        "choose another --port; those below 1024 need a right",
        "asyncio/base_events.py create_server, through uvicorn",
    ),
)  # fmt: skip

TYPES = (
    Failure(
        "type or template", "Failed to automatically match `", r"match `(?P<what>model_type|template)\w*` for "
        r".*?Multiple possible types found: (?P<choices>\[.{1,300}?\])",
        "the folder does not tell which {what} it is: {choices} are possible", _TYPES,
        "ms-swift@4.0.0, ms-swift@4.6.0:swift/model/model_meta.py:231, swift/template/register.py:43",
    ),
    Failure(
        "type or template", "Failed to automatically match `", r"match `(?P<what>model_type|template)",
        "the folder does not tell which {what} it is", _TYPES, "ms-swift@3.12.0:swift/llm/model/register.py:616",
    ),
    Failure(
        "type or template", "Please explicitly pass the model_type", "", "the folder does not tell which model it is",
        "write --model_type and --template", "ms-swift@3.0.0:swift/llm/model/register.py:385",
    ),
    Failure(
        "type or template", "no suitable `model_type` was found", "", "this release of ms-swift knows no such model",
        "write --model_type if it is one that this release has; else a newer ms-swift",
        "ms-swift@4.6.0:swift/model/model_meta.py:289",
    ),
    Failure(
        "type or template", "_type: '", r"Error: (?P<what>model|template)_type: (?P<value>'[^']{0,80}') not in ",
        "this release of ms-swift has no {what} type {value}", "look the name up with swiftcfg models",
        "ms-swift@3.0.0, ms-swift@4.6.0:swift/model/model_meta.py:238, swift/template/register.py:50",
    ),
)  # fmt: skip

ENGINE = (
    Failure(
        "settings", "unexpected keyword argument", r"EngineArgs\S* got an unexpected keyword argument (?P<name>'\w+')",
        "this release of vLLM has no setting {name}", "take it out of --vllm_engine_kwargs, or mend its name",
        "vllm@0.8.5:vllm/engine/arg_utils.py (a dataclass)",
    ),
    Failure(
        "settings", "multiple values for keyword argument", r"values for keyword argument (?P<name>'\w+')",
        "{name} is set twice", "take it out of --vllm_engine_kwargs: it has a flag of its own",
        "ms-swift@4.6.0:swift/infer_engine/vllm_engine.py:321",
    ),
    Failure(
        "settings", "User-specified max_model_len", r"max_model_len \({asked_tokens}\) is greater than the derived "
        r"max_model_len \(\w+={limit_tokens}", "the model knows {limit} positions, and {asked} are asked for",
        "set <max_model_len> to {limit} at most",
        "vllm@0.8.5:vllm/config.py:3096, vllm@0.32.0:vllm/config/model.py:2646",
    ),
    Failure(
        "settings", "must be divisible by tensor parallel",
        r"heads \({heads_items}\) must be .*? size \({ranks_items}\)",
        "{heads} attention heads cannot be split over {ranks} cards",
        "set <tensor_parallel_size> to a number that divides {heads}", "vllm@0.8.5:vllm/config.py:935",
    ),
    Failure(
        "settings", " is not divisible by ", r"Error: {amount_items} is not divisible by {ranks_items}",
        "a size of {amount} in this model cannot be split over {ranks} cards", "lower <tensor_parallel_size>",
        "vllm@0.8.5:vllm/distributed/utils.py:31",
    ),
    Failure(
        "settings", "is larger than the number of", r"World size \({ranks_items}\) .*?GPUs \({gpus_items}\)",
        "{ranks} cards are asked for, and {gpus} are visible",
        "lower <tensor_parallel_size>, or name more cards in CUDA_VISIBLE_DEVICES",
        "vllm@0.32.0:vllm/config/parallel.py:1053",
    ),
    Failure(
        "settings", "Not enough allowed NUMA nodes", r"of {ranks_items} local",
        "{ranks} CPU workers cannot each have a NUMA node of their own",
        "set VLLM_CPU_OMP_THREADS_BIND=nobind, or lower <tensor_parallel_size>",
        "vllm@0.32.0:vllm/utils/ompmultiprocessing.py:219",
    ),
    Failure(
        "settings", "Bfloat16 is only supported on GPUs", "", "this card does not compute in bfloat16",
        "write --torch_dtype float16",
        "vllm@0.8.5:vllm/v1/worker/gpu_worker.py:346, vllm@0.32.0:vllm/platforms/cuda.py:649",
    ),
    Failure(
        "settings", "not supported for the current GPU",
        r"quantization method (?P<name>\S+) is .*?Minimum capability: "
        r"(?P<least>\d+)\.? +Current capability: (?P<card>[^.]{1,60})",
        "quantisation {name} needs compute capability {least}, and the card has {card}",
        "serve another build of the model", "vllm@0.8.5:vllm/config.py:3807, vllm@0.32.0:vllm/config/vllm.py:903",
    ),
    Failure(
        "settings", "does not match the quantization", r"config \((?P<own>[^)]*)\).*?argument \((?P<asked>[^)]*)\)",
        "the model is quantised as {own}, and {asked} is asked for",
        "take <quantization> out: the model tells its own", "vllm@0.8.5:vllm/config.py:817",
    ),
    Failure(
        "settings", "Cannot find the config file for", r"file for (?P<name>\S+)",
        "quantisation {name} is asked for, and the model is not quantised so", "take <quantization> out",
        "vllm@0.8.5:vllm/model_executor/model_loader/weight_utils.py:205",
    ),
    Failure(
        "settings", "Unknown quantization method", r"method: (?P<name>[\w-]+)", "vLLM knows no quantisation {name}",
        "take <quantization> out: the model tells its own", "vllm@0.11.0:vllm/config/model.py:962",
    ),
    Failure(
        "settings", "greater than max_lora_rank", r"LoRA rank (?P<rank>\d+) .*?max_lora_rank (?P<most>\d+)?",
        "the adapter has rank {rank}, which is more than the engine was told", "set <max_lora_rank> to {rank}",
        "vllm@0.11.0:vllm/lora/peft_helper.py:121",
    ),
    Failure(
        "settings", "Invalid reasoning_parser", r"parser: (?P<name>[\w-]+)", "vLLM has no reasoning parser {name}",
        "take <reasoning_parser> out, or name one that the log lists",
        "ms-swift@4.6.0:swift/infer_engine/vllm_engine.py:386",
    ),
    Failure(
        "settings", "is not an adapter", r"`(?P<folder>[^`]*)` is not", "{folder} is no adapter",
        "give it with --model", "ms-swift@4.6.0:swift/arguments/base_args/base_args.py:220",
    ),
    Failure(
        "settings", "only supported for multimodal models", "", "for this release of vLLM the model takes text only",
        "take <limit_mm_per_prompt> out, or serve with a vLLM that knows the model", "vllm@0.8.5:vllm/config.py:590",
    ),
    Failure(
        "settings", "smaller than max_model_len",
        r"tokens \({batch_tokens}\) is smaller than max_model_len \({length_tokens}\)",
        "a batch has {batch} tokens at most, and one request may have {length}",
        "raise <max_num_batched_tokens> to {length}, or lower <max_model_len>", "vllm@0.8.5:vllm/config.py:2026",
    ),
    Failure(
        "settings", "than max_num_batched_tokens",
        r"per_mm_item \({item_tokens}\) is larger than \w+ \({batch_tokens}\)",
        "one image or video has up to {item} tokens, and a batch {batch}", "raise <max_num_batched_tokens> to {item}",
        "vllm@0.8.5:vllm/v1/core/encoder_cache_manager.py:139",
    ),
    Failure(
        "settings", "ttention backend",
        r"Error: (?P<why>(?:No valid|Selected) .{0,30}?(?:attention )?backend.{1,300})",
        "vLLM has no way to compute attention here: {why}", "take VLLM_ATTENTION_BACKEND out, or change the data type",
        "vllm@0.32.0:vllm/platforms/cuda.py:436-470",
    ),
    Failure(
        "settings", " [type=",
        r"^(?P<field>\S+)\n +(?P<why>.{1,160}).* \[type=\w+, input_value=(?P<value>.{1,80}?), input_",
        "vLLM refuses {value} for {field}: {why}", "write a value that vLLM takes", _PYDANTIC, lines=2,
    ),
    Failure(
        "settings", "Value error, ", r"^ +Value error, (?P<why>.{1,300}?)(?: \[type=|$)",
        "vLLM refuses a setting: {why}", "write a value that vLLM takes", _PYDANTIC,
    ),
    Failure(
        "settings", "validation error", r"Error: \d+ validation errors? for (?P<name>\w*Config|\w*Args)",
        "vLLM refuses a value of its {name}", "the lines below it in the log name the value", _PYDANTIC, follower=True,
    ),
)  # fmt: skip

SETTINGS = (*FLAGS, *PORTS, *TYPES, *ENGINE)
