"""The review app: watch scans, see what a model sees, correct it, find more like it."""

from importlib.util import find_spec

from insonify.core.errors import ConfigError

if find_spec("nicegui") is None:
    raise ConfigError(
        "the review app needs NiceGUI, which is not installed; run `pip install "
        '"insonify[review]"`'
    )
