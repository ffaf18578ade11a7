"""Where the home lies: in the data folder, or elsewhere with a link there if the server's account can't reach it.

Root's own folders are closed to all others, and PostgreSQL refuses to run as root: a server for data below /root would
have nowhere to be. A link keeps all processes together, also when the data folder is opened to others later.
"""

import os
from contextlib import suppress
from pathlib import Path

from service.embedded.accounts import BETTER_PLACE, choose_account, first_closed
from service.embedded.errors import DataFolderError
from service.embedded.home import Home


def place(data_dir: Path) -> Home:
    """Return the home of a data folder, with the link made if it has to lie elsewhere.

    Raises:
        DataFolderError: the link is somebody else's, or can't be made.
    """
    home = Home(data_dir.resolve())
    if not home.folder.is_symlink():
        if os.geteuid() != 0 or not _must_lie_elsewhere(home):
            return home
        _link(home)
    if home.folder.lstat().st_uid != os.geteuid():
        message = f"{home.folder} is a link made by another account: remove it, or run as the account that owns it."
        raise DataFolderError(message)
    return Home(home.folder.resolve().parent)


def _must_lie_elsewhere(home: Home) -> bool:
    if not str(home.data_dir).isprintable() or home.folder.exists():
        return False
    existing = next(folder for folder in (home.data_dir, *home.data_dir.parents) if folder.exists())
    return first_closed(choose_account(home), existing) is not None


def _link(home: Home) -> None:
    elsewhere = Path(BETTER_PLACE) / home.name
    try:
        home.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Another process may do the same, to the same end.
        with suppress(FileExistsError):
            home.folder.symlink_to(elsewhere / home.folder.name)
    except OSError as error:
        message = f"{home.folder} cannot be made a link to {elsewhere} ({error.strerror}): set AX_DATA_DIR to another."
        raise DataFolderError(message) from error
