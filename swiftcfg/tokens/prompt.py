"""What a prompt costs beside the visual tokens themselves: markers around them, and the chat template."""

from collections.abc import Mapping

from packaging.version import Version

from swiftcfg.errors import InputError
from swiftcfg.units import Range, Tokens
from swiftcfg.values import dataclass

#: <|vision_start|> and <|vision_end|> around an image, around a video of Qwen2-VL and Qwen2.5-VL, and around
#: every frame pair of Qwen3-VL (ms-swift@4.6.0:swift/template/templates/qwen.py:345,359).
MARKERS = 2
#: From here transformers replaces <|video_pad|> alone, so that the markers around the whole video stay in the
#: prompt beside those of the pairs (transformers@5.10.0:src/transformers/models/qwen3_vl/processing_qwen3_vl.py:81).
OUTER_MARKERS_TRANSFORMERS = Version("5.10.0")
#: vLLM follows it from 0.25 or 0.26 (vllm@0.26.0:vllm/model_executor/models/qwen3_vl.py:1490; not in 0.24.0).
OUTER_MARKERS_VLLM = (Version("0.25.0"), Version("0.26.0"))


def outer_markers(backend: str, vllm: Version | None, transformers: Version | None) -> Range:
    """Tokens that remain around a whole Qwen3-VL video; depends on who expands the placeholder."""
    if backend == "vllm" and vllm is not None and vllm < OUTER_MARKERS_VLLM[0]:
        return Range.exactly(0)
    if transformers is None or (backend == "vllm" and (vllm is None or vllm < OUTER_MARKERS_VLLM[1])):
        return Range(0, 0, MARKERS)
    return Range.exactly(MARKERS if transformers >= OUTER_MARKERS_TRANSFORMERS else 0)


@dataclass(frozen=True, slots=True)
class Template:
    """A chat template of ms-swift: tokens of its default system text (None: no system turn by default)."""

    system: int | None
    suffix: int = 0


#: <|im_start|>system\n ... <|im_end|>\n around a system text.
SYSTEM_TURN = 5
#: <|im_start|>user\n (3), <|im_end|>\n<|im_start|>assistant\n (5).
USER_TURN = 8
#: <think>\n, where thinking is asked for (ms-swift@4.6.0:swift/template/base.py:194-204).
THINKING = 2
#: Default system texts are in ms-swift@4.6.0:swift/template/templates/qwen.py:37,521-566,824-830 and
#: templates/utils.py:9, counted with the vocabulary all these models share (dashscope@2.0.2:resources/qwen.tiktoken).
TEMPLATES: Mapping[str, Template] = {
    "qwen2_vl": Template(6),
    "qwen2_5_vl": Template(6),
    "qvq": Template(31),
    "mimo_vl": Template(12),
    "qwen3_vl": Template(None),
    "qwen3_vl_emb": Template(6, suffix=1),
}


def chat_overhead(template: str, *, system: int | None = None, thinking: bool = False) -> Tokens:
    """Tokens of the chat template around one user turn, by ms-swift's template name.

    ``system`` is the length of a system text that replaces the default one. ``thinking`` is
    ``--enable_thinking true``, which only Qwen3-VL's template answers. Raises InputError for a template
    that has not been counted.
    """
    if template not in TEMPLATES:
        raise InputError(f"the tokens of chat template {template!r} are not known", f"known: {', '.join(TEMPLATES)}")
    row = TEMPLATES[template]
    text = row.system if system is None else system
    turn = 0 if text is None else SYSTEM_TURN + text
    return Tokens(turn + USER_TURN + row.suffix + (THINKING if thinking and template == "qwen3_vl" else 0))
