"""The planner keeps its promises: it fits, it closes, it is monotone, it says why."""

import json
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from swiftcfg.backend import flag_name
from swiftcfg.capability import stores_fp8_cache
from swiftcfg.deployment import account, deployment_of
from swiftcfg.detect import read_catalog
from swiftcfg.errors import InputError, NoFitError
from swiftcfg.planner import Reserve, Wishes
from swiftcfg.planner.search import search
from swiftcfg.profile_files import profile_names
from tests.checkpoints import write_checkpoint
from tests.planning import gpus, plan, plan_or_none, problem, setting, workload

MODELS = ["Qwen2-VL-2B-Instruct", "Qwen2.5-VL-7B-Instruct", "Qwen3-VL-8B-Instruct", "Qwen3-VL-30B-A3B-Instruct"]


def numbers(made):
    return {item.name: item.value for item in made.settings}


def test_the_story_keeps_every_screenshot_unshrunk_and_closes_its_token_budget():
    made = plan(problem())
    found = numbers(made)
    assert found["MAX_PIXELS"] == "2109744"
    assert [item.shrunk for item in made.items if item.kind == "image"] == [False]
    assert made.request_tokens <= int(found["vllm_max_model_len"])
    assert json.loads(found["vllm_limit_mm_per_prompt"]) == {"image": 5, "video": 2}
    assert made.memory.verdict == "fits"


def test_the_story_on_a_small_card_is_a_compromise_or_a_refusal_with_a_way_out():
    small = problem(gpu="RTX4090")
    made = plan_or_none(small)
    if made is not None:
        assert made.memory.verdict == "fits"
        assert not any(item.shrunk for item in made.items if item.kind == "image"), "the profile forbids shrinking"
        return
    with pytest.raises(NoFitError) as refused:
        plan(small)
    assert "missing" in refused.value.sentence
    assert refused.value.hint.startswith("what would fit")


def test_nothing_fits_names_what_is_missing_and_what_would_fit():
    with pytest.raises(NoFitError) as refused:
        plan(problem("Qwen2.5-VL-72B-Instruct", "L4", "gui-grounding-1080p"))
    assert "GiB a card are missing" in refused.value.sentence
    assert "what would fit" in refused.value.hint


@pytest.mark.parametrize(
    ("model", "fields", "tokens", "context"),
    [
        ("Qwen2.5-VL-7B-Instruct", {"images": {"per_request": 1, "sizes": ["1920x1080"]}, "answer_tokens": 128_000},
         128_789, 128_000),
        ("Qwen3-8B", {"prompt_tokens": 100, "answer_tokens": 10_000_000}, 10_000_164, 40_960),
    ],
)  # fmt: skip
def test_what_exceeds_the_context_is_told_as_that_and_not_as_missing_memory(model, fields, tokens, context):
    with pytest.raises(NoFitError) as refused:
        plan(problem(model, profile=workload(**fields)))
    assert refused.value.sentence.endswith(
        f"the largest request has {tokens} tokens with its answer, and the longest context of the model is {context}."
    )
    assert "GiB" not in refused.value.sentence
    assert "longer context" in refused.value.hint


def test_a_quality_that_the_context_has_no_room_for_is_told_as_that():
    made = plan(problem(gpu="2xH200", profile=workload(images={"per_request": 60, "sizes": ["3840x2160"]})))
    assert "exceeds the model's longest context, 128000 tokens" in made.next_better


@pytest.mark.parametrize("card", ["1GiB", "H100-80GB,free=0GiB", "2xL40S,used=44GiB"])
def test_no_negative_amount_is_told(card):
    with pytest.raises(NoFitError) as refused:
        plan(problem(gpu=card, profile="receipts"))
    assert " -" not in refused.value.sentence
    assert "0 to 0" not in refused.value.sentence


@pytest.mark.parametrize("size", ["1x1", "28x28", "31x33", "200x1", "56x56"])
@pytest.mark.parametrize("model", ["Qwen2.5-VL-7B-Instruct", "Qwen3-VL-8B-Instruct"])
def test_pictures_below_the_lower_limit_are_served(model, size):
    made = plan(problem(model, profile=workload(images={"per_request": 1, "sizes": [size]}, shrink="none")))
    assert [item.shrunk for item in made.items] == [False]


@pytest.mark.parametrize(("package", "version"), [("ms-swift", "9.0"), ("qwen-vl-utils", "1.0"), ("vllm", "9.0")])
def test_a_version_that_was_not_read_is_noted(package, version):
    made = plan(problem(**{package.replace("-", "_"): version}))
    assert any(f"{package.replace('vllm', 'vLLM')} {version} is newer than" in note.text for note in made.notes)


@pytest.mark.parametrize("name", profile_names())
@pytest.mark.parametrize("model", MODELS)
def test_every_shipped_profile_fits_a_large_card_or_is_refused_with_reasons(model, name):
    made = plan_or_none(problem(model, "2xH200", name))
    if made is None:
        pytest.fail("a card with 141 GB must serve every shipped profile with a model of 30B or less")
    assert made.memory.verdict == "fits"
    assert all(constraint.holds for constraint in made.constraints)
    assert made.request_tokens <= int(setting(made, "vllm_max_model_len"))
    assert all(item.reason for item in made.settings)


@pytest.mark.parametrize(
    ("ms_swift", "vllm", "utils"),
    [("3.3.0", "0.8.5", "0.0.8"), ("3.6.4", "0.9.2", "0.0.11"), ("3.9.3", "0.10.2", "0.0.11"),
     ("3.10.3", "0.11.0", "0.0.14"), ("3.12.0", "0.12.0", "0.0.14"), ("4.0.2", "0.15.1", "0.0.14"),
     ("4.3.0", "0.20.0", "0.0.14"), ("4.6.0", "0.32.0", "0.0.14")],
)  # fmt: skip
def test_a_plan_read_back_as_a_command_reaches_the_engine_as_planned(ms_swift, vllm, utils):
    asked = problem(profile="document-ocr-a4-150dpi", ms_swift=ms_swift, vllm=vllm, qwen_vl_utils=utils)
    made = plan(asked)
    deployment = deployment_of(
        made.config(), asked.model, made.gpus, asked.runtime, read_catalog(asked.runtime.ms_swift)
    )
    assert (deployment.settings.problems, deployment.settings.unread) == ((), ())
    again = account(deployment, asked.workload)
    assert again.verdict == "fits"
    assert again.kv_cache_bytes == made.memory.kv_cache_bytes
    assert deployment.limits.image_max_tokens * deployment.limits.tower.factor**2 == int(setting(made, "MAX_PIXELS"))


def test_flags_are_spelt_as_the_release_spells_them():
    old = plan(problem(profile="gui-grounding-1080p", ms_swift="3.6.4", vllm="0.9.2", qwen_vl_utils="0.0.11"))
    assert "gpu_memory_utilization" in numbers(old)
    assert not [name for name in numbers(old) if name.startswith("vllm_")]
    assert flag_name("vllm", "max_model_len", old.runtime.ms_swift) == "max_model_len"


def test_a_video_cap_below_the_floor_comes_with_a_lower_floor():
    asked = problem("Qwen2.5-VL-7B-Instruct", "24GiB", workload(
        videos={"per_request": 4, "clips": ["1920x1080@30fps,60s"]}, concurrent_requests=6, prompt_tokens=100,
    ))  # fmt: skip
    made = plan(asked)
    cap = int(setting(made, "VIDEO_MAX_PIXELS"))
    least = int(setting(made, "VIDEO_MIN_PIXELS") or 128 * 784)
    assert int(least * 1.05) <= cap


def test_a_key_is_never_part_of_a_plan_and_a_public_server_without_one_is_warned_of():
    made = plan(problem(wishes=Wishes(host="0.0.0.0")))  # noqa: S104  (that is the point)
    assert [note.id for note in made.notes if note.warning and note.id == "public-without-key"]
    keyed = plan(problem(wishes=Wishes(host="0.0.0.0", api_key_env="KEY")))  # noqa: S104
    assert "api_key" not in numbers(keyed)
    assert not [note for note in keyed.notes if note.id == "public-without-key"]


@pytest.mark.parametrize(
    "key",
    ["sk-12 34", "", "1A", "A B", "名", "sk_live_51H8aaaaaaaaaaaaaaaa", "hf_AbCdEfGhIjKlMnOpQrStUv",
     "AKIAIOSFODNN7EXAMPLE", "a3f9c2d4e5b6a7988776655443322110", "A\nB"],
)  # fmt: skip
def test_a_key_in_place_of_a_name_is_refused_and_not_repeated(key):
    with pytest.raises(InputError) as refused:
        Wishes(api_key_env=key)
    told = refused.value.sentence + refused.value.hint
    assert not key or key not in told


@pytest.mark.parametrize("name", ["KEY", "SWIFT_API_KEY", "my_key", "VLLM_API_KEY_2", "OPENAI_KEY"])
def test_names_of_variables_are_taken(name):
    assert Wishes(api_key_env=name).api_key_env == name


@pytest.mark.parametrize("host", ["", " ", "a b", "a\nb", "-h", "--", "\x1b[31m"])
def test_what_is_no_address_is_refused(host):
    with pytest.raises(InputError, match="is not an address"):
        Wishes(host=host)


def test_only_loopback_addresses_are_private():
    hosts = ("127.0.0.1", "127.0.1.1", "::1", "localhost", "::", "10.0.0.1")
    assert [host for host in hosts if Wishes(host).public] == ["::", "10.0.0.1"]


def test_a_split_that_heads_do_not_allow_is_refused_with_those_that_they_do():
    with pytest.raises(InputError) as refused:
        plan(problem("Qwen2.5-VL-7B-Instruct", "8xL4", wishes=Wishes(tensor_parallel_size=8)))
    assert "28 attention heads" in refused.value.sentence
    assert refused.value.hint.endswith("1, 2, 4")


def test_without_vllm_the_missing_version_is_named():
    asked = problem()
    with pytest.raises(InputError, match="vLLM is not installed"):
        plan(replace(asked, runtime=replace(asked.runtime, vllm=None)))


def test_a_folder_seen_from_here_is_warned_of_and_a_whole_path_is_not(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_checkpoint(tmp_path / "mine", "Qwen2.5-VL-3B-Instruct")
    for name, warned in (("mine", True), (str(tmp_path / "mine"), False), ("Qwen2.5-VL-3B-Instruct", False)):
        made = plan(problem(name, profile="gui-grounding-1080p"))
        assert any(note.id == "relative-folder" and note.warning for note in made.notes) is warned


def memory_margins(made):
    named = {item.name: item.margin for item in made.memory.constraints}
    return named["kv cache"] * made.memory.kv_bytes_per_token, named["outside the budget"]


@pytest.mark.parametrize("gpu", ["RTX4090", "A100-40GB", "H100-80GB"])
@pytest.mark.parametrize("kept", [Reserve(inside=2**30), Reserve(outside=2**30), Reserve(2**30, 2**29)])
def test_what_a_start_has_shown_to_be_missing_stays_free_in_the_next_plan(gpu, kept):
    first = plan(problem(gpu=gpu, profile="photos-vqa"))
    second = plan(replace(problem(gpu=gpu, profile="photos-vqa"), reserve=kept))
    inside, outside = memory_margins(second)
    assert inside >= kept.inside
    assert outside >= kept.outside
    assert int(setting(second, "MAX_PIXELS")) <= int(setting(first, "MAX_PIXELS"))


def test_a_reserve_in_the_budget_leaves_the_budget_as_it_is():
    first = plan(problem(gpu="RTX4090", profile="photos-vqa"))
    second = plan(replace(problem(gpu="RTX4090", profile="photos-vqa"), reserve=Reserve(inside=2**29)))
    assert setting(second, "vllm_gpu_memory_utilization") == setting(first, "vllm_gpu_memory_utilization")


def test_the_same_question_has_the_same_answer():
    assert plan(problem()) == plan(problem())


# --- laws ---------------------------------------------------------------------------------------------

SIZES = ["640x480", "1280x720", "1920x1080", "2480x3508", "3840x2160"]
workloads = st.fixed_dictionaries({
    "images": st.fixed_dictionaries({
        "per_request": st.integers(1, 8),
        "sizes": st.lists(st.sampled_from(SIZES), min_size=1, max_size=2, unique=True),
    }),
    "prompt_tokens": st.integers(1, 4000),
    "answer_tokens": st.integers(1, 4000),
    "concurrent_requests": st.integers(1, 16),
})  # fmt: skip
videos = st.one_of(
    st.none(),
    st.fixed_dictionaries({
        "per_request": st.integers(1, 2), "clips": st.sampled_from([["1280x720@30fps,10s"], ["1920x1080@25fps,60s"]]),
        "max_frames": st.sampled_from([8, 64]),
    }),
)  # fmt: skip
GROWING = ["concurrent_requests", "prompt_tokens", "answer_tokens"]
law = hypothesis_settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def asked_workload(fields, clips):
    return workload(**fields, **({"videos": clips} if clips else {}))


@law
@given(workloads, videos, st.sampled_from(MODELS[:3]), st.integers(10, 90), st.integers(1, 40))
def test_more_memory_never_gives_less(fields, clips, model, gib, more):
    asked = problem(model, f"{gib}GiB", asked_workload(fields, clips))
    small, large = search(asked).best, search(replace(asked, gpus=gpus(f"{gib + more}GiB"))).best
    if not small.fits:
        return
    assert large.fits
    if small.settings.enforce_eager == large.settings.enforce_eager:
        assert (large.rung.image_tokens, large.rung.frame_tokens, large.rung.frames) >= (
            small.rung.image_tokens, small.rung.frame_tokens, small.rung.frames,
        )  # fmt: skip
        assert large.rung.image_tokens >= small.rung.image_tokens
        assert large.rung.frame_tokens >= small.rung.frame_tokens
        assert large.rung.frames >= small.rung.frames
    else:
        assert small.settings.enforce_eager, "graphs are not given up for having more memory"


@law
@given(workloads, videos, st.sampled_from(MODELS[:3]), st.sampled_from(GROWING))
def test_a_larger_workload_never_gets_a_smaller_plan(fields, clips, model, grown):
    """On a card where memory is no limit; where it is one, quality only falls."""
    for gpu in ("H200", "32GiB"):
        before = search(problem(model, gpu, asked_workload(fields, clips))).best
        larger = {**fields, grown: fields[grown] * 2}
        after = search(problem(model, gpu, asked_workload(larger, clips))).best
        if not after.fits:
            continue
        assert before.fits
        if before.settings.enforce_eager == after.settings.enforce_eager:
            assert after.rung.image_tokens <= before.rung.image_tokens
        if after.rung == before.rung:
            assert after.settings.max_model_len >= before.settings.max_model_len
            assert after.settings.max_num_seqs >= before.settings.max_num_seqs
            assert after.request.tokens >= before.request.tokens


@law
@given(workloads, videos, st.sampled_from(MODELS), st.integers(8, 100))
def test_what_is_planned_holds_at_its_high_end(fields, clips, model, gib):
    found = search(problem(model, f"{gib}GiB", asked_workload(fields, clips))).best
    if not found.fits:
        return
    assert found.memory.verdict == "fits"
    assert found.request.tokens <= found.settings.max_model_len
    needed = found.request.tokens * found.settings.max_num_seqs
    assert found.memory.kv_cache_tokens.low >= needed
    assert 0 < found.settings.gpu_memory_utilization <= 0.95
    for name, text in found.variables.items():
        assert text.replace(".", "").isdigit(), name


@law
@given(workloads, st.floats(0.1, 1.0))
def test_no_image_is_shrunk_below_what_the_workload_allows(fields, scale):
    asked = problem("Qwen3-VL-8B-Instruct", "32GiB", workload(**fields, shrink={"smallest_scale": scale}))
    made = plan_or_none(asked)
    if made is None:
        return
    for item in made.items:
        if item.shrunk:
            assert min(item.scale) >= scale


# --- what cards can compute ---------------------------------------------------------------------------


@pytest.mark.parametrize(("gpu", "dtype"), [("V100-32GB", "float16"), ("T4", "float16"), ("L4", None), ("24GiB", None)])
def test_cards_without_bfloat16_are_served_in_float16(gpu, dtype):
    asked = workload(images={"per_request": 1, "sizes": ["640x480"]}, prompt_tokens=100, answer_tokens=100)
    assert setting(plan(problem("Qwen2.5-VL-3B-Instruct", gpu, asked)), "torch_dtype") == dtype


def test_weights_that_a_card_cannot_compute_are_refused_by_name():
    with pytest.raises(NoFitError, match=r"fp8 weights from compute capability 7\.5 on, V100-32GB has 7\.0"):
        plan(problem("Qwen3-VL-8B-Instruct-FP8", "V100-32GB", "receipts"))
    with pytest.raises(NoFitError, match=r"fp8 weights from compute capability 8\.0 on, T4 has 7\.5"):
        plan(problem("Qwen3-VL-4B-Instruct-FP8", "T4", "receipts", vllm="0.11.0"))


@pytest.mark.parametrize(
    ("gpu", "vllm", "offered"),
    [("A100-40GB", "0.23.0", False), ("L4", "0.23.0", True), ("L4", "0.10.2", False), ("H100-80GB", "0.10.2", True),
     ("24GiB", "0.23.0", True)],
)  # fmt: skip
def test_an_eight_bit_cache_is_offered_only_where_cards_compute_it(gpu, vllm, offered):
    assert stores_fp8_cache(gpus(gpu), problem(vllm=vllm).runtime) == offered


@pytest.mark.parametrize("name", ["Qwen3.5-27B", "InternVL3-8B"])
def test_a_model_of_which_too_little_is_known_is_not_planned(name):
    with pytest.raises(InputError) as caught:
        plan(problem(name))
    assert caught.value.sentence.startswith(f"too little is known of {name} to plan: ")
