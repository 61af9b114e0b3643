"""Wishes: what the operator decides and the planner only respects."""

from dataclasses import dataclass

from swiftcfg.errors import InputError


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
        name = self.api_key_env
        if name is not None and not (name.isascii() and name.isidentifier()):
            raise InputError(
                f"{name!r} is not the name of an environment variable",
                "give the name of the variable that holds the key, such as SWIFT_API_KEY, not the key itself",
            )

    @property
    def public(self) -> bool:
        """Whether other machines can reach the server."""
        return self.host not in {"127.0.0.1", "::1", "localhost"}
