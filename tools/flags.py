"""Reads what ``swift deploy`` accepts from the released ms-swift wheels into swiftcfg/knowledge/flags/.

Nothing of ms-swift runs: the source of DeployArguments and of every base class is parsed, and the fields are
collected as ``dataclasses`` would, in reversed method resolution order. One JSON file is written per release in
which something changed; ``releases.json`` says for every release read which file holds, ``history.json`` since and
until when there has been each flag, each model type and each template. Wheels are fetched with pip into a cache folder,
once.

    python tools/flags.py                # fetch what is missing, write the files
    python tools/flags.py --check        # write nothing; fail where the files differ from what would be written
"""

import argparse
import ast
import difflib
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from packaging.version import Version

FLAGS = Path(__file__).parent.parent / "swiftcfg" / "knowledge" / "flags"
CACHE = Path.home() / ".cache" / "swiftcfg-tests" / "ms-swift-wheels"
#: The last release before 3.0, so that 2.x command lines are recognised, and everything since.
OLDEST = (Version("2.6.1"), Version("3.0.0"))

#: What is listed in classes whose names end so -> those names' end, and where they are: 4.x, 3.x, 2.x.
LISTS = {
    "model_types": ("ModelType", "swift/model/constant.py", "swift/llm/model/constant.py", "swift/llm/utils/model.py"),
    "templates": (
        "TemplateType", "swift/template/constant.py", "swift/llm/template/constant.py", "swift/llm/utils/template.py"
    ),
}  # fmt: skip

#: Where DeployArguments lives: 4.x, 3.x, 2.x.
HOMES = ("swift.arguments.deploy_args", "swift.llm.argument.deploy_args", "swift.llm.utils.argument")


class Field(NamedTuple):
    """One dataclass field as the files hold it; ``owner`` is the class that defines it."""

    kind: str
    default: Any
    owner: str
    line: int
    choices: list[Any] | None = None


@dataclass(frozen=True)
class Class:
    """A class as its source has it, with the module that names in it are looked up in."""

    module: "Module"
    node: ast.ClassDef

    @property
    def bases(self) -> list["Class"]:
        return [self.module.find(ast.unparse(base)) for base in self.node.bases]

    @cached_property
    def mro(self) -> list["Class"]:
        """The C3 linearisation, as Python computes it for the real class."""
        rows = [list(base.mro) for base in self.bases] + [self.bases]
        order: list[Class] = [self]
        while rows := [row for row in rows if row]:
            head = next(row[0] for row in rows if not any(row[0] in other[1:] for other in rows))
            order.append(head)
            rows = [[one for one in row if one != head] for row in rows]
        return order

    def fields(self) -> Iterator[tuple[str, Field]]:
        for statement in self.node.body:
            if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
                kind, choices = kind_of(statement.annotation)
                yield (
                    statement.target.id,
                    Field(kind, default_of(statement.value), self.node.name, statement.lineno, choices),
                )


class Module:
    """One module of a wheel, parsed."""

    def __init__(self, wheel: "Wheel", path: str) -> None:
        self.wheel, self.path = wheel, path
        self.tree = ast.parse(wheel.text(path))

    @cached_property
    def classes(self) -> dict[str, Class]:
        return {node.name: Class(self, node) for node in self.tree.body if isinstance(node, ast.ClassDef)}

    @cached_property
    def imported(self) -> dict[str, str]:
        """Name here -> module it is imported from; imports inside ``if TYPE_CHECKING`` count too."""
        package = self.path.removesuffix(".py").split("/")[:-1]
        found: dict[str, str] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.ImportFrom):
                base = package[: len(package) - node.level + 1] if node.level else []
                origin = ".".join([*base, *(node.module or "").split(".")]).strip(".")
                found |= {alias.asname or alias.name: origin for alias in node.names}
        return found

    def find(self, name: str) -> Class:
        """The class called ``name`` here, followed through imports. An unknown one stops the run."""
        if name in self.classes:
            return self.classes[name]
        return self.wheel.module(self.imported[name]).find(name)


class Wheel:
    def __init__(self, path: Path) -> None:
        self.version = Version(path.name.split("-")[1])
        self.archive = zipfile.ZipFile(path)
        self.paths = set(self.archive.namelist())
        self.modules: dict[str, Module] = {}

    def text(self, path: str) -> str:
        return self.archive.read(path).decode()

    def module(self, dotted: str) -> Module:
        folder = dotted.replace(".", "/")
        path = folder + ".py" if folder + ".py" in self.paths else folder + "/__init__.py"
        if path not in self.modules:
            self.modules[path] = Module(self, path)
        return self.modules[path]

    def listed(self, kind: str) -> set[str]:
        """The values of the classes LLMModelType, MLLMModelType and so on, and ModelType of 2.x."""
        ending, *places = LISTS[kind]
        path = next((path for path in places if path in self.paths), None)
        body = ast.parse(self.text(path)).body if path else []
        lists = [node for node in body if isinstance(node, ast.ClassDef) and node.name.endswith(ending)]
        values = [node.value for one in lists for node in one.body if isinstance(node, ast.Assign)]
        return {value.value for value in values if isinstance(value, ast.Constant) and isinstance(value.value, str)}

    def deploy_arguments(self) -> Class:
        home = next(home for home in HOMES if home.replace(".", "/") + ".py" in self.paths)
        return self.module(home).find("DeployArguments")


SIMPLE = {"str": "str", "int": "int", "float": "float", "bool": "bool", "dict": "json", "Any": "str"}


def kind_of(annotation: ast.expr) -> tuple[str, list[Any] | None]:
    """What ``HfArgumentParser`` makes of an annotation: a kind word, and the choices of a Literal."""
    text = ast.unparse(annotation)
    inner = re.fullmatch(r"Optional\[(.*)\]|Union\[(.*), None\]", text)
    if inner:
        kind, choices = kind_of(ast.parse(inner.group(1) or inner.group(2), mode="eval").body)
        return ("optional bool" if kind == "bool" else kind), choices
    if text.startswith("Literal["):
        choices = list(ast.literal_eval(f"({text[8:-1]},)"))
        types = {type(choice).__name__ for choice in choices if choice is not None}
        return types.pop() if len(types) == 1 else "str", choices
    listed = re.match(r"List\[(\w+)", text)
    if listed:
        return f"list of {SIMPLE.get(listed.group(1), 'str')}", None
    if text.startswith(("Union[", "Dict[")):
        return ("json" if "dict" in text.lower() else "str"), None
    return SIMPLE[text], None


def default_of(value: ast.expr | None) -> Any:
    """The default as a value. One that is computed when ms-swift starts would stop the run; there is none so far."""
    if isinstance(value, ast.Call) and ast.unparse(value.func) in ("field", "dataclasses.field"):
        given = {keyword.arg: keyword.value for keyword in value.keywords}
        factory = given.get("default_factory")
        if isinstance(factory, ast.Name):
            return {"list": [], "dict": {}}[factory.id]
        value = factory.body if isinstance(factory, ast.Lambda) else given.get("default")
    return None if value is None else ast.literal_eval(value)


def flags_of(wheel: Wheel) -> tuple[dict[str, Field], dict[str, str]]:
    """Every field in the order ``dataclasses.fields`` has them, and the file of every class that has some."""
    fields: dict[str, Field] = {}
    files: dict[str, str] = {}
    for one in reversed(wheel.deploy_arguments().mro):
        for name, field in one.fields():
            fields[name] = field
            files[one.node.name] = one.module.path
    return fields, files


def meaning(fields: Mapping[str, Field]) -> list[Any]:
    """What makes a release different: everything but line numbers, order included."""
    return [[name, *field._replace(line=0)] for name, field in fields.items()]


def render(version: Version, fields: Mapping[str, Field], files: Mapping[str, str]) -> str:
    """One flag a line, so that two releases compare well."""
    rows = [f"{json.dumps(name)}: {json.dumps(strip(field))}" for name, field in fields.items()]
    body = ",\n".join(rows)
    return f'{{"ms_swift": "{version}",\n"classes": {json.dumps(files)},\n"flags": {{\n{body}\n}}}}\n'


def strip(field: Field) -> list[Any]:
    return list(field if field.choices else field[:-1])


def extract(wheels: list[Path]) -> dict[str, str]:
    """File name -> content, for every release that differs from the one before it, and releases.json."""
    written: dict[str, str] = {}
    holds: dict[str, str] = {}
    before, current = None, ""
    seen: dict[str, list[tuple[str, set[str]]]] = {"flags": [], **{kind: [] for kind in LISTS}}
    for wheel in sorted(map(Wheel, wheels), key=lambda one: one.version):
        fields, files = flags_of(wheel)
        if meaning(fields) != before:
            before, current = meaning(fields), str(wheel.version)
            written[f"{current}.json"] = render(wheel.version, fields, files)
        holds[str(wheel.version)] = current
        seen["flags"].append((str(wheel.version), set(fields)))
        for kind in LISTS:
            seen[kind].append((str(wheel.version), wheel.listed(kind)))
    written["history.json"] = render_history({kind: spans_of(rows) for kind, rows in seen.items()})
    written["releases.json"] = json.dumps(holds, indent=0) + "\n"
    return written


def spans_of(seen: list[tuple[str, set[str]]]) -> dict[str, list[list[str | None]]]:
    """Name -> the spans of releases that have it: the first with it, the first without (None where it lasts)."""
    spans: dict[str, list[list[str | None]]] = {}
    for version, names in seen:
        for name, found in spans.items():
            if found[-1][1] is None and name not in names:
                found[-1][1] = version
        for name in sorted(names):
            found = spans.setdefault(name, [])
            if not found or found[-1][1] is not None:
                found.append([version, None])
    return dict(sorted(spans.items()))


def render_history(history: Mapping[str, Mapping[str, Any]]) -> str:
    """One name a line."""
    parts = []
    for kind, spans in history.items():
        rows = ",\n".join(f"{json.dumps(name)}: {json.dumps(found)}" for name, found in spans.items())
        parts.append(f"{json.dumps(kind)}: {{\n{rows}\n}}")
    return "{" + ",\n".join(parts) + "}\n"


def pip(*words: str) -> str:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *words]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def releases() -> list[Version]:
    last_2, first_3 = OLDEST
    listed = re.search(r"Available versions: (.*)", pip("index", "versions", "ms-swift"))
    assert listed, "pip lists no versions of ms-swift"
    versions = map(Version, listed.group(1).split(", "))
    return [version for version in versions if version == last_2 or version >= first_3]


def fetched(cache: Path, version: Version) -> Path:
    found = list(cache.glob(f"ms_swift-{version}-*.whl"))
    if not found:
        pip("download", "--quiet", "--no-deps", "--dest", str(cache), f"ms-swift=={version}")
        found = list(cache.glob(f"ms_swift-{version}-*.whl"))
    return found[0]


def wheels_in(arguments: argparse.Namespace) -> list[Path]:
    if arguments.offline:
        return sorted(arguments.cache.glob("ms_swift-*.whl"))
    arguments.cache.mkdir(parents=True, exist_ok=True)
    return [fetched(arguments.cache, version) for version in releases()]


def check(content: Mapping[str, str]) -> int:
    present = {path.name: path.read_text() for path in FLAGS.glob("*.json")}
    for name in sorted({*content, *present}):
        lines = (present.get(name, "").splitlines(), content.get(name, "").splitlines())
        print(*difflib.unified_diff(*lines, f"here/{name}", f"wheels/{name}", lineterm="", n=0), sep="\n", end="")
    return int(present != content)


def write(content: Mapping[str, str]) -> int:
    FLAGS.mkdir(exist_ok=True)
    for old in FLAGS.glob("*.json"):
        old.unlink()
    for name, text in content.items():
        (FLAGS / name).write_text(text)
    print(f"{len(content) - 1} files, {sum(map(len, content.values())) // 1024} KiB")
    return 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--cache", type=Path, default=CACHE, help="folder of wheels (default: %(default)s)")
    parser.add_argument("--offline", action="store_true", help="use the wheels that the cache has")
    given = parser.parse_args()
    sys.exit((check if given.check else write)(extract(wheels_in(given))))
