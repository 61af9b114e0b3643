"""One file of many: checked, mended, or the reason why not."""

from swiftcfg.check import Options, read_file
from swiftcfg.errors import InputError, SwiftcfgError
from swiftcfg.source_files import Found
from swiftcfg.validate import Checked
from swiftcfg.values import dataclass


@dataclass(frozen=True, slots=True)
class Task:
    """What to do with each file: check it; also mend it, with unsafe fixes too; whether a call must be in it."""

    options: Options
    mend: bool = False
    unsafe: bool = False
    skip_others: bool = False


@dataclass(frozen=True, slots=True)
class Examined:
    """A file as it is, and as fixes leave it."""

    checked: Checked
    mended: Checked | None


#: None: the file holds no call, and nobody said that it does.
Result = Examined | SwiftcfgError | None


def examine(found: Found, task: Task) -> Result:
    try:
        return _examined(found, task)
    except SwiftcfgError as error:
        return error


def _examined(found: Found, task: Task) -> Examined | None:
    document = read_file(found.path, task.options)
    must = found.named and not task.skip_others
    if not must and not document.is_meant():
        return None
    checked = document.checked()
    if not (checked.calls or checked.findings or checked.ignored):
        if must:
            hint = checked.fault or "name a file that runs it"
            raise InputError(f"there is no swift deploy in {document.name}", hint)
        return None
    return Examined(checked, document.mended(unsafe=task.unsafe) if task.mend else None)
