"""What NVML's error codes mean to a person, and what helps."""

from collections.abc import Mapping

from swiftcfg.errors import MachineError

#: nvmlReturn_t of nvml.h (nvidia-ml-py@13.615.71:pynvml.py:224-254) -> sentence, remedy.
_FAULTS: Mapping[int, tuple[str, str]] = {
    1: ("NVML was not initialised", "this should not happen: please report it"),
    4: (
        "NVML refuses this user (insufficient permissions)",
        "run as a user who may open /dev/nvidia*, or pass the GPU to the container (docker --gpus all)",
    ),
    9: ("the NVIDIA driver is not loaded", "load it with `sudo modprobe nvidia` or reboot; check it with `nvidia-smi`"),
    10: ("NVML did not answer in time", "check the cards with `nvidia-smi`; reboot if it hangs too"),
    11: ("the kernel found an interrupt problem with a GPU", "look for NVRM lines in `dmesg`; reboot"),
    12: (
        "NVML (libnvidia-ml.so.1) is not installed here",
        "install the NVIDIA driver, or pass the GPU to the container (docker --gpus all)",
    ),
    15: ("a GPU has fallen off the bus (GPU is lost)", "look for Xid lines in `dmesg`; power the machine off and on"),
    16: ("a GPU needs a reset before it works again", "run `sudo nvidia-smi --gpu-reset -i <index>` or reboot"),
    17: ("the operating system keeps NVML from the GPU", "check cgroup and container limits on /dev/nvidia*"),
    18: (
        "the NVIDIA driver and its NVML library differ in version",
        "this follows an update of the driver: reboot, or unload and load the nvidia kernel modules",
    ),
    20: ("NVML has run out of memory", "free memory on this machine and try again"),
    999: ("NVML met an unknown internal error", "check the cards with `nvidia-smi`; look for NVRM lines in `dmesg`"),
}

#: The one fault that is none for CUDA: GB10 and Jetson answer so.
UNTOLD = "NVML does not tell its memory, as with memory shared with the CPU"

#: Codes that speak of one card and leave the others usable: what the card's fault is called.
DEVICE_FAULTS: Mapping[int, str] = {
    3: UNTOLD,
    4: "NVML refuses this user (insufficient permissions)",
    15: "it has fallen off the bus (GPU is lost)",
    16: "it needs a reset before it works again",
    999: "NVML met an unknown internal error",
}

WAY_OUT = "to plan without NVML, describe the GPU with --gpu H100-80GB"


class GpuError(MachineError):
    """No card can be used or seen. ``remedy`` is the hint without ``way_out``, which is open to planning alone."""

    def __init__(self, sentence: str, remedy: str, way_out: str) -> None:
        super().__init__(sentence, f"{remedy}{way_out}")
        self.remedy = remedy


class UntoldError(GpuError):
    """NVML tells too little or too late of cards that a server may well use."""


def is_fatal(code: int) -> bool:
    """Whether a card or the driver is out of order, as opposed to one question that NVML does not answer."""
    return code in _FAULTS and code not in (4, 10, 20)


def machine_error(code: int, text: str) -> GpuError:
    """The error to show for an NVML code; ``text`` is what NVML itself calls it."""
    sentence, remedy = _FAULTS.get(code, (f"NVML failed: {text} (error {code})", "check the cards with `nvidia-smi`"))
    return GpuError(sentence, remedy, f"; {WAY_OUT}")
