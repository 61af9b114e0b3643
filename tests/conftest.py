"""How the laws are searched: the same examples every time where a merge waits for them, new ones elsewhere.

And what several files of tests launch servers with.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from launching import Place
    from wardens import Launched

settings.register_profile("merge", derandomize=True, print_blob=True)
settings.register_profile("search", print_blob=True)
settings.load_profile("merge" if os.environ.get("CI") else "search")


@pytest.fixture(scope="session")
def stub_environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment that serves on the processor, and does there what a test tells it."""
    from launching import make_environment

    return make_environment(tmp_path_factory.mktemp("environment"))


@pytest.fixture(scope="session")
def small_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint of Qwen2.5-VL's kind with two thin layers."""
    from launching import make_model

    return make_model(tmp_path_factory.mktemp("models"))


@pytest.fixture
def launch_place(stub_environment: Path, small_model: Path, tmp_path: Path) -> "Iterator[Place]":
    """Where ``swiftcfg launch`` is run. Nothing may be left of what it starts."""
    from launching import placed

    with placed(stub_environment, small_model, tmp_path) as made:
        yield made


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment for servers that are started under a warden without ``swiftcfg launch``."""
    from wardens import make_environment

    return make_environment(tmp_path_factory.mktemp("environment"))


@pytest.fixture
def launch(environment: Path, tmp_path: Path) -> "Iterator[Callable[..., Launched]]":
    """Makes servers with the steps given; their leashes are let go of at the end, and nothing may be left then."""
    from wardens import made_under

    with made_under(environment, tmp_path) as make:
        yield make
