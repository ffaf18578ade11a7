"""What can go wrong with the private server; each message is one line that ends with the remedy."""


class EmbeddedError(Exception):
    """The private PostgreSQL server cannot be used; `str(error)` is one line for the operator."""


class PlatformUnsupportedError(EmbeddedError):
    """This operating system has no embedded server (Windows)."""


class ProgramsMissingError(EmbeddedError):
    """No usable PostgreSQL programs were found on this machine."""


class MajorVersionError(EmbeddedError):
    """The data folder was written by another major version of PostgreSQL than the programs found."""


class DataFolderError(EmbeddedError):
    """The data folder cannot be made, reached or owned by the account that runs the server."""


class CreationError(EmbeddedError):
    """A new database cluster could not be made."""


class StartError(EmbeddedError):
    """The server did not start; the message ends with the last lines of its log."""


class StopError(EmbeddedError):
    """A server of this data folder is running and cannot be stopped or reached from here."""
