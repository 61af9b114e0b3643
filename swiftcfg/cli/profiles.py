"""swiftcfg profiles: list the shipped workload profiles, or show one."""

import click

from swiftcfg.cli.options import echo, format_option


@click.command()
@click.argument("name", required=False)
@format_option("text", "json", "yaml")
def profiles(name: str | None, form: str) -> None:
    """List the shipped workload profiles, or show NAME: a shipped one, a file, or - for standard input.

    To make your own, start from one: swiftcfg profiles receipts --format yaml > mine.yaml
    """
    from swiftcfg.errors import InputError
    from swiftcfg.profile_files import find_profile, profile_names, profile_yaml
    from swiftcfg.report.profiles import profile_json, profile_text, profiles_json, profiles_text

    if form == "yaml":
        if name is None:
            raise InputError("--format yaml shows one profile", f"name it: {', '.join(profile_names())}")
        echo(profile_yaml(name), form)
    elif name is not None:
        echo({"text": profile_text, "json": profile_json}[form](find_profile(name)), form)
    else:
        shipped = [find_profile(each) for each in profile_names()]
        echo({"text": profiles_text, "json": profiles_json}[form](shipped), form)
