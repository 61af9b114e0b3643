"""YAML and JSON: settings of swift deploy, or one of the formats that start programs."""

from swiftcfg.errors import InputError
from swiftcfg.script import Script
from swiftcfg.script.broken import hidden_in
from swiftcfg.script.fragment import File
from swiftcfg.sources.nodes import Mapping, Node, Sequence, mappings, read_nodes
from swiftcfg.sources.pipelines import github_calls, gitlab_calls
from swiftcfg.sources.services import compose_calls, kubernetes_calls
from swiftcfg.sources.settings import checkpoint_call, looks_like_arguments, settings_call
from swiftcfg.sources.source import Kind, Source

#: Flags of which settings for swift deploy have at least one: without a model there is nothing to serve.
_SIGNS = {"model", "adapters", "model_type", "infer_backend", "model_id_or_path", "ckpt_dir"}


def read_structured(name: str, text: str, *, sure: bool) -> Source:
    """YAML or JSON: whatever the keys of its documents say that it is; what they do not say, only if ``sure``."""
    file = File(text)
    kind: Kind = "json" if text.lstrip("\ufeff \t\r\n").startswith("{") else "yaml"
    try:
        documents = read_nodes(file)
        found = [(_kind_of(document, name), document) for document in documents]
        calls = [script for each, document in found if each for script in _calls_of(each, document, file)]
        known = next((each for each, _ in found if each), None)
        if known:
            return Source(name, known, text, tuple(calls), hidden=hidden_in(file))
        if documents and isinstance(documents[0], Mapping) and looks_like_arguments(documents[0]):
            return Source(name, "args.json", text, (checkpoint_call(file, name),))
        call = settings_call(file, name)
        return Source(name, kind, text, (call,) if sure or _SIGNS & {use.name for use in call.flags} else ())
    except InputError as error:
        return Source(name, kind, text, (), error.sentence)


def _kind_of(document: Node, name: str) -> Kind | None:
    if not isinstance(document, Mapping):
        return None
    names = document.names()
    if {"apiVersion", "kind"} <= names:
        return "kubernetes"
    if isinstance(document.get("services"), Mapping):
        return "compose"
    if _has_steps(document):
        return "github"
    jobs = (value for _, value in document.pairs if isinstance(value, Mapping))
    if "gitlab" in name or any({"script"} & job.names() for job in jobs):
        return "gitlab"
    return None


def _has_steps(document: Mapping) -> bool:
    jobs = document.mapping("jobs") or document.mapping("runs")
    return jobs is not None and any(isinstance(each.get("steps"), Sequence) for _, each in mappings(jobs))


def _calls_of(kind: Kind, document: Node, file: File) -> tuple[Script, ...]:
    assert isinstance(document, Mapping)  # noqa: S101  (only mappings have a kind)
    if kind in ("kubernetes", "compose"):
        return tuple((kubernetes_calls if kind == "kubernetes" else compose_calls)(document, file))
    return tuple((github_calls if kind == "github" else gitlab_calls)(document))
