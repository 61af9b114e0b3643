"""Failures of the model: its files, where they come from, and the packages and code that it needs."""

from swiftcfg.serverlog.failures.failure import Failure

_AGAIN = "fetch the file again, and compare its size with the hub's"
_FETCH = "fetch the model again: swiftcfg launch checks that every file is there"
_SAFETENSORS = "safetensors@0.4, safetensors@0.7:safetensors/src/tensor.rs"
_HUB = "huggingface_hub@1.0:utils/_http.py hf_raise_for_status"
_RIGHTS = "ask for access on the page of the model, then set HF_TOKEN (or log in)"
_OFFLINE = "fetch the model where there is a network, and give its folder with --model"

WEIGHTS = (
    Failure(
        "weights", "not fully covered", "Error while deserializing header", "a safetensors file is cut off", _AGAIN,
        _SAFETENSORS,
    ),
    Failure(
        "weights", "Error while deserializing header", r"header: (?P<why>.{1,120})",
        "a safetensors file is damaged: {why}", _AGAIN, _SAFETENSORS,
    ),
    Failure(
        "weights", "SafetensorError: ", r"SafetensorError: (?P<why>.{1,160})",
        "a safetensors file cannot be read: {why}", _AGAIN, _SAFETENSORS,
    ),
    Failure(
        "weights", "No such file or directory",
        r"directory: \"?'?(?P<file>[^'\"]*?(?:safetensors|\.bin|\.pt|\.index\.json))", "{file} is missing", _FETCH,
        "safetensors and torch, through transformers and vLLM",
    ),
    Failure(
        "weights", "referenced in index but missing", r"missing: \{?(?P<file>'[^']*')", "{file} is missing", _FETCH,
        "vllm@0.32.0:vllm/model_executor/model_loader/weight_utils.py",
    ),
    Failure(
        "weights", "Error no file named", r"named (?P<file>[^,]+),? .*?directory (?P<folder>.+?)\.?$",
        "{folder} has no weights", _FETCH, "transformers@4.57, transformers@5.0:modeling_utils.py",
    ),
    Failure(
        "weights", "Cannot find any model weights", r"with `(?P<folder>[^`]*)`", "{folder} has no weights", _FETCH,
        "vllm@0.8.5:vllm/model_executor/model_loader/loader.py:351",
    ),
    Failure(
        "weights", "were not initialized from checkpoint", r"checkpoint: (?P<names>.{1,160})",
        "weights of the model are missing in its files: {names}", _FETCH,
        "vllm@0.8.5:vllm/model_executor/model_loader/loader.py:468",
    ),
    Failure(
        "weights", "`ignore_mismatched_sizes` to `False`", "", "weights have other shapes than config.json says",
        "config.json belongs to another model: fetch both again", "transformers@5.0:utils/loading_report.py",
    ),
    Failure(
        "weights", "size mismatch for ", r"mismatch for (?P<name>[\w.]+)",
        "{name} has another shape than config.json says", "config.json belongs to another model: fetch both again",
        "torch:nn/modules/module.py load_state_dict",
    ),
    Failure(
        "weights", "Attempted to load weight",
        r"weight \((?P<own>\S+?\(.*?\))\) into parameter \((?P<wanted>\S+?\(.*?\))\)",
        "a weight is {own} and must be {wanted}", "config.json belongs to another model: fetch both again",
        "vllm@0.8.5:vllm/model_executor/model_loader/weight_utils.py default_weight_loader",
    ),
    Failure(
        "weights", "There is no module or parameter", r"named (?P<name>'[^']*') in (?P<where>\w+)",
        "the files have a weight {name} that {where} does not know",
        "the model is of another kind than config.json says, or vLLM is older than the model",
        "vllm@0.8.5:vllm/model_executor/models/utils.py:248",
    ),
    Failure(
        "weights", "PytorchStreamReader failed", "", "a .bin file of weights is damaged", _AGAIN,
        "torch:serialization.py",
    ),
    Failure(
        "weights", "is not a valid JSON file", r"file at (?P<file>'[^']*') is not", "{file} is damaged", _AGAIN,
        "transformers@4.57, transformers@5.0:configuration_utils.py",
    ),
    Failure(
        "weights", "Unrecognized model in", r"model in (?P<folder>.+?)\. Should have",
        "{folder} has no config.json that names a model", _FETCH, "transformers:models/auto/configuration_auto.py",
    ),
    Failure(
        "weights", "Invalid repository ID or local directory", r"specified: ?(?P<folder>\S.*)?",
        "the folder of the model has no config.json", _FETCH, "vllm@0.11.0:vllm/transformers_utils/config.py:568",
    ),
    Failure(
        "weights", "does not appear to have a file named",
        r"(?P<folder>\S+) does not .*?named (?P<file>\S+?)\.?(?: |$)", "{folder} has no {file}", _FETCH,
        "transformers@4.57, transformers@5.0:utils/hub.py",
    ),
    Failure(
        "weights", "Can't load ", r"Error: Can't load (?:the )?(?P<what>[\w ]+?) for '(?P<folder>[^']*)'",
        "{folder} has no {what} that can be read", _FETCH,
        "transformers@4.57, transformers@5.0:utils/hub.py and others",
    ),
    Failure(
        "weights", "' not found", r"Error: path: '(?P<folder>[^']*)' not found", "there is no folder {folder}",
        "mend --model or --adapters: a path that starts with / must exist",
        "ms-swift@4.6.0:swift/utils/hub_utils.py:98",
    ),
)  # fmt: skip

HUB = (
    Failure(
        "hub", "gated repo", r"(?:url |at )(?P<url>https?://\S+?)\.?(?: |$)", "access to {url} must be asked for",
        _RIGHTS, _HUB,
    ),
    Failure("hub", "gated repo", "", "access to the model must be asked for", _RIGHTS, _HUB),
    Failure(
        "hub", "Repository Not Found for url", r"url: (?P<url>\S+?)\.?$", "there is no model at {url}, or not for you",
        "mend the name in --model; set HF_TOKEN for a private model; --use_hf true says Hugging Face, not ModelScope",
        _HUB,
    ),
    Failure(
        "hub", "Not Found for url", r"(?P<what>Revision|Entry) Not Found for url: (?P<url>\S+?)\.?$",
        "the model has no such {what}: {url}", "mend --model_revision", _HUB,
    ),
    Failure(
        "hub", "Forbidden", r"\b403 (?:Client Error: )?Forbidden", "the hub refuses access to the model", _RIGHTS,
        _HUB, follower=True,
    ),
    Failure(
        "hub", "Unauthorized", r"\b401 (?:Client Error: )?Unauthorized", "the hub does not take the token",
        "set HF_TOKEN to a valid one", _HUB, follower=True,
    ),
    Failure(
        "hub", "Too Many Requests", r"\b429 (?:Client Error: )?Too", "the hub has had too many requests",
        "wait, or set HF_TOKEN", _HUB, follower=True,
    ),
    Failure(
        "hub", "rror", r"Server [Ee]rror:? '?(?P<code>5\d\d)|(?P<status>5\d\d) Server Error",
        "the hub is out of order", "wait, or give the folder of the model with --model", _HUB, follower=True,
    ),
    Failure(
        "hub", "outgoing traffic has been disabled", "", "the model is not on this machine, and HF_HUB_OFFLINE is set",
        "unset HF_HUB_OFFLINE, or give the folder of the model with --model",
        "huggingface_hub@1.0:_snapshot_download.py",
    ),
    Failure(
        "hub", "is not a valid model identifier", r"Error: (?P<name>\S+) is not a local folder",
        "{name} is neither a folder here nor a model on the hub", "mend --model", "transformers:utils/hub.py",
    ),
    Failure(
        "hub", "We couldn't connect to ", r"to '(?P<host>[^']*)'", "{host} does not answer, and the model is not here",
        _OFFLINE, "transformers:utils/hub.py",
    ),
    Failure(
        "hub", "onnection",
        r"(?:LocalEntryNotFound|MaxRetry|Connection|Connect|Network|ProxyError|ReadTimeout)\w*: .*?"
        r"host='?(?P<host>[\w.-]+)", "{host} does not answer, and the model is not here", _OFFLINE,
        "urllib3 and requests, through modelscope",
    ),
    Failure(
        "hub", "Got: Conn", r"LocalEntryNotFoundError: Got: (?P<why>.{1,120})",
        "the hub does not answer, and the model is not here: {why}", _OFFLINE,
        "huggingface_hub@1.0:_snapshot_download.py",
    ),
    Failure(
        "hub", "Temporary failure in name resolution", "", "the name of the hub cannot be resolved", _OFFLINE,
        "errno -3 of getaddrinfo",
    ),
    Failure(
        "hub", "CERTIFICATE_VERIFY_FAILED", "", "the hub's certificate cannot be checked",
        "set SSL_CERT_FILE to the certificates of the proxy", "OpenSSL",
    ),
    Failure(
        "hub", "request resource(model or dataset) does not exist", "", "ModelScope has no such model",
        "mend --model, or write --use_hf true for Hugging Face", "modelscope@1.30:hub/errors.py:233",
    ),
    Failure(
        "hub", "NotExistError", r"NotExistError: (?P<why>.{1,160})", "ModelScope has no such model: {why}",
        "mend --model, or write --use_hf true for Hugging Face", "modelscope_hub:errors.py",
    ),
)  # fmt: skip

_INSTALL = "install {name} into the environment that serves"

CODE = (
    Failure(
        "package", "operator torchvision::nms does not exist", "", "torchvision was built for another torch",
        "install the torchvision that belongs to this torch",
        "torchvision@0.28.0:torchvision/_meta_registrations.py:163",
    ),
    Failure(
        "package", "undefined symbol", r"ImportError: (?:\S*/)?(?P<name>[\w.-]+\.so[\w.]*): undefined symbol",
        "{name} was built for another version of torch or CUDA", "install the build that belongs to this torch",
        "dlopen",
    ),
    Failure(
        "package", "doesn't seem to be installed", r"the package for (?P<name>\w+) doesn't seem",
        "{name} is asked for and is not installed", _INSTALL + ", or choose another --attn_impl",
        "transformers@5.0:modeling_utils.py",
    ),
    Failure(
        "package", "packages that were not found", r"environment: (?P<name>[^.]{1,120})",
        "the model's own code needs {name}", _INSTALL, "transformers:dynamic_module_utils.py check_imports",
    ),
    Failure(
        "package", "library but it was not found", r"(?P<what>\w+) requires the (?P<name>[\w.-]+) library",
        "{what} needs {name}, which is not installed", _INSTALL, "transformers:utils/import_utils.py",
    ),
    Failure(
        "package", " is required for a normal",
        r"(?P<wanted>\S+) is required .*?found (?P<name>[\w.-]+)==(?P<found>\S+?)\.?(?: |$)",
        "{wanted} is needed, and {found} is installed", "install {wanted} into the environment that serves",
        "transformers:utils/versions.py require_version, called by ms-swift",
    ),
    Failure(
        "package", "`pip install ",
        r"ImportError: .{1,200}?`pip install (?:-U |--upgrade )?'?(?P<name>[^`']{1,60}?)'?`",
        "{name} is needed and not installed", _INSTALL, "transformers@5.0:quantizers",
    ),
    Failure(
        "package", "No package metadata was found", r"found for (?P<name>[\w.-]+)", "{name} is not installed",
        _INSTALL, "importlib.metadata",
    ),
    Failure(
        "package", "No module named", r"Error: No module named '(?P<name>[\w.]+)'", "{name} is not installed",
        _INSTALL, "Python",
    ),
    Failure(
        "package", "cannot import name", r"Error: cannot import name '(?P<what>\w+)' from '(?P<name>[\w.]+)'",
        "the installed {name} has no {what}: its version does not suit what imports it",
        "install versions that ms-swift's README names together", "Python",
    ),
    Failure(
        "package", "Transformers does not recognize", r"model type `(?P<name>\w+)`",
        "the installed transformers is older than models of type {name}", "install a newer transformers",
        "transformers:models/auto/configuration_auto.py",
    ),
    Failure(
        "package", "Could not import module", r"module '(?P<name>\w+)'", "{name} of transformers cannot be imported",
        "an import in the traceback above it fails: see there", "transformers:utils/import_utils.py",
    ),
    Failure(
        "package", "version of vLLM is too old", "", "vLLM is older than a flag that is set", "install a newer vLLM",
        "ms-swift@4.6.0:swift/infer_engine/vllm_engine.py:382",
    ),
    Failure(
        "model code", "are not supported for now", r"architectures (?P<names>\[.{1,120}?\]) are",
        "this release of vLLM does not serve {names}",
        "install a newer vLLM, or serve with --infer_backend transformers",
        "vllm@0.8.5:vllm/model_executor/models/registry.py:420",
    ),
    Failure(
        "model code", "failed to be inspected", r"architectures (?P<names>\[.{1,120}?\])",
        "vLLM's code for {names} cannot be imported", "the first error in the log names the reason",
        "vllm@0.8.5:vllm/model_executor/models/registry.py:416",
    ),
    Failure(
        "model code", "has no vLLM implementation", r"Error: (?P<name>\S+) has no", "vLLM has no code for {name}",
        "serve with --infer_backend transformers", "vllm@0.9.2:vllm/model_executor/models/registry.py",
    ),
)  # fmt: skip

MODEL = (*WEIGHTS, *HUB, *CODE)
