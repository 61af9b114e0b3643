"""Wishes: what the operator decides and the planner only respects."""

import re

from swiftcfg.errors import InputError
from swiftcfg.values import dataclass

#: What a key looks like even where it could be the name of a variable: a prefix that a provider gives to keys, or
#: letters and digits in one long run.
_KEY = re.compile(r"(?:sk|pk|rk|hf|gh[a-z]|glpat|xox[a-z])[_-].+|(?=.*[0-9])(?=.*[A-Za-z])[A-Za-z0-9]{16,}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Wishes:
    """How to serve, beside the workload. ``api_key_env`` names a variable that holds the key, never the key."""

    host: str = "127.0.0.1"
    port: int = 8000
    served_model_name: str | None = None
    api_key_env: str | None = None
    tensor_parallel_size: int | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.port <= 65535:  # noqa: PLR2004
            raise InputError(f"port {self.port} does not exist", "ports go from 1 to 65535 (0 lets the system choose)")
        if self.tensor_parallel_size is not None and self.tensor_parallel_size < 1:
            raise InputError(
                f"tensor parallel size {self.tensor_parallel_size} is not a number of GPUs", "give 1 or more"
            )
        if self.served_model_name == "":
            raise InputError("the served model name is empty", "give a name, or leave --served-model-name out")
        if not self.host or self.host.startswith("-") or not self.host.isprintable() or " " in self.host:
            raise InputError(f"{self.host!r} is not an address", "give one such as 127.0.0.1, 0.0.0.0 or a host's name")
        name = self.api_key_env
        if name is not None and (not name.isascii() or not name.isidentifier() or _KEY.fullmatch(name)):
            raise InputError(  # without the value: it may be the key
                "the value of --api-key-env is not the name of an environment variable",
                "give the name of the variable that holds the key, such as SWIFT_API_KEY, not the key itself",
            )

    @property
    def public(self) -> bool:
        """Whether other machines can reach the server."""
        return self.host not in {"::1", "localhost"} and not self.host.startswith("127.")
