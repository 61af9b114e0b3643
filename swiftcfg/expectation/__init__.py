"""Expectation: what pictures and clips must add to a prompt, which ones show it, and what another count means."""

from swiftcfg.expectation.expected import Expected, expect
from swiftcfg.expectation.inverse import Explanation, explain
from swiftcfg.expectation.samples import CLIP, Sample, Samples, Unfit, choose_samples

__all__ = ["CLIP", "Expected", "Explanation", "Sample", "Samples", "Unfit", "choose_samples", "expect", "explain"]
