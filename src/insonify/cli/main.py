"""Parses the command line and runs one sub-command."""

import os
import sys
from typing import Annotated, Any

import tyro
from rich.markup import escape

from insonify.cli.adopt import Adopt
from insonify.cli.audit import Audit
from insonify.cli.card import Card
from insonify.cli.compare import Compare
from insonify.cli.console import errors, quiet_libraries
from insonify.cli.demo import Demo
from insonify.cli.doctor import Doctor
from insonify.cli.gaze import Gaze
from insonify.cli.importing import Import, default_import
from insonify.cli.ingest import Ingest
from insonify.cli.inspect import Inspect
from insonify.cli.phantom import Phantom
from insonify.cli.pretrain import Pretrain
from insonify.cli.pretrain_gaze import PretrainGaze
from insonify.cli.render import Render
from insonify.cli.report import Report
from insonify.cli.reproduce import Reproduce
from insonify.cli.split import Split
from insonify.cli.transfer import TransferPlanes
from insonify.cli.transfer_gallery import TransferGallery
from insonify.cli.transfer_saliency import TransferSaliency
from insonify.cli.triage import Triage
from insonify.core.errors import ConfigError, InsonifyError
from insonify.recipes import RECIPES

_DEFAULT_RECIPE = "insonify"
_TRANSFERS = ("transfer planes", "transfer saliency", "transfer gallery")


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
    if (words := " ".join(arguments[:2])) in _TRANSFERS:
        arguments = [words, *arguments[2:]]
    try:
        command = tyro.cli(
            _commands(arguments),
            prog="insonify",
            description="Self-supervised learning from ultrasound video. "
            "Research use only; not a medical device.",
            args=arguments,
            config=(tyro.conf.AvoidSubcommands,),
        )
        code: int = command.run()
    except InsonifyError as error:
        message = f"[red]insonify:[/] {escape(str(error))}"
        errors.print(message, highlight=False, soft_wrap=True)
        return 2
    except KeyboardInterrupt:
        errors.print("Interrupted; the same command goes on from here.")
        return 130
    return code


def _commands(arguments: list[str]) -> Any:
    """All sub-commands, in the order in which they are used."""
    options = RECIPES[_recipe(arguments)]()
    pretrain = Pretrain(store=tyro.MISSING, out=tyro.MISSING, options=options)
    planes, saliency, gallery = _TRANSFERS
    short = tyro.conf.OmitArgPrefixes
    return (
        Annotated[Demo, tyro.conf.subcommand("demo")]
        | Annotated[Phantom, tyro.conf.subcommand("phantom")]
        | Annotated[short[Inspect], tyro.conf.subcommand("inspect")]
        | Annotated[short[Ingest], tyro.conf.subcommand("ingest")]
        | Annotated[
            short[Import],
            tyro.conf.subcommand("import", default=default_import(arguments)),
        ]
        | Annotated[Triage, tyro.conf.subcommand("triage")]
        | Annotated[short[Gaze], tyro.conf.subcommand("gaze")]
        | Annotated[Split, tyro.conf.subcommand("split")]
        | Annotated[Pretrain, tyro.conf.subcommand("pretrain", default=pretrain)]
        | Annotated[PretrainGaze, tyro.conf.subcommand("pretrain-gaze")]
        | Annotated[short[Audit], tyro.conf.subcommand("audit")]
        | Annotated[short[Adopt], tyro.conf.subcommand("adopt")]
        | Annotated[TransferPlanes, tyro.conf.subcommand(planes)]
        | Annotated[TransferSaliency, tyro.conf.subcommand(saliency)]
        | Annotated[TransferGallery, tyro.conf.subcommand(gallery)]
        | Annotated[Report, tyro.conf.subcommand("report")]
        | Annotated[Render, tyro.conf.subcommand("render")]
        | Annotated[short[Card], tyro.conf.subcommand("card")]
        | Annotated[Compare, tyro.conf.subcommand("compare")]
        | Annotated[Reproduce, tyro.conf.subcommand("reproduce")]
        | Annotated[Doctor, tyro.conf.subcommand("doctor")]
    )


def _recipe(arguments: list[str]) -> str:
    """The recipe that the arguments name.

    Raises:
        ConfigError: there is no such recipe.
    """
    name = _DEFAULT_RECIPE
    for place, argument in enumerate(arguments):
        if argument == "--recipe" and place + 1 < len(arguments):
            name = arguments[place + 1]
        elif argument.startswith("--recipe="):
            name = argument.removeprefix("--recipe=")
    if name not in RECIPES:
        raise ConfigError(f"no recipe {name!r}; there are {', '.join(RECIPES)}")
    return name
