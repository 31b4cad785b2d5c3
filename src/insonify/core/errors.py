"""The errors a user may see: what, where, what was found, what to do."""


class InsonifyError(Exception):
    """Base of all errors that are the input's or the user's, not a defect of ours.

    The command line prints the message alone, without a traceback. A message never
    holds a source file's name, a patient's name, id or a date.
    """


class ConfigError(InsonifyError):
    """An option is unknown, of the wrong type or out of range."""


class DivergedError(ConfigError):
    """Training reached a loss that is not finite; a lower learning rate may help."""


class IngestError(InsonifyError):
    """A source file was refused; the message is the reason in the rejects table."""


class StoreError(InsonifyError):
    """A store is missing, of another version, or does not hold what was asked for."""


class LeakError(InsonifyError):
    """A subject stands on both sides of a split."""


class CheckpointError(InsonifyError):
    """A checkpoint is missing, damaged or does not fit what it is loaded into."""


class ReportError(InsonifyError):
    """A predictions file is missing, damaged or cannot be compared with another."""
