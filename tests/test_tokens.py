"""Worked numbers: what ms-swift with the real qwen-vl-utils was seen to do, row by row."""

import pytest
from towers import TOWERS, runtime

from swiftcfg.errors import InputError
from swiftcfg.media import FrameList, Size, parse_clip
from swiftcfg.model import ProcessorLimits
from swiftcfg.tokens import Limits, Note, chat_overhead, effective_limits, never_shrink_pixels
from swiftcfg.units import Pixels, Range

KIND = {28: "qwen2_5_vl", 32: "qwen3_vl"}
#: A release of ms-swift that serves videos with that release of qwen-vl-utils.
SWIFT_WITH = {"0.0.8": "3.7.0", "0.0.11": "4.6.0", "0.0.14": "4.6.0"}
HD_MINUTE = "1920x1080@30fps,60s"


def limits(factor: int = 28, utils: str = "0.0.14", swift: str | None = None, **variables: int | str) -> Limits:
    given = {name: str(value) for name, value in variables.items()}
    return effective_limits(TOWERS[KIND[factor]], runtime(swift or SWIFT_WITH[utils], utils), given)


IMAGES = (
    # original, MAX_PIXELS, f=28: size and tokens, f=32: size and tokens
    ((1920, 1080), 401408, ((840, 448), 480), None),
    ((1920, 1080), 602112, ((1008, 560), 720), None),
    ((1920, 1080), 1003520, ((1316, 728), 1222), ((1312, 736), 943)),
    ((1920, 1080), 1605632, ((1680, 924), 1980), None),
    ((1920, 1080), 2073600, ((1904, 1064), 2584), ((1920, 1056), 1980)),
    ((1920, 1080), 2109744, ((1932, 1092), 2691), ((1920, 1088), 2040)),
    ((1920, 1080), 2088960, None, ((1920, 1088), 2040)),
    ((1920, 1080), None, ((1932, 1092), 2691), ((1920, 1088), 2040)),
    ((1080, 1920), 1003520, ((728, 1316), 1222), ((736, 1312), 943)),
    ((3840, 2160), 1003520, ((1316, 728), 1222), ((1312, 736), 943)),
    ((3840, 2160), None, ((3836, 2156), 10549), ((3840, 2176), 8160)),
    ((4032, 3024), 1003520, ((1148, 840), 1230), ((1152, 864), 972)),
    ((4032, 3024), None, ((4032, 3024), 15552), ((4032, 3008), 11844)),
    ((2560, 1440), None, ((2548, 1428), 4641), ((2560, 1440), 3600)),
    ((4000, 1800), 1003520, ((1484, 644), 1219), ((1472, 640), 920)),
    ((1280, 720), 1003520, ((1288, 728), 1196), ((1280, 704), 880)),
    ((640, 480), None, ((644, 476), 391), ((640, 480), 300)),
    ((224, 224), None, ((224, 224), 64), ((224, 224), 49)),
    ((100, 20), None, ((112, 28), 4), ((160, 32), 5)),
    ((8192, 8192), None, ((3584, 3584), 16384), None),
    ((300, 200), None, ((308, 196), 77), ((288, 192), 54)),
    ((4000, 3000), 1003520, ((1148, 840), 1230), None),
    ((200, 1900), 1003520, ((196, 1904), 476), None),
    ((1920, 1080), 200704, ((588, 336), 252), None),
    ((794, 1123), None, ((784, 1120), 1120), ((800, 1120), 875)),
    ((1240, 1754), None, ((1232, 1764), 2772), ((1248, 1760), 2145)),
    ((1654, 2339), None, ((1652, 2352), 4956), ((1664, 2336), 3796)),
    ((2480, 3508), None, ((2492, 3500), 11125), ((2496, 3520), 8580)),
)


@pytest.mark.parametrize(("original", "cap", "at_28", "at_32"), IMAGES)
def test_images(original, cap, at_28, at_32):
    for factor, expected in ((28, at_28), (32, at_32)):
        if expected:
            found = limits(factor, **({"MAX_PIXELS": cap} if cap else {})).image(Size(*original))
            size, tokens = expected
            assert ((found.resized.width, found.resized.height), found.tokens) == (size, tokens)
            assert found.prompt_tokens == tokens + 2


VIDEOS = (
    # clip, variables, (utils, factor) -> tokens, or (frames, size, tokens)
    (HD_MINUTE, {}, {("0.0.8", 28): (120, "728x420", 23400), ("0.0.11", 28): (120, "1008x560", 43200),
                     ("0.0.14", 28): (120, "1008x560", 43200), ("0.0.14", 32): (120, "1152x640", 43200)}),
    (HD_MINUTE, {"FPS": 1}, {("0.0.8", 28): 21600, ("0.0.11", 28): 21600, ("0.0.14", 28): (60, "1008x560", 21600),
                             ("0.0.14", 32): 21600}),
    (HD_MINUTE, {"FPS_MAX_FRAMES": 16}, {("0.0.8", 28): 5760, ("0.0.11", 28): 5760, ("0.0.14", 28): 5760,
                                         ("0.0.14", 32): 5760}),
    (HD_MINUTE, {"FPS_MAX_FRAMES": 12}, {("0.0.8", 28): 4320, ("0.0.11", 28): 4320,
                                         ("0.0.14", 28): (12, "1008x560", 4320),
                                         ("0.0.14", 32): (12, "1152x640", 4320)}),
    (HD_MINUTE, {"VIDEO_MAX_PIXELS": 50176, "FPS_MAX_FRAMES": 12},
     {("0.0.8", 28): 720, ("0.0.11", 28): 720, ("0.0.14", 28): (12, "420x224", 720),
      ("0.0.14", 32): (12, "480x256", 720)}),
    (HD_MINUTE, {"VIDEO_MAX_PIXELS": 602112, "FPS_MAX_FRAMES": 12},
     {("0.0.8", 28): 4320, ("0.0.11", 28): 4320, ("0.0.14", 28): 4320, ("0.0.14", 32): (12, "1024x576", 3456)}),
    (HD_MINUTE, {"FPS": 1, "FPS_MAX_FRAMES": 64, "VIDEO_MAX_PIXELS": 200704}, {("0.0.14", 28): (60, "588x336", 7560)}),
    (HD_MINUTE, {"MODEL_SEQ_LEN": 8192}, {("0.0.11", 28): 43200, ("0.0.14", 28): (120, "420x224", 7200)}),
    (HD_MINUTE, {"VIDEO_MIN_PIXELS": 3136, "VIDEO_MAX_PIXELS": 50176, "FPS_MAX_FRAMES": 2},
     {("0.0.14", 28): (2, "280x168", 60), ("0.0.14", 32): (2, "288x160", 45), ("0.0.11", 28): (2, "280x168", 60)}),
    ("1280x720@30fps,10s", {}, {("0.0.8", 28): 7200, ("0.0.11", 28): 7200, ("0.0.14", 28): (20, "1008x560", 7200),
                                ("0.0.14", 32): 7200}),
    ("1280x720@30fps,300s", {}, {("0.0.8", 28): 36000, ("0.0.14", 28): (600, "728x392", 109200)}),
    ("640x360@30fps,600s", {}, {("0.0.8", 28): (768, "420x224", 46080), ("0.0.11", 28): 114816,
                                ("0.0.14", 28): (768, "644x364", 114816), ("0.0.14", 32): 84480}),
    ("640x360@30fps,10s", {}, {("0.0.14", 28): (20, "644x364", 2990)}),
    ("640x360@30fps,10s", {"VIDEO_MAX_PIXELS": 50176}, {("0.0.14", 28): (20, "420x224", 1200)}),
    ("640x360@30fps,10s", {"VIDEO_MAX_PIXELS": 25088}, {("0.0.14", 28): (20, "420x224", 1200)}),
    ("640x360@30fps,10s", {"VIDEO_MAX_PIXELS": 200704}, {("0.0.14", 28): (20, "588x336", 2520)}),
    ("640x360@30fps,10s", {"VIDEO_MAX_PIXELS": 50176, "FPS_MAX_FRAMES": 8}, {("0.0.14", 28): (8, "420x224", 480)}),
    ("640x360@30fps,10s", {"VIDEO_MAX_PIXELS": 50176, "VIDEO_MIN_PIXELS": 12544, "FPS_MAX_FRAMES": 8},
     {("0.0.14", 28): (8, "280x168", 240)}),
    ("640x360@30fps,10s", {"VIDEO_MAX_PIXELS": 200704, "FPS_MAX_FRAMES": 7}, {("0.0.14", 28): (6, "588x336", 756)}),
    ("640x360@30fps,10s", {"FPS_MAX_FRAMES": 2}, {("0.0.14", 28): (2, "644x364", 299)}),
    ("640x360@30fps,10s", {"FPS": 1}, {("0.0.14", 28): (10, "644x364", 1495)}),
    ("640x360@30fps,10s", {"FPS_MAX_FRAMES": 13}, {("0.0.14", 28): (12, "644x364", 1794)}),
    ("640x360@30fps,10s", {"VIDEO_MAX_TOKEN_NUM": 64, "FPS_MAX_FRAMES": 8}, {("0.0.14", 32): (8, "480x256", 480)}),
    ("640x360@30fps,10s", {"VIDEO_MAX_TOKEN_NUM": 128, "FPS_MAX_FRAMES": 8}, {("0.0.14", 32): (8, "480x256", 480)}),
    ("640x360@30fps,10s", {"VIDEO_MAX_TOKEN_NUM": 64, "VIDEO_MIN_TOKEN_NUM": 16, "FPS_MAX_FRAMES": 8},
     {("0.0.14", 32): 240}),
)  # fmt: skip


@pytest.mark.parametrize(("clip", "variables", "expected"), VIDEOS)
def test_videos(clip, variables, expected):
    for (utils, factor), numbers in expected.items():
        found = limits(factor, utils, **variables).video(parse_clip(clip))
        whole = (found.frames, str(found.resized), found.tokens)
        assert (whole if isinstance(numbers, tuple) else found.tokens) == numbers, (utils, factor)
        if factor == 28:
            assert found.prompt_tokens == Range.exactly(found.tokens + 2)


@pytest.mark.parametrize("cap", [1, 784, 50176, 100000, 105369, 112895])
def test_a_cap_under_the_floor_changes_nothing(cap):
    found = limits(VIDEO_MAX_PIXELS=cap, FPS_MAX_FRAMES=12).video(parse_clip(HD_MINUTE))
    assert (str(found.resized), found.tokens) == ("420x224", 720)


def test_before_its_repair_a_frame_limit_is_taken_for_the_total():
    broken = limits(utils="0.0.11", swift="3.4.1", VIDEO_MAX_PIXELS=602112)
    assert str(broken.video(parse_clip(HD_MINUTE)).resized) == "420x224"
    assert (broken.notes[0].name, broken.notes[0].effective) == ("VIDEO_TOTAL_PIXELS", 602112)
    repaired = limits(utils="0.0.11", swift="3.4.1.post1", VIDEO_MAX_PIXELS=602112)
    assert str(repaired.video(parse_clip(HD_MINUTE)).resized) == "1008x560"
    assert "VIDEO_TOTAL_PIXELS" not in [note.name for note in repaired.notes]


def test_the_repair_also_raises_the_total_of_older_libraries():
    found = limits(utils="0.0.8", VIDEO_MAX_PIXELS=602112)
    assert found.video(parse_clip(HD_MINUTE)).tokens == 43200
    assert (found.notes[0].name, found.notes[0].effective) == ("VIDEO_TOTAL_PIXELS", 90316800)


@pytest.mark.parametrize(
    ("variables", "hd", "small"),
    [
        ({"MAX_PIXELS": ""}, 2691, 77),
        ({"MAX_PIXELS": "1_003_520"}, 1222, 77),
        ({"MAX_PIXELS": "1000000"}, 1222, 77),
        ({"IMAGE_MAX_TOKEN_NUM": 256}, 252, 77),
        ({"MAX_PIXELS": 1003520, "IMAGE_MAX_TOKEN_NUM": 256}, 252, 77),
        ({"MIN_PIXELS": 401408, "MAX_PIXELS": 1003520}, 1222, 532),
    ],
)
def test_requests_to_a_real_server(variables, hd, small):
    found = limits(**variables)
    assert (found.image(Size(1920, 1080)).tokens, found.image(Size(300, 200)).tokens) == (hd, small)


@pytest.mark.parametrize(
    ("variables", "hd", "small"),
    [({"IMAGE_MAX_TOKEN_NUM": 1024}, 1008, 54), ({"IMAGE_MAX_TOKEN_NUM": 256}, 252, 54),
     ({"MAX_PIXELS": 1003520}, 943, 54), ({"IMAGE_MIN_TOKEN_NUM": 128}, 2040, 140)],
)  # fmt: skip
def test_requests_to_a_real_server_of_qwen3_vl(variables, hd, small):
    found = limits(32, **variables)
    assert (found.image(Size(1920, 1080)).tokens, found.image(Size(300, 200)).tokens) == (hd, small)


@pytest.mark.parametrize("cap", [1000, 500, -5])
def test_an_upper_limit_below_the_lower_one_refuses_every_image(cap):
    found = limits(MAX_PIXELS=cap)
    assert "every image is refused" in found.notes[-1].reason
    with pytest.raises(InputError, match="below the lower one of 3136"):
        found.image(Size(1920, 1080))


def test_older_libraries_resize_to_nonsense_instead():
    assert str(limits(utils="0.0.11", MAX_PIXELS=2000).image(Size(1920, 1080)).resized) == "56x28"


@pytest.mark.parametrize(
    ("utils", "variables"),
    [("0.0.14", {"MAX_PIXELS": "abc"}), ("0.0.14", {"MAX_PIXELS": "1e6"}), ("0.0.11", {"MAX_PIXELS": "1280*28*28"}),
     ("0.0.11", {"MAX_PIXELS": ""}), ("0.0.14", {"FPS_MAX_FRAMES": "12.0"}), ("0.0.14", {"FPS": ""}),
     ("0.0.14", {"MODEL_SEQ_LEN": "many"})],
)  # fmt: skip
def test_values_that_stop_ms_swift(utils, variables):
    with pytest.raises(InputError, match=r"ends ms-swift 4.6.0 with a ValueError while the model loads"):
        limits(utils=utils, **variables)


@pytest.mark.parametrize(
    ("factor", "swift", "utils", "fault"),
    [
        (28, "3.9.0", "0.0.14", "requires qwen_vl_utils<0.0.12"),
        (28, "3.10.0", "0.0.13", "requires qwen_vl_utils<0.0.12"),
        (28, "4.6.0", "0.0.13", "takes qwen-vl-utils to 0.0.11 and from 0.0.14"),
        (28, "3.8.0", "0.0.14", "AttributeError: IMAGE_FACTOR"),
        (32, "4.6.0", "0.0.11", "requires qwen_vl_utils>=0.0.14"),
        (32, "3.8.3", "0.0.14", "does not know Qwen3-VL"),
        (28, "3.0.3", "0.0.11", "does not know Qwen2.5-VL"),
        (28, "4.6.0", "0.0.5", "needs qwen-vl-utils 0.0.6 or newer"),
    ],
)
def test_pairs_that_do_not_start(factor, swift, utils, fault):
    with pytest.raises(InputError, match=fault):
        limits(factor, utils, swift)


def test_ms_swift_asks_what_old_libraries_cannot_tell():
    with pytest.raises(InputError, match=r"qwen-vl-utils for the sampled frames a second, and 0.0.8"):
        limits(utils="0.0.8", swift="3.7.1").video(parse_clip(HD_MINUTE))


def test_max_pixels_is_ignored_for_qwen3_vl_until_it_is_converted():
    before, after = (limits(32, swift=swift, MAX_PIXELS=1003520) for swift in ("3.10.0", "3.10.1"))
    assert (before.constants.image_max, after.constants.image_max) == (16777216, 1003520)
    assert before.notes[0] == Note(
        "MAX_PIXELS", "1003520", None,
        "ms-swift 3.10.0 does not pass it on to qwen-vl-utils 0.0.14; that begins with 3.10.1",
    )  # fmt: skip


def test_notes_name_each_variable_that_is_not_what_it_seems():
    found = limits(
        IMAGE_FACTOR=28, MAX_PIXELS=1003521, MIN_PIXELS=3136, IMAGE_MIN_TOKEN_NUM=8, VIDEO_TOTAL_PIXELS=1, NFRAMES=8,
        VIDEO_MAX_PIXELS=50176, MODEL_SEQ_LEN=8192, FPS=1,
    )  # fmt: skip
    assert [(note.name, note.given, note.effective) for note in found.notes] == [
        ("IMAGE_FACTOR", "28", None),
        ("VIDEO_TOTAL_PIXELS", "1", None),
        ("NFRAMES", "8", None),
        ("MAX_PIXELS", "1003521", 1003520),
        ("MIN_PIXELS", "3136", None),
        ("VIDEO_MAX_PIXELS", "50176", 105369),
    ]


def test_embedding_models_start_with_limits_of_their_own():
    found = effective_limits(TOWERS["qwen3_vl"], runtime(), {"MAX_PIXELS": "1003520"}, model_type="qwen3_vl_emb")
    assert (found.image_max_tokens, found.constants.fps, found.constants.fps_max_frames) == (1800, 1.0, 64)
    assert ("MAX_PIXELS", "1003520", None) in [(note.name, note.given, note.effective) for note in found.notes]


def test_the_flag_is_not_the_variable():
    found = effective_limits(TOWERS["qwen2_5_vl"], runtime(), {}, max_pixels_flag=1003520).image(Size(1920, 1080))
    assert (str(found.resized), found.tokens) == ("1344x756", 1296)


def test_the_second_resize_before_4_0_3():
    twice = limits(32, swift="4.0.2")
    assert [twice.image(Size(*size)).tokens for size in ((224, 224), (160, 32))] == [64, 72]
    assert twice.video(parse_clip(HD_MINUTE)).tokens == 11400
    long = limits(32, swift="4.0.2", VIDEO_MAX_PIXELS=50176, FPS_MAX_FRAMES=300).video(parse_clip("1080p@30fps,600s"))
    assert (long.frames, long.tokens) == (300, 10800)
    assert limits(32, swift="4.0.3").image(Size(224, 224)).tokens == 49


def test_the_second_resize_uses_the_checkpoints_own_limits():
    own = ProcessorLimits(Pixels(3136), Pixels(200704))
    found = effective_limits(TOWERS["qwen2_5_vl"], runtime("4.0.2"), {}, processor=own)
    assert found.image(Size(1920, 1080)).tokens <= 256
    assert "the checkpoint's limits" in found.notes[0].reason
    once = effective_limits(TOWERS["qwen2_5_vl"], runtime("4.0.2"), {}, processor=own, backend="transformers")
    assert once.image(Size(1920, 1080)).tokens == 2691


def test_other_backends_are_counted_with_a_note():
    found = effective_limits(TOWERS["qwen2_5_vl"], runtime("4.0.2"), {}, backend="sglang")
    assert (found.second, found.notes[0].reason.split(";")[0]) == (
        None,
        "whether sglang resizes again has not been examined",
    )


def test_frame_lists_are_images_in_old_libraries_and_videos_in_new_ones():
    frames = FrameList(Size(1920, 1080), 5)
    old = limits(utils="0.0.11", swift="4.6.0", MAX_PIXELS=1003520, VIDEO_MAX_PIXELS=200704).video(frames)
    new = limits(MAX_PIXELS=1003520, VIDEO_MAX_PIXELS=200704).video(frames)
    assert (old.frames, str(old.resized), old.tokens) == (6, "1316x728", 3666)
    assert (new.frames, str(new.resized), new.tokens) == (6, "588x308", 693)
    with pytest.raises(InputError, match=r"ms-swift 3.8.2 does not take lists of frames"):
        limits(utils="0.0.11", swift="3.8.2").video(frames)


def test_requests_may_bring_limits_of_their_own_since_4_3():
    asked = {"max_pixels": 200704}
    new = effective_limits(TOWERS["qwen2_5_vl"], runtime("4.3.0"), {}, request=asked)
    old = effective_limits(TOWERS["qwen2_5_vl"], runtime("4.2.3"), {}, request=asked)
    assert (new.image(Size(1920, 1080)).tokens, old.image(Size(1920, 1080)).tokens) == (252, 2691)
    assert old.notes[0].reason == "ms-swift reads it from a request since 4.3.0"
    exact = effective_limits(TOWERS["qwen2_5_vl"], runtime(), {}, request={"resized_height": 100, "resized_width": 300})
    assert str(exact.image(Size(1920, 1080)).resized) == "308x112"


def test_time_stamps_of_qwen3_vl_are_counted_digit_by_digit():
    """8 frames of 10 s: <0.7 seconds>, <3.5>, <6.4> and <9.2>, six tokens each, and two markers a pair."""
    video = limits(32, VIDEO_MAX_TOKEN_NUM=64, FPS_MAX_FRAMES=8).video(parse_clip("640x360@30fps,10s"))
    assert video.prompt_tokens == Range.exactly(480 + 4 * (6 + 2))
    longer = limits(32, VIDEO_MAX_TOKEN_NUM=64, FPS_MAX_FRAMES=4).video(parse_clip("640x360@30fps,1200s"))
    assert longer.prompt_tokens == Range.exactly(longer.tokens + (8 + 2) + (8 + 1 + 2))  # <200.0 and <1000.0 seconds>


def test_markers_around_a_qwen3_vl_video_depend_on_who_writes_the_prompt():
    """The tiny byte-level tokenizer of a test server: 480 video tokens and 62 others with transformers 5.19."""
    clip = parse_clip("640x360@30fps,10s")
    variables = {"VIDEO_MAX_TOKEN_NUM": "64", "FPS_MAX_FRAMES": "8"}

    def prompt(vllm: str | None, transformers: str | None, backend: str = "vllm") -> Range:
        versions = runtime(vllm=vllm, transformers=transformers)
        return effective_limits(TOWERS["qwen3_vl"], versions, variables, backend=backend).video(clip).prompt_tokens

    assert prompt("0.23.0", None) == Range.exactly(512)
    assert prompt("0.32.0", "5.19.0") == Range.exactly(514)
    assert prompt("0.32.0", "5.9.0") == Range.exactly(512)
    assert prompt("0.32.0", None) == Range(512, 512, 514)
    assert prompt(None, "5.19.0", "transformers") == Range.exactly(514)
    bytewise = effective_limits(
        TOWERS["qwen3_vl"], runtime(transformers="5.19.0"), variables, model_type="qwen3_5", backend="transformers"
    )
    assert bytewise.video(clip).prompt_tokens.high == 480 + 62


def test_sizes_that_nobody_serves():
    with pytest.raises(InputError, match="one side is 300 times the other"):
        limits().image(Size(300, 1))
    with pytest.raises(InputError, match=r"0 frames would be taken"):
        limits(FPS_MAX_FRAMES=1).video(parse_clip(HD_MINUTE))
    with pytest.raises(InputError, match="leaves nothing of one side"):
        limits(MAX_PIXELS=3136).image(Size(2000, 20))
    with pytest.raises(InputError, match="leaves nothing of 4000x21"):
        effective_limits(TOWERS["qwen2_5_vl"], runtime(), {}, max_pixels_flag=100).image(Size(4000, 21))


@pytest.mark.parametrize(
    ("size", "factor", "pixels"),
    [((1920, 1080), 28, 2109744), ((1920, 1080), 32, 2088960), ((3840, 2160), 28, 8270416)],
)
def test_the_least_cap_that_leaves_an_image_as_it_is(size, factor, pixels):
    assert never_shrink_pixels(Size(*size), factor) == pixels


def test_chat_templates():
    assert [chat_overhead(name) for name in ("qwen2_vl", "qwen2_5_vl", "qvq", "mimo_vl", "qwen3_vl")] == [
        19,
        19,
        44,
        25,
        8,
    ]
    assert chat_overhead("qwen3_vl", thinking=True) == 10
    assert chat_overhead("qwen3_vl", system=20) == 33
    with pytest.raises(InputError, match="'llava'"):
        chat_overhead("llava")


def test_newer_releases_than_read_are_told():
    found = effective_limits(TOWERS["qwen2_5_vl"], runtime("4.7.0", "0.0.15"), {})
    assert [note.reason.split(",")[0] for note in found.notes] == [
        "ms-swift 4.7.0 is newer than 4.6.0",
        "qwen-vl-utils 0.0.15 is newer than 0.0.14",
    ]
