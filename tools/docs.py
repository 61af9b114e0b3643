"""Write the generated pages under docs/, or check that they are up to date.

usage: python tools/docs.py [--check]
"""

import ast
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import json_page
from packaging.version import Version

from swiftcfg.backend import SPELLINGS
from swiftcfg.catalogue import catalogue_models
from swiftcfg.check import every_rule
from swiftcfg.cli import COMMANDS, swiftcfg
from swiftcfg.engine import EngineSettings
from swiftcfg.knowledge import load
from swiftcfg.memory import kv_bytes_per_token
from swiftcfg.nvml import gpu_catalogue
from swiftcfg.rule import Rule
from swiftcfg.units import GIB, gib
from swiftcfg.validate import REMEDIES

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs"
NOTE = "<!-- Written by tools/docs.py; do not edit. -->\n\n"


def commands() -> str:
    """Every --help page."""
    pages = ["# Commands\n", _help(swiftcfg, "swiftcfg")]
    for name in COMMANDS:
        command = swiftcfg.get_command(click.Context(swiftcfg), name)
        if command is None:
            raise SystemExit(f"swiftcfg {name} is listed and is not there")
        pages += [f"## swiftcfg {name}\n", _help(command, f"swiftcfg {name}")]
    return NOTE + "\n".join(pages)


def _help(command: click.Command, path: str) -> str:
    context = click.Context(command, info_name=path, max_content_width=100, terminal_width=100)
    return f"```text\n{command.get_help(context)}\n```\n"


def flags() -> str:
    """What each backend calls a setting, by ms-swift release."""
    rows = sorted(SPELLINGS, key=lambda row: (row.backend, row.knob, row.since))
    lines = [f"| {row.backend} | {row.knob} | `--{row.name}` | {row.since} | {_last(row.until)} |" for row in rows]
    head = [
        "# Flags by ms-swift release\n",
        "What `swift deploy` calls each setting. Every flag of each of the",
        f"{len(load('flags/releases.json'))} releases is in swiftcfg/knowledge/flags,",
        "read from the wheels by tools/flags.py.\n",
        "| backend | setting | flag | since | until before |",
        "|---|---|---|---|---|",
    ]
    return NOTE + "\n".join([*head, *lines]) + "\n"


def _last(until: Version | None) -> str:
    return "" if until is None else str(until)


def models() -> str:
    """The model catalogue."""
    head = [
        "# Models of the catalogue\n",
        "Weights are the bytes of the checkpoint's tensors, the cache is what one token takes on one card. Sources:",
        "`swiftcfg models NAME`.\n",
        "| model | weights | KV bytes per token | tokens of a 1920x1080 image |",
        "|---|---|---|---|",
    ]
    return NOTE + "\n".join([*head, *_model_rows()]) + "\n"


def _model_rows() -> Iterator[str]:
    for model in catalogue_models():
        each, _ = kv_bytes_per_token(model, EngineSettings("vllm"))
        factor = model.vision.factor if model.vision else None
        tokens = "" if factor is None else str(round(1080 / factor) * round(1920 / factor))
        weights = gib(model.weights.total()) if model.weights else "unknown"
        yield f"| {model.location} | {weights} | {'unknown' if each is None else each} | {tokens} |"


def gpus() -> str:
    """The catalogue of cards."""
    catalogue = gpu_catalogue()
    head = [
        "# GPUs of the catalogue\n",
        "NVML's total is what nvidia-smi prints; CUDA sees less. Sources: swiftcfg/knowledge/gpus.yaml.\n",
        "| card | NVML total | CUDA total (low to high) | compute capability |",
        "|---|---|---|---|",
    ]
    rows = []
    for card in catalogue.cards:
        total = catalogue.cuda_total(card)
        rows.append(
            f"| {card.name} | {gib(card.nvml_total)} | {total.low / GIB:.2f} to {gib(total.high)} | "
            f"{card.compute_capability[0]}.{card.compute_capability[1]} |"
        )
    return NOTE + "\n".join([*head, *rows]) + "\n"


def rules() -> str:
    """Every rule's page, as swiftcfg explain shows it."""
    head = [
        "# Rules\n",
        "What [swiftcfg validate](validate.md) looks for; `swiftcfg explain CODE` shows a page in the terminal.",
        "**error**: it does not start, starts with another meaning than written, or dies under the workload.",
        "**warning**: it runs, but loses quality, memory or safety. **info**: a better choice is known.\n",
        "| code | severity | what |",
        "|---|---|---|",
    ]
    rows = [f"| [{one.code}](#{one.code.lower()}) | {one.severity} | {_cell(one.title)} |" for one in every_rule()]
    return NOTE + "\n".join([*head, *rows, "", *map(_rule_page, every_rule())])


def _rule_page(rule: Rule) -> str:
    title, _, body = rule.page.partition("\n")
    needs = [fact for fact in rule.needs if fact in REMEDIES]
    lines = [
        f"## {rule.code}\n",
        f"**{title.rstrip('.')}** (`{rule.slug}`): {rule.severity}, {rule.confidence}"
        + (f"; needs {', '.join(needs)}" if needs else ""),
        body.rstrip(),
        "",
        "Sources: " + "; ".join(_cell(source) for source in rule.sources) + "\n",
    ]
    return "\n".join(lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def modules() -> str:
    """Every module and package directly under swiftcfg, by layer, with the first sentence of its docstring."""
    head = [
        "# Modules by layer\n",
        "Imports point only downwards; modules of one row do not know each other. The layers are those of",
        "pyproject.toml, the sentences are the modules' own.\n",
        "| layer | module | what it is |",
        "|---|---|---|",
    ]
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    layers = re.search(r"^layers = (\[.*?^\])", project, re.DOTALL | re.MULTILINE)
    if layers is None:
        raise SystemExit("pyproject.toml has no list of layers")
    rows = [
        f"| {number} | `{name}` | {_first_sentence(name)} |"
        for number, layer in enumerate(ast.literal_eval(layers[1]), 1)
        for name in layer.split(" | ")
    ]
    return NOTE + "\n".join([*head, *rows]) + "\n"


def _first_sentence(name: str) -> str:
    package = ROOT / "swiftcfg" / name / "__init__.py"
    path = package if package.exists() else ROOT / "swiftcfg" / f"{name}.py"
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return text.split("\n\n")[0].replace("\n", " ").replace("|", "\\|")


#: File name -> what makes the page. docs/accuracy.md is tools/accuracy.py's.
PAGES: dict[str, Callable[[], str]] = {
    "commands.md": commands,
    "flags.md": flags,
    "gpus.md": gpus,
    "json.md": lambda: NOTE + json_page.page(),
    "models.md": models,
    "modules.md": modules,
    "rules.md": rules,
}


def main(arguments: list[str]) -> int:
    stale = 0
    for name, make in PAGES.items():
        path, text = FOLDER / name, make()
        if arguments != ["--check"]:
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or path.read_bytes() != text.encode():
            print(f"docs/{name} is not what tools/docs.py writes: run python tools/docs.py")
            stale = 1
    return stale


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
