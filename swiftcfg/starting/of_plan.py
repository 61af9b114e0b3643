"""A plan as something to start: rendered, so that what is judged is what generate would write."""

from dataclasses import replace

from swiftcfg.check import chosen_rules
from swiftcfg.detect import find_installation, find_runtime, read_catalog
from swiftcfg.document import document_of
from swiftcfg.facts import Origin
from swiftcfg.gather import Given
from swiftcfg.planner import Plan
from swiftcfg.render import render
from swiftcfg.script import read_script
from swiftcfg.starting.launched import rules_of_a_launch
from swiftcfg.starting.settle import key_from, with_port
from swiftcfg.starting.subject import StartOptions, Subject
from swiftcfg.template_files import load_templates


def subject_of_plan(plan: Plan, options: StartOptions) -> Subject:
    """What a plan asks to be started. Raises MachineError without an ms-swift, InputError without the key it names."""
    installation = find_installation(options.python)
    variable = options.api_key_env or plan.api_key_env
    secrets = (key_from(options.environment, variable),) if variable else ()
    config = plan.config()
    config = with_port(config, options, str(config.word("host") or ""))
    document = replace(document_of(plan, "swiftcfg launch"), config=config)
    text = render("shell", document, load_templates(None))
    runtime = find_runtime({}, installation.interpreter)
    given = Given(runtime, read_catalog(runtime.ms_swift), gpu=options.gpu, workload=plan.workload)
    return Subject(
        "the plan", Origin("the plan", "shell", text), read_script(text)[0], given,
        rules_of_a_launch(chosen_rules((), ())), config, installation, options.environment,
        plan=plan, secrets=secrets,
    )  # fmt: skip
