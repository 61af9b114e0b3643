"""Let torchvision's usual wheel be imported beside a torch that knows no CUDA.

That wheel's compiled part needs CUDA's libraries. torchvision goes on without it, but the next module it
imports describes the operators nms and qnms, and ends with "operator torchvision::nms does not exist"
(torchvision@0.28.0:torchvision/_meta_registrations.py:163,177). Resizing pictures needs neither; so their
schemas are defined just before, without anything that computes them: calling nms still fails.

tools/oracles.py copies this file into site-packages, beside a .pth file that imports it when Python starts.
"""

import sys
from importlib import import_module

MODULE = "torchvision._meta_registrations"
SCHEMA = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"


class Definer:
    """Asked by the import system for every module; acts once, and leaves all finding to others."""

    def find_spec(self, name: str, *_: object) -> None:
        if name == MODULE:
            sys.meta_path.remove(self)
            self.define()

    def define(self) -> None:
        torch = import_module("torch")  # not above: every Python of the environment imports this module
        if not hasattr(torch.ops.torchvision, "nms"):
            self.library = torch.library.Library("torchvision", "FRAGMENT")  # undone once nothing refers to it
            for operator in ("nms", "qnms"):
                self.library.define(operator + SCHEMA)


DEFINER = Definer()
sys.meta_path.insert(0, DEFINER)
