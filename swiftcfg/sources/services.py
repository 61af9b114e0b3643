"""Containers that YAML describes: services of docker compose, and pods of Kubernetes."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from swiftcfg.config import Unknown
from swiftcfg.config import Word as Value
from swiftcfg.script import Script, VariableUse, read_fragment, read_program
from swiftcfg.script.fragment import File, Fragment
from swiftcfg.script.words import Field, Written, joined
from swiftcfg.sources.nodes import Mapping, Node, Scalar, Sequence, mappings

#: https://docs.docker.com/reference/compose-file/interpolation/
_COMPOSE = re.compile(
    r"\$(?:(?P<dollar>\$)|\{(?P<name>\w+)(?::?[-](?P<default>[^${}]{0,300})|[^{}]{0,300})\}|(?P<bare>[A-Za-z_]\w*))"
)
#: https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/
_KUBERNETES = re.compile(r"\$\((?P<name>[A-Za-z_]\w*)\)")

#: No shell takes the words of a command apart, but a library (github.com/mattn/go-shellwords@v1.0.12:shellwords.go,
#: Parse): a line end is a blank there, and one after a backslash is a word. Quotes are matched to be stepped over.
_LINE_END = re.compile(r"\\?\n|\\.|\"(?:[^\"\\]|\\.)*\"|'[^']*'", re.DOTALL)

#: What puts text in the place of variables before anything else reads it.
Filler = Callable[[Fragment], Fragment]


def compose_calls(document: Mapping, file: File) -> Iterator[Script]:
    """The calls of every service."""
    services = document.mapping("services")
    for name, service in services.pairs if services else ():
        if isinstance(service, Mapping):
            environment = variables_of(service.get("environment"), _interpolated)
            network = _network_of(service) or f"service:{name.text}"
            calls = _run([service.get("entrypoint"), service.get("command")], file, environment)
            yield from (replace(call, network=network) for call in calls)


def _network_of(service: Mapping) -> str | None:
    """The network that a service shares with others of the same mode; None where it has its own."""
    mode = service.get("network_mode")
    shares = isinstance(mode, Scalar) and re.fullmatch(r"host|(?:service|container):.+", mode.text)
    return shares.group() if shares else None


def kubernetes_calls(document: Mapping, file: File) -> Iterator[Script]:
    """The calls of every container, in whatever kind of object it is."""
    for _, mapping in mappings(document):
        for kind in ("containers", "initContainers"):
            containers = mapping.get(kind)
            for container in containers.items if isinstance(containers, Sequence) else ():
                if isinstance(container, Mapping):
                    pod = f"pod:{mapping.start}" if kind == "containers" else None
                    yield from (replace(call, network=pod) for call in _container_calls(container, file))


def _container_calls(container: Mapping, file: File) -> Iterator[Script]:
    environment = variables_of(container.get("env"), lambda fragment: fragment)
    known = {use.name: use.word for use in environment}
    words: list[Field] = []
    for name in ("command", "args"):
        listed = container.get(name)
        words += [
            _filled(
                item, item.content().replaced(_KUBERNETES, lambda match: known.get(match["name"], Unknown(match[0])))
            )
            for item in (listed.items if isinstance(listed, Sequence) else ())
            if isinstance(item, Scalar)
        ]
    yield from read_program(words, file, environment)


def _run(parts: list[Node | None], file: File, environment: list[VariableUse]) -> tuple[Script, ...]:
    """Entry point and command, each a list of words or a text that is taken apart as a shell would."""
    words: list[Field] = []
    texts: list[Fragment] = []
    for part in parts:
        if isinstance(part, Scalar):
            texts.append(_interpolated(part.content()))
        elif isinstance(part, Sequence):
            scalars = (item for item in part.items if isinstance(item, Scalar))
            words += [_filled(item, _interpolated(item.content())) for item in scalars]
    if not texts:
        return read_program(words, file, environment)
    if words:
        lead = " ".join(one.word() for one in words if isinstance(one.word(), str))  # type: ignore[misc]
        return read_fragment(texts[0].detached(f"{lead} {texts[0].text}", 0, texts[0].holes), environment)
    text = texts[0] if len(texts) == 1 else texts[0].followed_by(texts[1], " ")
    return read_fragment(text.replaced(_LINE_END, _as_words), environment)


def _as_words(match: "re.Match[str]") -> str:
    return {"\n": " ", "\\\n": "'\n'"}.get(match[0], match[0])


def _interpolated(fragment: Fragment) -> Fragment:
    return fragment.replaced(_COMPOSE, _substitute)


def _substitute(match: "re.Match[str]") -> Value:
    if match["dollar"]:
        return "$"
    return match["default"] if match["default"] is not None else Unknown(match[0])


def _filled(item: Scalar, content: Fragment) -> Field:
    """A word in which other text has been put for variables."""
    if content.text == item.text:
        return item.word()
    whole = Fragment.of_runs(item.file, [(content.text, item.span)])
    return Field(content.filled((content.text,)), item.place, Written(whole, 0, len(content.text)), content)


def variables_of(node: Node | None, fill: Filler) -> list[VariableUse]:
    """Variables as a mapping, as a list of ``A=b``, or as a list of ``{name, value}``."""
    if isinstance(node, Mapping):
        return [_variable(key, value, fill) for key, value in node.pairs]
    uses: list[VariableUse] = []
    for item in node.items if isinstance(node, Sequence) else ():
        if isinstance(item, Scalar):
            uses += _listed(item, fill)
        elif isinstance(item, Mapping) and isinstance(name := item.get("name"), Scalar):
            uses.append(_variable(name, item.get("value"), fill, item))
    return uses


def _variable(key: Scalar, value: Node | None, fill: Filler, item: Mapping | None = None) -> VariableUse:
    if isinstance(value, Scalar):
        content = fill(value.content())
        word = joined(content.filled((content.text,)))
        return VariableUse(key.text, word, "export", key.place, key.span, value.span)
    nothing = item is not None and not ({"value", "valueFrom"} & item.names())
    return VariableUse(key.text, "" if nothing else Unknown(f"${key.text}"), "export", key.place, key.span)


def _listed(item: Scalar, fill: Filler) -> list[VariableUse]:
    name, equals, _ = item.text.partition("=")
    if not equals:
        return [VariableUse(name, Unknown(f"${name}"), "export", item.place)]
    content = item.content()
    value = fill(content.cut(len(name) + 1, len(content.text)))
    word = joined(value.filled((value.text,)))
    spans = (content.span(0, len(name)), content.span(len(name) + 1, len(content.text)))
    return [VariableUse(name, word, "export", item.place, *spans)]
