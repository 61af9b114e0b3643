"""Serve vision-language models with ms-swift without guessing."""

__version__ = "0.1.0"
