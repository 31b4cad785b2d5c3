"""Parses the command line and runs one sub-command."""

import os
import sys
from importlib import import_module
from typing import Annotated, Any, Final

import tyro
from rich.markup import escape

from insonify.cli.console import errors, quiet_libraries
from insonify.core.errors import InsonifyError

_COMMANDS: Final = {
    "demo": "demo.Demo",
    "phantom": "phantom.Phantom",
    "inspect": "inspect.Inspect",
    "ingest": "ingest.Ingest",
    "import": "importing.Import",
    "triage": "triage.Triage",
    "gaze": "gaze.Gaze",
    "split": "split.Split",
    "pretrain": "pretrain.Pretrain",
    "pretrain-gaze": "pretrain_gaze.PretrainGaze",
    "audit": "audit.Audit",
    "adopt": "adopt.Adopt",
    "transfer planes": "transfer.TransferPlanes",
    "transfer saliency": "transfer_saliency.TransferSaliency",
    "transfer gallery": "transfer_gallery.TransferGallery",
    "report": "report.Report",
    "predict": "predict.Predict",
    "render": "render.Render",
    "embed": "embed.Embed",
    "search": "search.Search",
    "review": "review.Review",
    "export": "export.Export",
    "card": "card.Card",
    "compare": "compare.Compare",
    "reproduce": "reproduce.Reproduce",
    "doctor": "doctor.Doctor",
}
"""Module and class of every sub-command, in the order in which they are used."""
_SHORT: Final = dict.fromkeys(
    ("inspect", "ingest", "import", "gaze", "audit", "adopt", "card"),
    (tyro.conf.OmitArgPrefixes,),
)
"""Commands whose options bear no prefix."""
_DEFAULTS: Final = {
    "import": "importing.default_import",
    "pretrain": "pretrain.default_pretrain",
}
"""What makes the options of a command that depend on its arguments."""


def main() -> None:
    """Entry point: exits 0 when done, 1 if a check failed, 2 on a user's mistake."""
    quiet_libraries()
    try:
        sys.exit(run(sys.argv[1:]))
    except BrokenPipeError:  # Whoever read along, such as `head`, has seen enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


def run(arguments: list[str]) -> int:
    """Run one command line; returns the exit code."""
    try:
        code: int = _parsed(arguments).run()
    except InsonifyError as error:
        message = f"[red]insonify:[/] {escape(str(error))}"
        errors.print(message, highlight=False, soft_wrap=True)
        return 2
    except KeyboardInterrupt:
        errors.print("Interrupted; the same command goes on from here.")
        return 130
    return code


def _parsed(arguments: list[str]) -> Any:
    """The sub-command with its options; modules of others are not even imported."""
    words = 2 if " ".join(arguments[:2]) in _COMMANDS else 1
    name = " ".join(arguments[:words])
    if name in _COMMANDS:
        return tyro.cli(
            _named(_COMMANDS[name]),
            prog=f"insonify {name}",
            args=arguments[words:],
            config=(tyro.conf.AvoidSubcommands, *_SHORT.get(name, ())),
            **_default(name, arguments),
        )
    return tyro.cli(
        _any_command(arguments),
        prog="insonify",
        description="Self-supervised learning from ultrasound video. "
        "Research use only; not a medical device.",
        args=arguments,
    )


def _any_command(arguments: list[str]) -> Any:
    """All sub-commands: for who names none, or one that there is not."""
    first, *others = (
        Annotated[_named(path), tyro.conf.subcommand(name, **_default(name, arguments))]
        for name, path in _COMMANDS.items()
    )
    for each in others:
        first = first | each
    return first


def _default(name: str, arguments: list[str]) -> dict[str, Any]:
    """What the options of a command are unless they are given, if it depends."""
    if name not in _DEFAULTS:
        return {}
    return {"default": _named(_DEFAULTS[name])(arguments)}


def _named(path: str) -> Any:
    module, _, name = path.partition(".")
    return getattr(import_module(f"insonify.cli.{module}"), name)
