"""Parts of launch that need no process: settings that were taken, steps back, plans for the processor, signals."""

import os
import signal
import threading
import time
from dataclasses import replace

import pytest
from planning import plan, problem, setting

from swiftcfg.backend import backend_word
from swiftcfg.launch.applied import SettingCheck, settings_checks
from swiftcfg.launch.backoff import INSIDE, OUTSIDE, is_memory, next_reserve
from swiftcfg.launch.causes import oom_kills, unproved
from swiftcfg.launch.interrupt import Interrupted, Interrupts
from swiftcfg.launch.on_cpu import on_cpu
from swiftcfg.planner import Plan, Reserve
from swiftcfg.report.launch import BackOffStep, back_off_text, changes_between
from swiftcfg.serverlog import Applied, Cause, clean, events_in
from swiftcfg.units import GIB
from swiftcfg.warden.outlet import write_all


@pytest.fixture(scope="module")
def planned() -> Plan:
    return plan(problem(gpu="L40S"))


# Settings that the server prints


def applied(*lines: str) -> dict[str, Applied]:
    events = events_in([clean(line.encode()) for line in lines])
    return {event.name: event for event in events if isinstance(event, Applied)}


def printed(name: str, value: str) -> str:
    how = f"You can adjust this hyperparameter through the environment variable: `{name.upper()}`."
    return f"[INFO:swift] Setting {name}: {value}. {how}"


CHECKS = {
    "pixels become whole tokens": (
        {"MAX_PIXELS": "1003520"}, ("image_max_token_num", "1280"),
        SettingCheck("MAX_PIXELS", "1003520", "image_max_token_num", "1280", ok=True),
    ),
    "a rest of pixels is lost": (
        {"MAX_PIXELS": "1003999"}, ("image_max_token_num", "1280"),
        SettingCheck("MAX_PIXELS", "1003999", "image_max_token_num", "1280", ok=True),
    ),
    "another number of tokens is another setting": (
        {"VIDEO_MAX_PIXELS": "602112"}, ("video_max_token_num", "769"),
        SettingCheck("VIDEO_MAX_PIXELS", "602112", "video_max_token_num", "769", ok=False),
    ),
    "older releases print pixels": (
        {"MAX_PIXELS": "1003520"}, ("max_pixels", "1003520"),
        SettingCheck("MAX_PIXELS", "1003520", "max_pixels", "1003520", ok=True),
    ),
    "two is two point nought": (
        {"FPS": "2"}, ("fps", "2.0"), SettingCheck("FPS", "2", "fps", "2.0", ok=True),
    ),
    "tokens that are planned count before pixels": (
        {"IMAGE_MAX_TOKEN_NUM": "300"}, ("image_max_token_num", "300"),
        SettingCheck("IMAGE_MAX_TOKEN_NUM", "300", "image_max_token_num", "300", ok=True),
    ),
    "a text is compared as it is": (
        {"FORCE_QWENVL_VIDEO_READER": "decord"}, ("force_qwenvl_video_reader", "torchcodec"),
        SettingCheck("FORCE_QWENVL_VIDEO_READER", "decord", "force_qwenvl_video_reader", "torchcodec", ok=False),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CHECKS)
def test_a_planned_setting_is_held_against_what_the_server_prints(case):
    variables, line, check = CHECKS[case]
    assert list(settings_checks(variables, applied(printed(*line)), 28)) == [check]


def test_what_the_server_does_not_print_or_nobody_planned_is_no_check():
    assert list(settings_checks({"MAX_PIXELS": "1003520"}, {}, 28)) == []
    assert list(settings_checks({}, applied(printed("fps", "2.0")), 28)) == []


# Steps back


def cause(kind: str, **figures: int | str) -> Cause:
    return Cause(kind, "", "", figures)


@pytest.mark.parametrize("kind", sorted(INSIDE | OUTSIDE))
def test_a_step_back_keeps_a_twentieth_of_the_card_more_on_the_side_that_failed(planned, kind):
    step = round(planned.gpus[0].cuda_total.best * 0.05)
    kept = Reserve(GIB, 2 * GIB)
    expected = Reserve(GIB + step, 2 * GIB) if kind in INSIDE else Reserve(GIB, 2 * GIB + step)
    assert next_reserve(kept, cause(kind), planned) == expected
    assert is_memory(cause(kind))


def test_what_the_log_says_is_missing_counts_where_it_is_more(planned):
    assert next_reserve(Reserve(), cause("start check", missing_bytes=9 * GIB), planned) == Reserve(0, 9 * GIB)
    assert next_reserve(Reserve(), cause("start check", missing_bytes=5), planned).outside > GIB


def test_a_cache_that_was_smaller_than_planned_counts_with_all_that_it_lacked(planned):
    promised = planned.memory.kv_cache_bytes.low
    left = cause("kv memory", available_bytes=GIB, missing_bytes=GIB // 10)
    assert next_reserve(Reserve(), left, planned) == Reserve(promised - GIB, 0)
    nothing = cause("profile memory", missing_bytes=3 * GIB)
    assert next_reserve(Reserve(GIB, 0), nothing, planned) == Reserve(promised + 3 * GIB, 0)


def test_memory_of_the_host_says_nothing_of_the_card(planned):
    host = cause("kv memory", available_bytes=17 * GIB, total_bytes=23 * GIB)
    assert next_reserve(Reserve(), host, planned) == next_reserve(Reserve(), cause("kv memory"), planned)


@pytest.mark.parametrize("kind", ["flags", "port", "host oom", "killed", "hung", "proof", "unknown"])
def test_no_other_failure_is_one_of_the_cards_memory(kind):
    assert not is_memory(cause(kind))


def test_a_step_is_shown_setting_by_setting():
    before, after = plan(problem(gpu="L40S")), plan(replace(problem(gpu="L40S"), reserve=Reserve(19 * GIB, 0)))
    changes = changes_between(before, after)
    assert [(each.before, each.after) for each in changes] == [
        (setting(before, each.name), setting(after, each.name)) for each in changes
    ]
    assert changes_between(before, before) == ()
    lines = back_off_text(BackOffStep(2, "kv memory", changes)).splitlines()
    assert lines[0] == "Back-off, step 2, after a failure of kv memory:"
    assert lines[1:] == [f"  {each.name}: {each.before or 'not set'} → {each.after or 'not set'}" for each in changes]


# The processor


def test_on_the_processor_pixels_stay_and_what_only_vllm_knows_goes(planned):
    tried = on_cpu(planned)
    kept = {item.name: item.value for item in tried.settings}
    assert kept["infer_backend"] == backend_word("transformers", planned.runtime.ms_swift)
    assert [name for name in kept if name.startswith("vllm_")] == []
    variables = {item.name: item.value for item in planned.settings if item.kind == "variable"}
    assert {name: kept[name] for name in variables} == variables
    assert (kept["model"], kept["port"]) == (setting(planned, "model"), setting(planned, "port"))


# Causes


def test_the_first_fault_of_a_proof_is_told_and_the_others_counted():
    said = "what runs is not what was planned, and was stopped: "
    assert [unproved(["a"]).sentence, unproved(["a", "b", "c"]).sentence] == [f"{said}a", f"{said}a; 2 more above"]


def test_the_kernel_tells_how_many_processes_it_has_ended_for_memory():
    count = oom_kills()
    assert count is None or count >= 0


# Signals


def test_a_signal_is_kept_until_it_is_asked_for_and_each_later_one_is_told_of():
    interrupts, again = Interrupts(), []
    with interrupts.kept():
        interrupts.check()
        os.kill(os.getpid(), signal.SIGTERM)
        interrupts.again = lambda: again.append(1)
        os.kill(os.getpid(), signal.SIGINT)
        with pytest.raises(Interrupted) as raised:
            interrupts.check()
    assert (raised.value.exit_status, again) == (143, [1])


def test_a_signal_breaks_what_may_be_broken_and_nothing_else():
    interrupts = Interrupts()
    with interrupts.kept():
        with pytest.raises(Interrupted), interrupts.at_once():
            struck()
        os.kill(os.getpid(), signal.SIGINT)  # told to nobody, raises nothing
    assert interrupts.number == signal.SIGINT


def struck() -> None:
    """A request that takes long, and a signal in the midst of it."""
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(10)


def test_a_signal_that_was_held_back_arrives_afterwards():
    interrupts = Interrupts()
    with interrupts.kept():
        with interrupts.held_back():
            signal.pthread_kill(
                threading.get_ident(), signal.SIGINT
            )  # this thread, where others are of pytest's making
            interrupts.check()
        with pytest.raises(Interrupted):
            interrupts.check()


def test_a_signal_that_came_before_ends_what_was_to_hold_it_back():
    interrupts = Interrupts()
    interrupts.take(signal.SIGHUP)
    with pytest.raises(Interrupted), interrupts.held_back():
        pytest.fail("it was interrupted before")
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == set()


def test_handlers_are_as_before_afterwards_and_ignored_signals_stay_ignored():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with Interrupts().kept():
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
            assert signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    finally:
        signal.signal(signal.SIGHUP, before)


# Writing to who does not read


def test_a_pipe_that_is_full_is_given_up_and_one_with_room_is_not():
    reads, writes = os.pipe()
    asked = []
    write_all(writes, b"x" * 10_000, lambda: pytest.fail("there was room"))
    write_all(writes, b"y" * 1_000_000, lambda: asked.append(1) or len(asked) > 1)
    os.close(writes)
    with open(reads, "rb") as pipe:  # noqa: PTH123  (a descriptor)
        content = pipe.read()
    assert content.startswith(b"x" * 10_000 + b"y")
    assert len(content) < 1_000_000


def test_a_pipe_that_was_made_not_to_wait_is_written_all_the_same():
    reads, writes = os.pipe()
    os.set_blocking(writes, False)
    write_all(writes, b"z" * 50_000, lambda: pytest.fail("there was room"))
    assert len(os.read(reads, 100_000)) == 50_000
    for end in (reads, writes):
        os.close(end)


def test_nobody_at_the_other_end_is_an_error():
    reads, writes = os.pipe()
    os.close(reads)
    with pytest.raises(BrokenPipeError):
        write_all(writes, b"x", lambda: False)
    os.close(writes)
