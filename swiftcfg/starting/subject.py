"""Subject: one server that is to be started, whatever it was read from; every word of it is known."""

from collections.abc import Mapping
from dataclasses import field
from typing import Literal

from swiftcfg.config import DeployConfig
from swiftcfg.detect import Installation
from swiftcfg.facts import Origin
from swiftcfg.flags import FlagCatalog
from swiftcfg.gather import Given
from swiftcfg.planner import Plan
from swiftcfg.rule import Rule
from swiftcfg.runtime import Runtime
from swiftcfg.script import Script
from swiftcfg.values import dataclass
from swiftcfg.workload import Workload

#: What a release that was not read is taken to listen on (ms-swift@4.6.0:swift/arguments/deploy_args.py:40-41).
_HOST, _PORT = "0.0.0.0", 8000  # noqa: S104


@dataclass(frozen=True)
class StartOptions:
    """What the command line says of a start. ``environment`` is the caller's; ``api_key_env`` names a variable of it.

    ``gpu`` describes cards to judge by, ``model`` names the model where the file's own is not known, ``nth`` chooses
    a call of a file. ``port`` replaces the one that is planned or written; ``auto`` takes a free one.
    """

    environment: Mapping[str, str] = field(repr=False)
    python: str | None = None
    gpu: str | None = None
    model: str | None = None
    workload: Workload | None = None
    port: int | Literal["auto"] | None = None
    api_key_env: str | None = None
    nth: int | None = None


@dataclass(frozen=True)
class Secret:
    """The value of a flag that is handed over where nobody sees it; ``origin`` says where it came from."""

    flag: str
    value: str = field(repr=False)
    origin: str = ""


@dataclass(frozen=True)
class Subject:
    """What is to be started.

    ``origin``, ``script``, ``given`` and ``rules`` are what it is judged by; ``config`` is what is started, with the
    chosen port and without ``secrets``. ``caller`` is the environment it is started from. ``told`` says what of
    a file is done in another way or not at all.
    """

    name: str
    origin: Origin
    script: Script
    given: Given
    rules: tuple[Rule, ...]
    config: DeployConfig
    installation: Installation
    caller: Mapping[str, str] = field(repr=False)
    plan: Plan | None = None
    secrets: tuple[Secret, ...] = ()
    told: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        return self.origin.text

    @property
    def runtime(self) -> Runtime:
        return self.given.runtime

    @property
    def workload(self) -> Workload | None:
        return self.given.workload

    @property
    def host(self) -> str:
        return str(self.config.word("host") or _default(self.given.catalog, "host", _HOST))

    @property
    def port(self) -> int:
        """The port; 0 where the server is to choose one, and -1 for what is none."""
        return _port(str(self.config.word("port") or _default(self.given.catalog, "port", _PORT)))

    @property
    def api_key(self) -> str | None:
        """An empty one is none to ms-swift (ms-swift@4.6.0:swift/pipelines/infer/deploy.py, _check_api_key)."""
        return next((secret.value for secret in self.secrets if secret.flag == "api_key"), None) or None


def _default(catalog: FlagCatalog, flag: str, fallback: str | int) -> str | int:
    spec = catalog.get(flag)
    value: str | int = spec.default if spec and spec.default is not None else fallback
    return value


def _port(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        return -1
    return number if 0 <= number < 2**16 else -1
