"""tools/flags.py on small wheels: what it follows, in which order it collects, and when it writes a file."""

import dataclasses
import importlib.util
import json
import sys
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

DEPLOY = "swift/arguments/deploy_args.py"
SOURCES = {
    "swift/arguments/__init__.py": """
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    from .base_args import Base
""",
    "swift/arguments/base_args.py": """
from dataclasses import dataclass, field
from typing import List, Literal, Optional, Union
@dataclass
class Root:
    model: Optional[str] = None
    port: int = 1
@dataclass
class Base(Root):
    columns: Optional[Union[dict, str]] = None
    dtype: Literal['a', 'b', None] = None
    names: List[str] = field(default_factory=list)
""",
    "swift/engines.py": """
from dataclasses import dataclass
from swift.arguments.base_args import Root
@dataclass
class Engine(Root):
    share: float = 0.9
    chatty: bool = True
    maybe: Optional[bool] = None
""",
    DEPLOY: """
from dataclasses import dataclass
from swift.arguments import Base
from ..engines import Engine
@dataclass
class DeployArguments(Engine, Base):
    port: int = 8000
    def share(self): ...
""",
}


@pytest.fixture(name="tool", scope="module")
def _tool() -> ModuleType:
    path = Path(__file__).parent.parent / "tools" / "flags.py"
    spec = importlib.util.spec_from_file_location("flags_tool", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def wheel(folder: Path, version: str, changes: tuple[str, str] = ("", "")) -> Path:
    path = folder / f"ms_swift-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, source in SOURCES.items():
            archive.writestr(name, source.replace(*changes) if name == DEPLOY else source)
    return path


def test_fields_are_collected_as_dataclasses_would(tool: ModuleType, tmp_path: Path):
    content = json.loads(tool.extract([wheel(tmp_path, "4.0.0")])["4.0.0.json"])
    assert content["flags"] == {
        "model": ["str", None, "Root", 6],
        "port": ["int", 8000, "DeployArguments", 7],
        "columns": ["json", None, "Base", 10],
        "dtype": ["str", None, "Base", 11, ["a", "b", None]],
        "names": ["list of str", [], "Base", 12],
        "share": ["float", 0.9, "Engine", 6],
        "chatty": ["bool", True, "Engine", 7],
        "maybe": ["optional bool", None, "Engine", 8],
    }
    assert content["classes"]["Engine"] == "swift/engines.py"


def test_the_order_is_the_one_python_has(tool: ModuleType, tmp_path: Path):
    (tmp_path / "real").mkdir()
    path = wheel(tmp_path, "4.0.0")
    source = "\n".join(SOURCES[name] for name in ("swift/arguments/base_args.py", "swift/engines.py", DEPLOY))
    lines = [line for line in source.splitlines() if not line.startswith(("from .", "from swift"))]
    scope: dict[str, type] = {"__name__": __name__}  # type: ignore[dict-item]
    exec("\n".join(lines).replace("def share", "def other"), scope)  # noqa: S102  (the source above)
    real = [field.name for field in dataclasses.fields(scope["DeployArguments"])]
    assert list(tool.flags_of(tool.Wheel(path))[0]) == real


def test_a_file_is_written_only_where_something_changed(tool: ModuleType, tmp_path: Path):
    wheels = [
        wheel(tmp_path, "4.0.0"),
        wheel(tmp_path, "4.0.1", ("\n@dataclass", "\n\n@dataclass")),  # lines moved
        wheel(tmp_path, "4.1.0", ("8000", "8001")),
        wheel(tmp_path, "4.10.0", ("8000", "8001")),
    ]
    written = tool.extract(wheels)
    assert set(written) == {"4.0.0.json", "4.1.0.json", "history.json", "releases.json"}
    assert json.loads(written["releases.json"]) == {
        "4.0.0": "4.0.0", "4.0.1": "4.0.0", "4.1.0": "4.1.0", "4.10.0": "4.1.0",
    }  # fmt: skip


def test_the_history_says_since_and_until_when(tool: ModuleType, tmp_path: Path):
    wheels = [
        wheel(tmp_path, "4.0.0"),
        wheel(tmp_path, "4.1.0", ("port: int", "harbour: int")),
        wheel(tmp_path, "4.2.0"),
    ]
    flags = json.loads(tool.extract(wheels)["history.json"])["flags"]
    assert flags["harbour"] == [["4.1.0", "4.2.0"]]
    assert flags["model"] == [["4.0.0", None]]


def test_a_base_that_cannot_be_found_stops_the_run(tool: ModuleType, tmp_path: Path):
    with pytest.raises(KeyError, match="Nowhere"):
        tool.extract([wheel(tmp_path, "4.0.0", ("(Engine, Base)", "(Nowhere)"))])
