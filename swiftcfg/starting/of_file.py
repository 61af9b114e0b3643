"""An existing script or settings file as something to start: one call, every word of it known."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from swiftcfg.check import Document, Options, read_file, with_settings
from swiftcfg.config import DeployConfig
from swiftcfg.deploy_command import chosen_call
from swiftcfg.detect import Installation, find_installation, find_runtime, read_catalog
from swiftcfg.errors import InputError
from swiftcfg.facts import Origin
from swiftcfg.files import STDIN
from swiftcfg.gather import Given
from swiftcfg.project import Settings
from swiftcfg.script import Script
from swiftcfg.starting.known_words import known_words
from swiftcfg.starting.launched import rules_of_a_launch, told_of_programs, told_of_shell
from swiftcfg.starting.settle import full_config, key_from, with_port, without_secrets
from swiftcfg.starting.subject import Secret, StartOptions, Subject

#: Kinds of files whose calls a launch can start; the others describe a place to run it in.
_KINDS = frozenset({"shell", "yaml", "json", "args.json", "paste", "log"})


def subject_of_file(path: str, options: StartOptions) -> Subject:
    """What a file asks to be started, ``-`` for standard input.

    Raises InputError where it holds no call or several, where a word is not known, or where it wants the call to run
    in another place; MachineError where there is no ms-swift.
    """
    installation = find_installation(options.python)
    document = read_file(path, Options(Settings(model=options.model, gpu=options.gpu), installation.interpreter))
    script = _call(document, options)
    given = _given(document, installation, options)
    whole = with_settings(script, Path() if path == STDIN else Path(path).parent, given.runtime.ms_swift)
    told = (
        *(told_of_shell(document.text, script) if document.source.kind == "shell" else ()),
        *told_of_programs(whole, python_given=options.python is not None),
        *_assumed(whole, options.environment),
    )
    config = _without_key(full_config(whole, given.catalog), options)
    config, filled = known_words(config, whole.strays, options.environment, document.name)
    config, secrets = _secrets(config, options)
    host = str(config.word("host") or "")
    return Subject(
        document.name, Origin(document.name, document.source.kind, document.text, document.mode), whole, given,
        rules_of_a_launch(document.rules), with_port(config, options, host), installation, options.environment,
        secrets=secrets, told=(*told, *filled, *_moved(secrets)),
    )  # fmt: skip


def _call(document: Document, options: StartOptions) -> Script:
    source = document.source
    if not source.calls:
        why = f": {source.fault}" if source.fault else ""
        raise InputError(
            f"there is no swift deploy in {document.name}{why}", "give a script that runs it, or its YAML or JSON file"
        )
    if source.kind not in _KINDS:
        raise InputError(
            f"{document.name} is of the kind {source.kind}, and launch would leave out what it says around the call",
            "write the call as a script, or run swiftcfg launch where the file runs it",
        )
    return chosen_call(document.name, source.calls, options.nth)


def _given(document: Document, installation: Installation, options: StartOptions) -> Given:
    """What the file's project and the options say, at the versions that will really serve."""
    runtime = find_runtime({}, installation.interpreter)
    workload = options.workload or document.given.workload
    return replace(document.given, runtime=runtime, catalog=read_catalog(runtime.ms_swift), workload=workload)


def _assumed(script: Script, environment: Mapping[str, str]) -> Iterator[str]:
    for one in script.assumed:
        if environment.get(one.name):
            yield f"{one.expression} counts as written, whatever {one.name} is in the environment"
    if script.conditional:
        yield f"line {script.place.line}: the call stands in a branch, and is started whatever that asks for"


def _without_key(config: DeployConfig, options: StartOptions) -> DeployConfig:
    """The call without an API key that ``--api-key-env`` replaces."""
    if options.api_key_env is None:
        return config
    return replace(config, flags=tuple(flag for flag in config.flags if flag.name != "api_key"))


def _secrets(config: DeployConfig, options: StartOptions) -> tuple[DeployConfig, tuple[Secret, ...]]:
    config, secrets = without_secrets(config)
    key = (key_from(options.environment, options.api_key_env),) if options.api_key_env else ()
    return config, (*key, *secrets)


def _moved(secrets: tuple[Secret, ...]) -> Iterator[str]:
    for secret in secrets:
        if secret.origin == f"--{secret.flag}":
            yield f"the value of --{secret.flag} is handed over on standard input, so that ps does not show it"
