"""The recorded model types and templates, against what the real ms-swift registers."""

import json
import subprocess
from pathlib import Path

import pytest
from oracle import interpreter
from packaging.version import Version

from swiftcfg.detect import read_catalog

#: A template that ms-swift lists among its constants, and never registers.
LISTED_ONLY = "internlm3"


@pytest.mark.oracle
def test_model_types_and_templates_are_those_that_ms_swift_registers():
    script = Path(__file__).parent / "oracles" / "swift_registered.py"
    command = [str(interpreter("swift")), str(script)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    registered = json.loads(done.stdout)
    catalog = read_catalog(Version("4.6.0"))
    assert sorted(catalog.values("model_types")) == registered["model_types"]
    assert sorted(catalog.values("templates")) == sorted([*registered["templates"], LISTED_ONLY])


def test_a_release_knows_its_own_types_only():
    old, new = (read_catalog(Version(version)) for version in ("3.8.1", "4.6.0"))
    assert {"qwen3_vl"} & {*old.values("templates"), *old.values("model_types")} == set()
    assert "qwen3_vl" in new.values("templates")
    assert "qwen3_vl" in new.values("model_types")
    assert "qwen2-vl-7b-instruct" not in new.values("model_types")
