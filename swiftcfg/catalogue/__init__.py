"""The catalogue of published models, and the one way from what a user wrote to a Model."""

from swiftcfg.catalogue.entries import Entry, catalogue_models, model_names
from swiftcfg.catalogue.find import find_model, namesake
from swiftcfg.catalogue.names import find_entry

__all__ = ["Entry", "catalogue_models", "find_entry", "find_model", "model_names", "namesake"]
