"""The engine's first run: one batch of the largest items, then one batch of tokens, then the sampler."""

from swiftcfg.memory.case import Case
from swiftcfg.memory.items import Encoder
from swiftcfg.memory.language import MOE_SOURCE, SAMPLER_SOURCE, SOURCE, language_peak, sampler_peak
from swiftcfg.memory.plan import Term, Vision
from swiftcfg.memory.vision import PatchBytes, patch_bytes
from swiftcfg.units import Range, Tokens
from swiftcfg.values import dataclass

ACTIVATION = "peak activation"
_NOTHING = Range.exactly(0)
_RULE = (
    "the largest of: vision tower; encoder outputs and language model; encoder outputs and sampler "
    "(vllm@0.32.0:vllm/v1/worker/gpu_model_runner.py profile_run)"
)


@dataclass(frozen=True, slots=True)
class FirstRun:
    """The peak that the engine reserves, its parts, and what of it the tower may use later."""

    activation: Term
    parts: tuple[Term, ...]
    vision: Vision | None


def first_run(case: Case, encoder: Encoder) -> FirstRun:
    """Combine the parts by the rule that only one of them is at its worst at a time."""
    text = case.model.text
    tokens, rows = _language_batch(case, encoder)
    speaks = language_peak(text, tokens, case.ranks, case.width) if text else _NOTHING
    samples = sampler_peak(text, case.behaviour, rows, tokens, case.width) if text else _NOTHING
    each = _patches(case)
    sees, kept = _seen(case, encoder, each)
    after = kept + speaks.max(samples)
    parts = _parts(case, encoder, each, (sees, kept, speaks, samples))
    activation = Term(ACTIVATION, sees.max(after), _RULE, inside_budget=True)
    return FirstRun(activation, parts, _vision(case, encoder, each, after))


def _language_batch(case: Case, encoder: Encoder) -> tuple[int, int]:
    """Tokens and sequences of the language model's part; V0 prefills all items of its dummy requests at once."""
    item = encoder.item
    if case.behaviour.engine == "V1" or case.model.vision is None:
        return case.batch.tokens, case.batch.max_num_seqs
    if item is None:
        return case.batch.tokens, 1
    return max(case.batch.tokens, encoder.prompt_tokens), encoder.requests


def _patches(case: Case) -> PatchBytes | None:
    tower = case.model.vision
    if tower is None:
        return None
    eager = case.settings.enforce_eager
    return patch_bytes(tower, case.behaviour, case.version, case.tower_ranks, case.width, eager=eager)


def _seen(case: Case, encoder: Encoder, each: PatchBytes | None) -> tuple[Range, Range]:
    """Bytes while the tower works, and bytes of pixels and outputs that stay afterwards."""
    item = encoder.item
    if item is None or each is None:
        return _NOTHING, _NOTHING
    pixels, outputs = item.patches * each.pixels, item.patches * each.outputs
    others = sum(_pixels_of(case, candidate.dummy_tokens, each) for candidate in encoder.candidates[1:])
    if case.behaviour.engine == "V0":
        pixels += others
    expanded = _expanded(case, encoder, each)
    peak = each.peak
    sees = Range(item.patches * peak.low, item.patches * peak.best, item.patches * peak.high)
    if case.behaviour.engine == "V0":
        sees = sees + Range.exactly(others)
    if expanded:
        sees = sees.max(Range.exactly(outputs + expanded + pixels))
    stays = max(outputs, expanded)
    return sees, Range(stays if case.behaviour.counts_consumed else stays + pixels, stays + pixels, stays + pixels)


def _pixels_of(case: Case, tokens: int, each: PatchBytes) -> int:
    tower = case.model.vision
    return tokens * tower.merge_size**2 * each.pixels if tower else 0


def _expanded(case: Case, encoder: Encoder, each: PatchBytes) -> int:
    """Zeros that 0.11 and 0.12 put in the place of outputs smaller than the budget."""
    item, tower = encoder.item, case.model.vision
    if item is None or tower is None or case.behaviour.expands_to == "nothing":
        return 0
    full = encoder.cache_tokens if case.behaviour.expands_to == "budget" else item.tokens_per_item
    if item.dummy_tokens >= full:
        return 0
    return item.items * full * tower.merge_size**2 * each.outputs


def _vision(case: Case, encoder: Encoder, each: PatchBytes | None, after: Range) -> Vision | None:
    tower = case.model.vision
    if each is None or tower is None:
        return None
    scale = tower.merge_size**2
    per_token = Range(each.peak.low * scale, each.peak.best * scale, each.peak.high * scale)
    profiled = encoder.item.items * encoder.item.dummy_tokens if encoder.item else 0
    return Vision(per_token, Tokens(profiled), encoder.cache_tokens, after)


def _parts(
    case: Case, encoder: Encoder, each: PatchBytes | None, amounts: tuple[Range, Range, Range, Range]
) -> tuple[Term, ...]:
    sees, kept, speaks, samples = amounts
    item, text = encoder.item, case.model.text
    parts = []
    if item is not None and each is not None:
        what = f"{item.items} {item.modality} of {item.dummy_tokens} tokens, {item.patches} patches; {each.source}"
        parts.append(Term("vision tower", sees, what, inside_budget=True, part_of=ACTIVATION))
        kept_source = "outputs of the tower, and the pixels that the run keeps until its end"
        parts.append(Term("encoder outputs", kept, kept_source, inside_budget=True, part_of=ACTIVATION))
    if text is not None:
        source = MOE_SOURCE if text.moe else SOURCE
        parts.append(Term("language model", speaks, source, inside_budget=True, part_of=ACTIVATION))
        parts.append(Term("sampler", samples, SAMPLER_SOURCE, inside_budget=True, part_of=ACTIVATION))
    return tuple(parts)
