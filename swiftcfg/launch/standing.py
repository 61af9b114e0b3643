"""Standing: how a server is doing now, found out by asking it, or what it died of."""

from collections.abc import Mapping
from dataclasses import replace

from packaging.version import Version

from swiftcfg.chat import TEXT, Answer, NoAnswerError, chat, endpoint_of
from swiftcfg.errors import MachineError
from swiftcfg.nvml import NVML_PATIENCE_S, machine_within
from swiftcfg.procfs import listening_at
from swiftcfg.serverlog import Cause, Death, Lines, Witness, cause_of, events_in, furthest
from swiftcfg.servers.found import Server, opened_folder
from swiftcfg.servers.logs import LogReader
from swiftcfg.units import Bytes
from swiftcfg.values import dataclass


@dataclass(frozen=True)
class Standing:
    """``answer`` is what a request got, ``fault`` why there is none; ``gpu_bytes`` is None where NVML tells nothing."""

    server: Server
    answer: Answer | None = None
    fault: str | None = None
    cause: Cause | None = None
    gpu_bytes: Bytes | None = None

    @property
    def answers(self) -> bool:
        return self.answer is not None and self.answer.error is None


def standing(server: Server, api_key: str | None, patience_s: float) -> Standing:
    """Ask a server that runs for one token; of one that has ended by itself, look for the cause in its log."""
    if not server.lives:
        return Standing(server, cause=_cause(server))
    url, model = server.record.get("url"), server.record.get("served_model_name")
    if url is None or model is None:
        return Standing(server, fault="it does not serve yet", gpu_bytes=_gpu_bytes(server))
    answer, fault = _asked(server, str(url), str(model), api_key, patience_s)
    return Standing(server, answer, fault, gpu_bytes=_gpu_bytes(server))


def _asked(
    server: Server, url: str, model: str, api_key: str | None, patience_s: float
) -> tuple[Answer | None, str | None]:
    endpoint = endpoint_of(url, api_key, patience_s)
    host = listening_at({each.pid for each in server.members}, endpoint.port)
    if host is None:
        return None, f"none of its processes listens on port {endpoint.port}"
    # Whatever address stands there, the key goes to this server alone; its certificate is in another name than this.
    endpoint = replace(endpoint, host=host, certified=False)
    try:
        answer = chat(endpoint, model, TEXT)
    except NoAnswerError as error:
        return None, error.sentence
    return answer, answer.error


def _gpu_bytes(server: Server) -> Bytes | None:
    """What its processes hold of the cards of this machine; None where NVML shows none of them, or not how much."""
    ours = {each.pid for each in server.members}
    try:
        boards = machine_within(NVML_PATIENCE_S).boards
    except MachineError:
        return None
    held = [one.used for board in boards for gpu in board.gpus for one in gpu.processes if one.pid in ours]
    told = [used for used in held if used is not None]
    return Bytes(sum(told)) if told else None


def _cause(server: Server) -> Cause | None:
    """What it died of; None where it was stopped, or nobody is there to tell."""
    ended = server.ended
    if ended is None or ended["by"] != "itself":
        return None
    lines, stage = _heard(server)
    return cause_of(
        Death(ended["status"], lines, stage, ms_swift=_release(server.record.get("versions")),
              backend=server.record.get("backend", "vllm"))
    )  # fmt: skip


def _heard(server: Server) -> tuple[tuple[str, ...], str]:
    """The lines of its log that may tell the cause, and the stage that it had reached."""
    witness, lines, stage = Witness(), Lines(), ""
    with opened_folder(server.name, server.path) as folder:
        reader = LogReader(folder)
        while data := reader.read():
            found = lines.feed(data)
            witness.see(found)
            stage = furthest(stage, events_in(found))
        reader.close()
    witness.see(lines.end())
    return witness.lines, stage


def _release(versions: object) -> Version | None:
    try:
        return Version(versions["ms-swift"]) if isinstance(versions, Mapping) else None
    except (KeyError, ValueError):  # what no release is called, too
        return None
