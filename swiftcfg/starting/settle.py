"""What a plan and a file have in common: flags by their full names, the chosen port, the API key."""

from collections.abc import Mapping
from dataclasses import replace

from swiftcfg.config import DeployConfig, Flag
from swiftcfg.exchange import checked_key, key_in
from swiftcfg.flags import FlagCatalog
from swiftcfg.ports import free_port
from swiftcfg.rules.secrets import SECRET_FLAGS
from swiftcfg.script import Script
from swiftcfg.servers.found import promised_ports
from swiftcfg.starting.subject import Secret, StartOptions


def full_config(script: Script, catalog: FlagCatalog) -> DeployConfig:
    """What a call means, with the full names of flags that it cuts short, so that each is found by its name."""
    flags: dict[str, Flag] = {}
    for use in script.flags:
        match = catalog.resolve(use.name)
        name = match.spec.name if match.spec and not match.negated else use.name
        flags[name] = Flag(name, use.words)
    return replace(script.config(), flags=tuple(flags.values()))


def with_port(config: DeployConfig, options: StartOptions, host: str) -> DeployConfig:
    """The call with the port that the options choose."""
    if options.port is None:
        return config
    port = options.port
    if port == "auto":
        port = free_port(host, but=promised_ports(options.environment))
    return with_flag(config, "port", str(port))


def with_flag(config: DeployConfig, name: str, word: str) -> DeployConfig:
    """The call with one flag set, at its old place where it has one."""
    if config.flag(name) is None:
        return replace(config, flags=(*config.flags, Flag(name, (word,))))
    return replace(config, flags=tuple(Flag(name, (word,)) if flag.name == name else flag for flag in config.flags))


def without_secrets(config: DeployConfig) -> tuple[DeployConfig, tuple[Secret, ...]]:
    """The call without the flags that hold secrets, and these; raises InputError for a key that could not be sent."""
    found = tuple(
        Secret(flag.name, str(flag.words[0]), f"--{flag.name}")
        for flag in config.flags
        if flag.name in SECRET_FLAGS and flag.words
    )
    for secret in found:
        if secret.flag == "api_key":
            checked_key(secret.value, secret.origin)
    taken = {secret.flag for secret in found}
    return replace(config, flags=tuple(flag for flag in config.flags if flag.name not in taken)), found


def key_from(environment: Mapping[str, str], variable: str) -> Secret:
    """The API key that a variable holds; raises InputError where it holds none that could be sent."""
    return Secret("api_key", key_in(environment, variable), f"${variable}")
