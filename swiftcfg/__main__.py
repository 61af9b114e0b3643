"""``python -m swiftcfg`` is ``swiftcfg``."""

from swiftcfg.cli import main

main()
