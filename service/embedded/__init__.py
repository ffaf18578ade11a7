"""A private PostgreSQL server in a data folder, shared by every process that attaches to it."""

import sys
from pathlib import Path

from service.embedded.attached import Attached
from service.embedded.errors import EmbeddedError, PlatformUnsupportedError

__all__ = ["Attached", "EmbeddedError", "attach"]


def attach(data_dir: Path, *, durable: bool = True, bin_dir: Path | None = None) -> Attached:
    """Join the server of `data_dir`, created and started if need be; blocks until it accepts connections.

    The first start takes a second or two, later ones about 0.1 s; recovery after a crash may take up to 15 minutes.
    `durable=False` gives up safety against a power failure for speed and is for tests; whoever starts the server
    decides it. `bin_dir` names the folder of PostgreSQL's programs; without it a wheel's are taken, else Debian's.
    As root the server runs as the account that owns the data, else postgres, else nobody; if that account can't reach
    the data folder, as below /root, the data lie in /var/lib/ax-registry and the data folder has a link to them.

    Raises:
        EmbeddedError: one line with the remedy; each subclass in `errors` is one kind of reason.
    """
    if sys.platform == "win32":
        message = "The embedded database does not run on Windows: set AX_DATABASE_URL to a PostgreSQL server."
        raise PlatformUnsupportedError(message)
    # Late, for these modules import fcntl and pwd, which Windows lacks.
    from service.embedded.attachment import attach_here  # noqa: PLC0415 - see above

    return attach_here(data_dir, durable=durable, bin_dir=bin_dir)
