"""Known architectures: a config.json understood, its tensors derived, any tensor name placed."""

from swiftcfg.architectures.assembly import Identity, assemble
from swiftcfg.architectures.decoder import tensors_of
from swiftcfg.architectures.description import Description, describe
from swiftcfg.architectures.tensors import Tensor
from swiftcfg.architectures.weights import bytes_per_rank, classify, weights_from_tensors

__all__ = [
    "Description",
    "Identity",
    "Tensor",
    "assemble",
    "bytes_per_rank",
    "classify",
    "describe",
    "tensors_of",
    "weights_from_tensors",
]
