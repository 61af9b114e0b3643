"""Runtime: the versions of the software that will serve. Almost every fact here depends on them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from packaging.version import InvalidVersion, Version

from swiftcfg.errors import InputError

#: Package names as pip spells them, in the order they are shown.
PACKAGES = ("ms-swift", "vllm", "qwen-vl-utils", "transformers")


@dataclass(frozen=True)
class Runtime:
    """What will serve. ``None`` means the package is absent or its version is not known.

    ``origins`` says, per package name, where the version comes from: ``given``, ``default`` or
    ``found in <prefix>``.
    """

    ms_swift: Version
    vllm: Version | None
    qwen_vl_utils: Version | None
    transformers: Version | None = None
    origins: Mapping[str, str] = field(default_factory=dict)

    def version_of(self, package: str) -> Version | None:
        found: Version | None = getattr(self, package.replace("-", "_"))
        return found


#: What is assumed where nothing is installed and nothing is said: the newest ms-swift read for this
#: release, with the vLLM and qwen-vl-utils that its README recommends (ms-swift 4.6.0 README: 0.23.0).
DEFAULT_VERSIONS = {"ms-swift": "4.6.0", "vllm": "0.23.0", "qwen-vl-utils": "0.0.14"}


def parse_version(package: str, text: str) -> Version:
    """Read a PEP 440 version; raises InputError that names the package."""
    try:
        return Version(text)
    except InvalidVersion:
        raise InputError(f"{text!r} is not a version of {package}", "write it as pip does, such as 4.6.0") from None


def choose_runtime(given: Mapping[str, str], found: Mapping[str, str], prefix: str) -> Runtime:
    """Merge versions by precedence: given on the command line, found in ``prefix``, default.

    Where ms-swift is found, a package missing beside it stays unknown instead of taking a default:
    the environment that will serve was looked at and does not have it.
    """
    looked = "ms-swift" in found
    versions: dict[str, Version | None] = {}
    origins: dict[str, str] = {}
    for package in PACKAGES:
        if package in given:
            versions[package], origins[package] = parse_version(package, given[package]), "given"
        elif package in found:
            versions[package], origins[package] = parse_version(package, found[package]), f"found in {prefix}"
        elif not looked and package in DEFAULT_VERSIONS:
            versions[package], origins[package] = Version(DEFAULT_VERSIONS[package]), "default"
        else:
            versions[package] = None
            origins[package] = f"not found in {prefix}" if looked else "not known"
    ms_swift = versions["ms-swift"] or Version(DEFAULT_VERSIONS["ms-swift"])
    return Runtime(ms_swift, versions["vllm"], versions["qwen-vl-utils"], versions["transformers"], origins)
