"""Every rule: its cases in tests/rules/, the examples on its page, and what any rule must state.

A file of tests/rules/ is called by the code it is about, ``vis001.yaml``, and is a list of cases:

    - name: a sentence
      script: what is validated (one or several calls of swift deploy)
      model, gpu, ms_swift, vllm, qwen_vl_utils, transformers, profile, mode, installed: see Surroundings
      findings: [VIS001, {code: VIS002, says: part of the message, severity: warning, line: 1}]

A finding may also state its ``subject`` and the whole ``message``.

``findings`` is all that the family of rules (VIS) finds; ``only: VIS001`` narrows or widens (``only: ''``) that.
``fixed`` is the script with all safe fixes; without it there are none. ``mended`` is the one with the other fixes too.
``each`` makes one case of each of its rows, which say in what they differ.
Any other file name, ``qwen_860.yaml``, holds cases that every rule is run on.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import pytest
import yaml
from rule_facts import Surroundings, facts_of, hidden_facts_of

from swiftcfg.facts import Facts
from swiftcfg.fix import Judged, mend
from swiftcfg.rule import SEVERITIES, Rule
from swiftcfg.rules import all_rules
from swiftcfg.validate import REMEDIES, Reported, validate

RULES = {rule.code: rule for rule in all_rules()}
CASES = Path(__file__).parent / "rules"
AROUND = {field.name for field in fields(Surroundings)}
CODE = re.compile(r"[a-z]{3}\d{3}")


@dataclass(frozen=True)
class Case:
    file: str
    data: Mapping[str, Any]

    @property
    def only(self) -> str:
        family = self.file[:3].upper() if CODE.fullmatch(self.file) else ""
        return str(self.data.get("only", family))

    @property
    def around(self) -> Surroundings:
        return Surroundings(**{name: self.data[name] for name in AROUND & self.data.keys()})

    @property
    def expected(self) -> list[dict[str, str]]:
        """What should be found, sorted as ``found`` is."""
        rows = [{"code": row} if isinstance(row, str) else row for row in self.data["findings"]]
        return sorted(rows, key=lambda row: row["code"])


def read_cases() -> Iterator[Case]:
    for path in sorted(CASES.glob("*.yaml")):
        for data in yaml.safe_load(path.read_text(encoding="utf-8")):
            rows = data.pop("each", None)
            yield from (Case(path.stem, {**data, **row}) for row in rows or [{}])


ALL_CASES = list(read_cases())


def judged(text: str, around: Surroundings, only: str) -> Judged:
    """What the rules whose code begins with ``only`` find in each call."""
    rules = [rule for code, rule in RULES.items() if code.startswith(only)]
    outcomes = [validate(facts, rules) for facts in facts_of(text, around)]
    findings = [(number, one) for number, outcome in enumerate(outcomes) for one in outcome.findings]
    hidden = hidden_facts_of(text, around)
    of_text = validate(hidden, [rule for rule in rules if rule.asks_for_text_only]).findings if hidden else ()
    return Judged(
        text, tuple(outcome.facts.script for outcome in outcomes), (*findings, *((None, one) for one in of_text))
    )


def line_of(one: Reported) -> int:
    """Where it points to; 0 for the call as a whole."""
    return one.finding.place.line if one.finding.place else 0


def found(script: str, around: Surroundings, only: str) -> list[Reported]:
    """The same, by code."""
    return sorted((one for _, one in judged(script, around, only).findings), key=lambda one: one.rule.code)


@pytest.mark.parametrize("case", ALL_CASES, ids=lambda case: f"{case.file}: {case.data['name']}")
def test_case(case: Case):
    reported = found(case.data["script"], case.around, case.only)
    shown = [(one.rule.code, one.finding.message) for one in reported]
    assert [one.rule.code for one in reported] == [row["code"] for row in case.expected], shown
    for one, row in zip(reported, case.expected, strict=True):
        assert row.get("says", "") in one.finding.message
        assert row.get("message", one.finding.message) == one.finding.message
        assert row.get("severity", one.severity) == one.severity
        assert row.get("subject", one.finding.subject) == one.finding.subject
        assert row.get("line", line_of(one)) == line_of(one)


@pytest.mark.parametrize("case", ALL_CASES, ids=lambda case: f"{case.file}: {case.data['name']}")
def test_safe_fixes_can_be_written_and_leave_nothing_to_fix(case: Case):
    def judge(text: str) -> Judged:
        return judged(text, case.around, case.only)

    mended = mend(case.data["script"], judge)
    assert mended.refused == ()
    left = [one.finding.fix.title for _, one in judge(mended.text).findings if one.finding.fix and one.finding.fix.safe]
    assert left == []
    assert mended.text == case.data.get("fixed", case.data["script"])


@pytest.mark.parametrize(
    "case", [case for case in ALL_CASES if "mended" in case.data], ids=lambda case: f"{case.file}: {case.data['name']}"
)
def test_the_other_fixes_are_as_stated(case: Case):
    mended = mend(case.data["script"], lambda text: judged(text, case.around, case.only), unsafe=True)
    assert (mended.refused, mended.text) == ((), case.data["mended"])


@pytest.mark.parametrize("code", RULES)
def test_a_rule_has_cases_where_it_objects_and_where_it_does_not(code: str):
    own = [case for case in ALL_CASES if case.file == code.lower()]
    objects = [code in [row["code"] for row in case.expected] for case in own]
    assert any(objects), f"tests/rules/{code.lower()}.yaml has no case that finds {code}"
    assert not all(objects), f"tests/rules/{code.lower()}.yaml has no case that does not find {code}"


@pytest.mark.parametrize("case", ALL_CASES, ids=lambda case: f"{case.file}: {case.data['name']}")
def test_a_case_is_well_formed(case: Case):
    assert set(case.data) <= {"name", "script", "findings", "only", "fixed", "mended", *AROUND}
    assert {row["code"] for row in case.expected} <= RULES.keys()
    assert not CODE.fullmatch(case.file) or case.file.upper() in RULES, f"there is no rule {case.file}"


@dataclass(frozen=True)
class Example:
    """A block under ``Bad:`` or ``Good:``, and the options it is checked with."""

    bad: bool
    text: str
    around: Surroundings


def examples_of(page: str) -> Iterator[Example]:
    """The examples of a page. ``Checked with: --gpu H100-80GB`` holds for all blocks after it."""
    around = Surroundings()
    for part in re.split(r"\n\n(?=\S)", page):
        head, _, block = part.partition("\n\n")
        if head.startswith("Checked with: "):
            around = Surroundings.of_options(head.removeprefix("Checked with: "))
        if head in ("Bad:", "Good:"):
            yield Example(head == "Bad:", "\n".join(line[4:] for line in block.split("\n")) + "\n", around)


#: What a finding means if nothing else is said of it. A change here changes whose builds fail.
SEVERE = {
    "error": (
        "BUD001 BUD005 BUD006 BUD008 BUD009 ENV001 ENV003 ENV005 FLG001 FLG002 FLG005 FLG006 FLG009 FLG010 FLG011 "
        "FLG012 FLG013 FLG015 FLG016 FLG017 FLG018 FLG019 FLG021 FLG022 FLG024 FLG025 FLG026 MEM001 MEM002 MEM003 "
        "MEM004 MEM006 MEM007 MEM008 PAR001 PAR002 PAR003 STK001 STK004 STK006 STK007 STK008 STK010 SYN001 SYN002 "
        "SYN003 SYN004 SYN005 SYN006 SYN008 SYN010 SYN011 SYN013 SYN014 SYN017 SYN018 SYN019 SYN020 "
    ),
    "warning": (
        "BUD002 BUD003 BUD004 BUD007 BUD011 ENV002 ENV004 ENV006 ENV007 FLG003 FLG004 FLG007 FLG008 FLG014 FLG023 "
        "MEM005 MEM010 MEM011 MEM012 MEM013 PAR004 RUN001 RUN003 RUN005 SEC001 SEC002 SEC003 SEC005 STK002 STK003 "
        "STK009 SYN009 SYN012 SYN015 SYN016 VIS001 VIS007 VIS009 VIS011 VIS013 "
    ),
    "info": (
        "BUD010 FLG020 MEM009 RUN002 RUN004 SEC004 SEC006 SEC007 SEC008 SEC009 STK005 STK011 SYN007 VIS002 VIS003 "
        "VIS004 VIS005 VIS006 VIS008 VIS010 VIS012 VIS014 VIS015 "
    ),
}


@pytest.mark.parametrize("code", RULES)
def test_a_rule_is_as_severe_as_its_users_know_it(code: str):
    assert code in SEVERE[RULES[code].severity].split()


@pytest.mark.parametrize("code", RULES)
def test_the_examples_on_the_page_are_found_and_not_found(code: str):
    examples = list(examples_of(RULES[code].page))
    assert {example.bad for example in examples} == {True, False}, "a page has a Bad: and a Good: block"
    for example in examples:
        codes = {one.rule.code for one in found(example.text, example.around, code)}
        assert codes == ({code} if example.bad else set()), example.text


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_a_rule_states_what_every_rule_states(rule: Rule):
    title, _, body = rule.page.partition("\n\n")
    assert "\n" not in title
    assert title.endswith("."), "the first line of a page is a sentence"
    assert body.split("Bad:")[0].strip(), "a page says what happens and why"
    assert rule.severity in SEVERITIES
    assert rule.confidence in ("certain", "likely", "possible")
    assert rule.sources
    assert all(rule.sources)


def test_a_fact_that_may_be_missing_has_a_remedy():
    always = {field.name for field in fields(Facts) if field.default is not None}
    assert {name for rule in RULES.values() for name in rule.needs} <= always | REMEDIES.keys()


def test_codes_are_unique():
    assert len(all_rules()) == len(RULES)
