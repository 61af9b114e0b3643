"""Failures of the machine: driver and card, memory of the host, disk and limits; and what only follows others."""

from swiftcfg.serverlog.failures.failure import Failure

_TORCH = "torch@2.8:torch/cuda/__init__.py, c10/cuda"
_CUDA = "CUDA runtime (cudaGetErrorString)"
_FULL = "/dev/shm is full"  # noqa: S108  (a sentence, no path)
_SHM = "give the container more shared memory (docker run --shm-size 16g, or --ipc host)"
_HOST = (
    "free memory of the machine, raise the container's limit, or lower mm_processor_cache_gb and the number of "
    "processes that load"
)
_VISIBLE = "look at nvidia-smi, CUDA_VISIBLE_DEVICES and the container's --gpus"
_NCCL = "start with NCCL_DEBUG=INFO; NCCL_P2P_DISABLE=1 helps where cards have no direct way"
_UPDATE = "install a newer driver, or a torch that was built for an older CUDA"

DRIVER = (
    Failure(
        "driver", "driver on your system is too old", r"found version (?P<found>\d+)",
        "the NVIDIA driver (its CUDA is {found}) is older than this torch needs", _UPDATE, _TORCH,
    ),
    Failure(
        "driver", "CUDA driver version is insufficient", "", "the NVIDIA driver is older than CUDA", _UPDATE, _CUDA,
    ),
    Failure(
        "driver", "unsupported toolchain", "", "the NVIDIA driver is older than the code of a kernel", _UPDATE, _CUDA,
    ),
    Failure("driver", "Found no NVIDIA driver", "", "there is no NVIDIA driver", _VISIBLE, _TORCH),
    Failure(
        "driver", "libcuda.so.1: cannot open shared object", "", "the library of the NVIDIA driver is not here",
        _VISIBLE, "dlopen",
    ),
    Failure(
        "driver", "Driver/library version mismatch", "", "the NVIDIA driver was updated and is not loaded yet",
        "load the driver's new modules, or restart the machine", "NVML, code 18",
    ),
    Failure("driver", "No CUDA GPUs are available", "", "no card is visible", _VISIBLE, _TORCH),
    Failure("driver", "invalid device ordinal", "", "a card is named that is not there", _VISIBLE, _CUDA),
    Failure("driver", "Failed to infer device type", "", "vLLM finds no card", _VISIBLE, "vllm@0.8.5:vllm/config.py"),
    Failure(
        "driver", "Torch not compiled with CUDA enabled", "", "this torch is built without CUDA",
        "install torch for CUDA, or take the device out of the flags", "torch:torch/cuda/__init__.py",
    ),
    Failure(
        "driver", "invalid literal for int", r"base 10: '(?P<card>(?:GPU|MIG)-[^']{1,80})'",
        "CUDA_VISIBLE_DEVICES names {card}, and this vLLM takes every entry for a number",
        "name cards by number, with CUDA_DEVICE_ORDER=PCI_BUS_ID; of a card that is cut CUDA takes the first instance",
        "vllm@0.8.5, vllm@0.23.0:vllm/platforms/interface.py:245; https://github.com/vllm-project/vllm/issues/41848",
    ),
    Failure(
        "driver", "no kernel image is available", "", "a package was built for other cards than this one",
        "install builds of torch and vLLM that know this card", _CUDA,
    ),
    Failure(
        "driver", "CUDA-capable device(s) is/are busy", "", "another process has the card for itself",
        "end it, or set the compute mode to default (nvidia-smi -c 0)", _CUDA,
    ),
    Failure("driver", "Unexpected error from cudaGetDeviceCount", "", "CUDA does not start", _VISIBLE, _TORCH),
    Failure(
        "gpu fault", "CUDA error: ", r"CUDA error: (?P<why>(?!out of memory).{1,120})", "the card stopped with: {why}",
        "start with CUDA_LAUNCH_BLOCKING=1 to learn where, and look for Xid in the kernel's log", _CUDA,
    ),
    Failure(
        "communication", "NCCL error in: ", r"NCCL error in: [^,]+, (?P<why>.{1,160})",
        "the cards cannot talk to each other: {why}", _NCCL, "torch@2.8:ProcessGroupNCCL.cpp",
    ),
    Failure(
        "communication", "NCCL error: ", r"NCCL error: (?P<why>.{1,160})",
        "the cards cannot talk to each other: {why}", _NCCL,
        "vllm@0.8.5:vllm/distributed/device_communicators/pynccl_wrapper.py:256",
    ),
    Failure(
        "communication", "onnectFullMesh failed", "", "the processes of the server cannot reach each other",
        "set GLOO_SOCKET_IFNAME and VLLM_HOST_IP to an interface that they share", "torch:ProcessGroupGloo.cpp",
    ),
)  # fmt: skip

HOST = (
    Failure(
        "host oom", "DefaultCPUAllocator: ", r"tried to allocate {wanted_bytes} bytes",
        "the machine had no memory for {wanted} more", _HOST, "torch:c10/core/impl/alloc_cpu.cpp",
    ),
    Failure(
        "host oom", "unable to mmap", r"mmap {wanted_bytes} bytes", "the machine had no memory to map {wanted}", _HOST,
        "torch:aten/src/ATen/MapAllocator.cpp",
    ),
    Failure(
        "host oom", "Out of memory: Killed process", "", "the kernel ended a process: the machine had no memory left",
        _HOST, "linux:mm/oom_kill.c",
    ),
    Failure("host oom", "Cannot allocate memory", "", "the machine had no memory left", _HOST, "errno 12"),
    Failure(
        "host oom", "MemoryError", r"^(?:\S+ )?MemoryError\b|std::bad_alloc", "the machine had no memory left", _HOST,
        "Python",
    ),
    Failure("host oom", "std::bad_alloc", "", "the machine had no memory left", _HOST, "C++"),
    Failure(
        "shared memory", "insufficient shared memory", "", _FULL, _SHM, "torch:utils/data/_utils/signal_handling.py",
    ),
    Failure(
        "shared memory", "Bus error", "", f"a process touched shared memory that is not there: {_FULL}", _SHM,
        "signal 7",
    ),
    Failure(
        "shared memory", "No space left on device", r"shm\b|psm_|torch_\d+_|shared memory", _FULL, _SHM, "errno 28",
    ),
    Failure(
        "disk", "No space left on device", "", "a disk is full",
        "free space where the model, /tmp and the caches (HF_HOME, VLLM_CACHE_ROOT) are", "errno 28",
    ),
    Failure(
        "disk", "File too large", "", "a file may not grow as it must", "lift the limit: ulimit -f unlimited",
        "errno 27",
    ),
    Failure(
        "disk", "Disk quota exceeded", "", "the quota of a disk is used up", "free space, or move HF_HOME",
        "errno 122",
    ),
    Failure(
        "disk", "Read-only file system", r"system: (?P<file>'[^']*')", "{file} is on a disk that cannot be written",
        "set HF_HOME, MODELSCOPE_CACHE and VLLM_CACHE_ROOT to folders that can", "errno 30",
    ),
    Failure(
        "permission", "ermission denied", r"denied: (?P<file>'[^']*')", "{file} may not be read or written",
        "change its rights, or set HF_HOME, MODELSCOPE_CACHE and VLLM_CACHE_ROOT to other folders", "errno 13",
    ),
    Failure(
        "open files", "Too many open files", "", "a process may not open more files",
        "raise the limit before the start: ulimit -n 65536", "errno 24",
    ),
    Failure(
        "open files", "can't start new thread", "", "the user may not start more threads",
        "raise the limit: ulimit -u, or pids of the container", "Python",
    ),
    Failure(
        "crash", "Fatal Python error", r"error: (?P<why>.{1,80})", "a process crashed: {why}",
        "the stack below it in the log names the library", "Python's faulthandler",
    ),
    Failure(
        "crash", "Segmentation fault", "", "a process crashed with a segmentation fault",
        "the last lines before it name the library; versions that were not built for each other do this", "signal 11",
    ),
)  # fmt: skip

#: They say that something failed, and where the log has nothing else they are all there is.
FOLLOWERS = (
    Failure(
        "killed", "died unexpectedly", r"proc (?P<name>\S+) died unexpectedly \(exit code: (?P<code>-?\d+)\)",
        "process {name} of the engine ended with status {code} and said nothing",
        "-9 is mostly the kernel's, for want of memory: look at its log (dmesg)",
        "vllm@0.32.0:vllm/v1/executor/multiproc_executor.py:316", follower=True,
    ),
    Failure(
        "killed", "died unexpectedly", r"proc (?P<name>\S+) died unexpectedly",
        "process {name} of the engine ended and said nothing",
        "it is mostly the kernel's doing, for want of memory: look at its log (dmesg)",
        "vllm@0.8.5:vllm/v1/executor/multiproc_executor.py:124", follower=True,
    ),
    *(
        Failure(
            "unknown", word, "", "the engine failed, and the log does not tell why",
            "start again with VLLM_LOGGING_LEVEL=DEBUG", source, follower=True,
        )
        for word, source in (
            ("Engine core initialization failed", "vllm@0.8.5:vllm/v1/engine/core_client.py:430"),
            ("initialization failed due to", "vllm@0.8.5:vllm/v1/executor/multiproc_executor.py:343"),
            ("EngineCore failed to start", "vllm@0.8.5:vllm/v1/engine/core.py:396"),
            ("EngineCore encountered", "vllm@0.8.5:vllm/v1/engine/core.py:398, exceptions.py:11"),
            ("Engine process failed to start", "vllm@0.8.5:vllm/entrypoints/openai/api_server.py (V0)"),
            ("WorkerProc failed", "vllm@0.8.5:vllm/v1/executor/multiproc_executor.py:435"),
        )
    ),
)  # fmt: skip

MACHINE = (*DRIVER, *HOST)
