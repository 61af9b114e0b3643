"""The versions that serve, as JSON: the same object in every report."""

from typing import Any

from swiftcfg.runtime import PACKAGES, Runtime


def runtime_data(runtime: Runtime) -> dict[str, Any]:
    """Package -> its version (null where unknown) and where that comes from."""
    return {package: _package(runtime, package) for package in PACKAGES}


def _package(runtime: Runtime, package: str) -> dict[str, str | None]:
    version = runtime.version_of(package)
    return {
        "version": None if version is None else str(version),
        "origin": runtime.origins.get(package, "not known"),
    }
