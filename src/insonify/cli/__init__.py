"""The command line: one dataclass a sub-command, each with ``run()``."""

from insonify.cli.main import main

__all__ = ["main"]
