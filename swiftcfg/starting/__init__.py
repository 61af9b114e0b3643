"""What is to be started, from a plan or a file, and the command, environment and secrets that start it."""

from swiftcfg.starting.command import StartCommand, start_command
from swiftcfg.starting.environment import Change
from swiftcfg.starting.of_file import subject_of_file
from swiftcfg.starting.of_plan import subject_of_plan
from swiftcfg.starting.subject import Secret, StartOptions, Subject

__all__ = [
    "Change", "Secret", "StartCommand", "StartOptions", "Subject", "start_command", "subject_of_file",
    "subject_of_plan",
]  # fmt: skip
