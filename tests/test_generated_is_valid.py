"""What the planner writes has no findings, at any release of ms-swift, for any shipped profile."""

import pytest

from swiftcfg.detect import read_catalog
from swiftcfg.document import document_of
from swiftcfg.facts import Origin
from swiftcfg.gather import Given, gather
from swiftcfg.profile_files import profile_names
from swiftcfg.render import render
from swiftcfg.rules import all_rules
from swiftcfg.runtime import COMPANIONS, choose_runtime
from swiftcfg.script import read_script
from swiftcfg.template_files import load_templates
from swiftcfg.validate import validate
from tests.planning import plan_or_none, problem

RELEASES = ["3.2.2", "3.4.1.post1", "3.6.4", "3.8.0", "3.9.3", "3.10.3", "3.12.6", "4.0.4", "4.2.2", "4.4.1", "4.6.0"]
MODELS = ["Qwen2-VL-7B-Instruct", "Qwen2.5-VL-7B-Instruct", "Qwen3-VL-8B-Instruct", "Qwen3-VL-30B-A3B-Instruct-FP8"]


def findings(model, gpu, profile, release):
    """What validate says of the script that generate writes, told the same versions, card and profile."""
    versions = {
        package: str(version) for package in ("vllm", "qwen-vl-utils")
        if (version := choose_runtime({"ms-swift": release}, {}, "").version_of(package))
    }  # fmt: skip
    asked = problem(
        model, gpu, profile, ms_swift=release, vllm=versions["vllm"], qwen_vl_utils=versions["qwen-vl-utils"]
    )
    made = plan_or_none(asked)
    if made is None:
        return None
    text = render("shell", document_of(made, "swiftcfg generate"), load_templates())
    (script,) = read_script(text)
    given = Given(asked.runtime, read_catalog(asked.runtime.ms_swift), model, gpu, asked.workload)
    outcome = validate(gather(Origin("deploy.sh", "shell", text), script, given), all_rules())
    return [
        (reported.rule.code, reported.severity, reported.finding.message)
        for reported in outcome.findings
        if reported.severity != "info"
    ]


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("model", MODELS[:2])
def test_what_is_written_for_images_has_no_findings_at_any_release(model, release):
    for profile in ("gui-grounding-1080p", "document-ocr-a4-150dpi", "photos-vqa"):
        assert findings(model, "H100-80GB", profile, release) == []


@pytest.mark.parametrize("profile", profile_names())
@pytest.mark.parametrize("model", MODELS)
def test_what_is_written_for_a_profile_has_no_findings(model, profile):
    for gpu in ("L40S", "2xH100-80GB"):
        assert findings(model, gpu, profile, str(COMPANIONS[0][0])) in ([], None)
