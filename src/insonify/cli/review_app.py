"""Starts the app of ``insonify review``: what is made, said and asked before.

Importing it needs NiceGUI.
"""

import getpass
import os
import sys
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import torch
from rich.markup import escape
from threadpoolctl import threadpool_limits

from insonify.cli.console import console, errors, progress_bar
from insonify.core.errors import ConfigError, StoreError
from insonify.deploy.embedding.features import Features
from insonify.deploy.embedding.run import Progress, embed_store
from insonify.deploy.heads_folder import fingerprint
from insonify.deploy.review.desk import Desk
from insonify.deploy.review.hosts import is_local
from insonify.deploy.review.options import DeskOptions, ServeOptions
from insonify.deploy.review.pages.register import register_pages
from insonify.deploy.review.password import PasswordHash
from insonify.deploy.review.server import serve
from insonify.deploy.search.index import build_index
from insonify.model.checkpoint import Checkpoint, load_checkpoint
from insonify.store import Store


def make_password(path: Path) -> int:
    """Ask for a password and keep its hash; 0 when done."""
    _asked_password().save(path)
    console.print(
        f"{escape(str(path))} holds the hash of the password; pass it with "
        "--password-file.",
        soft_wrap=True,
    )
    return 0


def demanded_password(host: str, file: Path | None) -> PasswordHash | None:
    """The password that has to be given; None where none has to.

    Raises:
        ConfigError: the file is not one, or there is neither file nor terminal.
    """
    password = None if file is None else PasswordHash.load(file)
    if is_local(host):
        return password
    console.print(
        f"--host {escape(host)} lets other machines reach the app, and with it every "
        "scan of the store; so it demands a password.",
        soft_wrap=True,
    )
    return password or _asked_password()


def review(
    path: Path,
    encoder: Path | None,
    options: DeskOptions,
    serving: ServeOptions,
    *,
    embed: bool,
    browser: bool,
) -> int:
    """Make what is missing, and serve until Ctrl-C; 0 when done.

    Args:
        path: The store.
        encoder: The checkpoint.
        options: What is reviewed.
        serving: Where, and for whom.
        embed: Whether to make features that are missing.
        browser: Whether to open a browser.
    """
    store = Store.open(path)
    checkpoint = None if encoder is None else load_checkpoint(encoder)
    if not is_local(serving.host) and not serving.secure:
        _warn(serving.port)
    desk = Desk(path, options, checkpoint, _notice)
    if checkpoint is not None and embed:
        _embed(store, checkpoint)

    def ready(url: str) -> None:
        console.print(f"Review: {url}  (Ctrl-C ends it)", soft_wrap=True)
        if browser and is_local(serving.host):
            Thread(target=webbrowser.open, args=(url,), daemon=True).start()

    with _sharing():
        serve(desk, serving, register_pages, ready)
    console.print("Stopped. All labels are in the store.")
    return 0


@contextmanager
def _sharing() -> Iterator[None]:
    """Leave half of the processors to whoever looks at frames.

    Heads are learnt in the background, two at a time: with a thread a processor for
    each they wait for one another, and a refit on two cores took 64 s instead of 0.7.
    """
    threads = max(1, (os.cpu_count() or 2) // 2)
    torch.set_num_threads(threads)
    with threadpool_limits(threads, user_api="blas"):
        yield


def _asked_password() -> PasswordHash:
    """Ask for a new password twice, on the terminal.

    Raises:
        ConfigError: there is no terminal, or the two differ.
    """
    if not sys.stdin.isatty():
        raise ConfigError(
            "a password is needed and there is no terminal to ask at; make one with "
            "`insonify review --make-password FILE` and pass --password-file FILE"
        )
    password = getpass.getpass("New password: ")
    if getpass.getpass("The same again: ") != password:
        raise ConfigError("the two passwords differ; try again")
    return PasswordHash.of(password)


def _embed(store: Store, checkpoint: Checkpoint) -> None:
    """Make the features that are missing, with a live bar."""
    try:
        known = len(Features.open(store, fingerprint(checkpoint)))
    except StoreError:
        known = 0
    missing = len(store.frames()) - known
    if not missing:
        return
    console.print(
        f"{missing} frames have no features of this encoder yet; they are made first "
        "and kept in the store (--no-embed goes without).",
        soft_wrap=True,
    )
    with progress_bar("frames") as bar:
        line = bar.add_task("", total=missing, figures="")

        def show(step: Progress) -> None:
            figures = f"{step.rate:.0f} frames/s"
            bar.update(line, total=step.total, completed=step.done, figures=figures)

        found = embed_store(store, checkpoint, on_progress=show)
        build_index(
            found.features,
            on_progress=lambda doing, *_: bar.update(line, figures=doing),
        )


def _warn(port: int) -> None:
    """Say who else sees what goes over the network, and what to do instead."""
    there = port or 8765
    console.print(
        "[yellow]Without --certificate the network sees everything, the password "
        "included.[/] Safer: leave --host away, and on the machine with the browser "
        f"run `ssh -L {there}:127.0.0.1:{there} THIS-MACHINE`, then open "
        f"http://127.0.0.1:{there}/ there.",
        soft_wrap=True,
    )


def _notice(said: str) -> None:
    errors.print(escape(said), soft_wrap=True, highlight=False)
