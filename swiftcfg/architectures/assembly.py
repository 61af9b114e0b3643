"""Assemble a Model from the files of a checkpoint, wherever they come from."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeGuard

from swiftcfg.architectures.decoder import stacks_of
from swiftcfg.architectures.description import Description, describe
from swiftcfg.architectures.processor import read_limits
from swiftcfg.architectures.tensors import Tensor
from swiftcfg.architectures.weights import weights_from_stacks, weights_from_tensors
from swiftcfg.model import Model, Weights
from swiftcfg.values import dataclass


@dataclass(frozen=True, slots=True)
class Identity:
    """Under which name a model is known, and how it is handed to ``--model``."""

    name: str
    location: str
    local: bool
    source: str
    model_type: str | None = None
    template: str | None = None
    absolute_coordinates: bool = False


def assemble(
    identity: Identity,
    files: Mapping[str, Mapping[str, Any]],
    tensors: Sequence[Tensor] | None = None,
    tensor_source: str = "",
) -> Model:
    """Make a Model of a config.json and its neighbours; ``tensors`` are headers, derived where there are none."""
    description = _settle_tying(describe(_config(files)), tensors)
    weights = _weights(description, tensors, tensor_source)
    limits = read_limits(files)
    unknowns = list(description.unknowns)
    if weights is None:
        unknowns.append("there are no safetensors headers and the layout is not known; weight bytes are not known")
    if description.vision is not None and limits is None:
        unknowns.append(
            "the processor's pixel limits are not known, so neither is the largest image that the engine profiles"
        )
    quantization = description.quantization
    return Model(
        name=identity.name,
        location=identity.location,
        local=identity.local,
        architecture=description.architecture,
        model_type=identity.model_type,
        template=identity.template,
        text=description.text,
        vision=description.vision,
        sees=description.sees,
        limits=limits,
        weights=weights,
        dtype_bytes=description.dtype_bytes,
        quantization=quantization.method if quantization else None,
        quantization_group=quantization.group if quantization else None,
        absolute_coordinates=identity.absolute_coordinates,
        sampling=_sampling(files.get("generation_config.json", {})),
        source=identity.source,
        unknowns=tuple(unknowns),
    )


def _config(files: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any]:
    """config.json; ModelOpt's checkpoints may say in a file of its own that they are quantised."""
    config = files["config.json"]
    if "hf_quant_config.json" in files and "quantization_config" not in config:
        return {**config, "quantization_config": {"quant_method": "modelopt"}}
    return config


#: What ms-swift takes from generation_config.json (ms-swift@4.6.0:swift/infer_engine/vllm_engine.py:409-426).
_SAMPLING = ("temperature", "top_p", "top_k", "min_p", "repetition_penalty", "max_new_tokens")

#: No sampling parameter comes near; NaN, infinity and numbers that no float holds are not below it, either.
_ABSURD = 1e300


def _sampling(generation: Mapping[str, Any]) -> tuple[tuple[str, float], ...]:
    given = ((name, generation.get(name)) for name in _SAMPLING)
    return tuple((name, value) for name, value in given if _is_number(value) and abs(value) < _ABSURD)


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _settle_tying(description: Description, tensors: Sequence[Tensor] | None) -> Description:
    """Where config.json is silent, a checkpoint without an output head is tied."""
    if description.tied is not None or not tensors or description.text is None:
        return description
    tied = not any(tensor.name.endswith("lm_head.weight") for tensor in tensors)
    return replace(description, tied=tied, text=replace(description.text, tie_word_embeddings=tied))


def _weights(description: Description, tensors: Sequence[Tensor] | None, source: str) -> Weights | None:
    if tensors:
        return weights_from_tensors(tensors, description.dtype_bytes, source)
    stacks = stacks_of(description)
    if stacks is None:
        return None
    return weights_from_stacks(stacks, description.dtype_bytes, "computed from config.json")
