"""``insonify review``."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from insonify.core.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class Review:
    """Watch the scans of a store in a browser, label them, and find more alike.

    With a checkpoint the app shows what the encoder sees: probabilities of classes
    along every scan, where one would look, similar frames, and which frames are most
    worth a label. Labels are written to the store at once, with author and time; any
    number of people may review a store at the same time. Only this machine can reach
    the app unless --host says otherwise; on a machine that others log in to as well,
    --password-file keeps them out. Research use only.
    """

    store: Annotated[
        tyro.conf.Positional[Path | None], tyro.conf.arg(metavar="STORE")
    ] = None
    """The store; labels and features are added to it, and nothing else is changed."""
    checkpoint: Path | None = None
    """Run folder or checkpoint of an encoder. Features that are missing are made first,
    as by `insonify embed`."""
    task: str | None = None
    """What the labels are about; by default the store's only task, or `plane`."""
    classes: tuple[str, ...] = ()
    """Classes to offer besides those that the store has labels of."""
    split: str | None = None
    """Split whose training subjects teach the heads and whose test subjects examine
    them; by default the one that the encoder was pretrained on, or else one subject in
    four examines."""
    fold: int | None = None
    """Fold of the split; by default that which the encoder was pretrained on, or 0."""
    heads: Path | None = None
    """Folder of learnt heads, for saliency: read if it is there, else made."""
    embed: bool = True
    """Make features that are missing first."""
    author: str = ""
    """Your name, as it will stand beside your labels; the app asks for it otherwise."""
    host: str = "127.0.0.1"
    """Address to listen on. Beyond this machine a password is demanded."""
    port: int = 8765
    """Port to listen on; 0: any that is free."""
    browser: bool = True
    """Open a browser."""
    password_file: Path | None = None
    """File that --make-password made; its password is demanded."""
    make_password: Annotated[Path | None, tyro.conf.arg(metavar="FILE")] = None
    """Ask for a new password, write its hash to a new file, and do nothing else."""
    certificate: Path | None = None
    """TLS certificate (PEM) for https; with --private-key."""
    private_key: Path | None = None
    """Its private key (PEM), without a password."""
    idle_minutes: float = 60.0
    """Minutes without use after which the password is demanded again."""

    def run(self) -> int:
        """Serve until Ctrl-C; 0 when done."""
        # Here, not above: they need NiceGUI, which other commands must do without.
        from insonify.cli.review_app import (  # noqa: PLC0415
            demanded_password,
            make_password,
            review,
        )
        from insonify.deploy.review.options import (  # noqa: PLC0415
            DeskOptions,
            ServeOptions,
        )

        if self.make_password is not None:
            return make_password(self.make_password)
        if self.store is None:
            raise ConfigError("name a store: `insonify review STORE`")
        options = DeskOptions(
            task=self.task,
            classes=self.classes,
            author=self.author,
            split=self.split,
            fold=self.fold,
            heads=self.heads,
        )
        serving = ServeOptions(
            host=self.host,
            port=self.port,
            password=demanded_password(self.host, self.password_file),
            certificate=self.certificate,
            private_key=self.private_key,
            idle_minutes=self.idle_minutes,
        )
        return review(
            self.store,
            self.checkpoint,
            options,
            serving,
            embed=self.embed,
            browser=self.browser,
        )
