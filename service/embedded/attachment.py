"""Joining and leaving the server; the order of locks is change, then owners, then life."""

import atexit
import os
from pathlib import Path

from service.embedded.accounts import Account, choose_account
from service.embedded.attached import Attached
from service.embedded.binaries import Programs, find_programs, runnable_by
from service.embedded.creation import check_major, create_cluster, prepare_home
from service.embedded.home import Home
from service.embedded.locks import alone, open_private, share, take_if_free
from service.embedded.pid_file import is_stopping
from service.embedded.placing import place
from service.embedded.server import join_running, start, stop


def attach_here(data_dir: Path, *, durable: bool, bin_dir: Path | None) -> Attached:
    """Do what `attach` promises, on a system with accounts and file locks."""
    programs = find_programs(bin_dir)
    home = place(data_dir)
    account = choose_account(home)
    prepare_home(home, account)
    member = _Member(home, account, programs, durable=durable)
    socket_dir = member.join()
    return Attached(
        data_dir=home.data_dir,
        socket_dir=socket_dir,
        bin_dir=programs.bin_dir,
        version=programs.version,
        leave=member.leave,
        revive=member.revive,
    )


class _Member:
    """This process' hold on the owners' lock."""

    def __init__(self, home: Home, account: Account, programs: Programs, *, durable: bool) -> None:
        self._home = home
        self._account = account
        self._programs = programs
        self._durable = durable
        self._process = os.getpid()
        self._hold = -1

    def join(self) -> Path:
        """Take the hold and return the socket folder of a server that accepts connections."""
        with alone(self._home.change_lock, self._account):
            hold = open_private(self._home.owners_lock, self._account)
            try:
                if take_if_free(hold):
                    # Nobody owns a server that may still run: its owners were killed. Begin afresh.
                    stop(self._home, self._account)
                share(hold)
                socket_folder = self._ensure_running()
            except BaseException:
                os.close(hold)
                raise
        self._hold = hold
        atexit.register(self.leave)
        return socket_folder

    def revive(self) -> None:
        """Start the server if it is not running."""
        with alone(self._home.change_lock, self._account):
            self._ensure_running()

    def leave(self) -> None:
        """Give up the hold; stop the server if it was the last one."""
        hold, self._hold = self._hold, -1
        if hold < 0:
            return
        atexit.unregister(self.leave)
        try:
            if os.getpid() == self._process:
                with alone(self._home.change_lock, self._account):
                    if take_if_free(hold):
                        stop(self._home, self._account)
        finally:
            os.close(hold)

    def _ensure_running(self) -> Path:
        home, account = self._home, self._account
        check_major(home, self._programs)
        if is_stopping(home):
            stop(home, account)
        running = join_running(home)
        if running is not None:
            return running
        # The rest of a killed server: its orphans must be gone before their lock files are removed.
        stop(home, account)
        bin_dir = runnable_by(account, self._programs, home)
        create_cluster(home, account, bin_dir=bin_dir, major=self._programs.major, durable=self._durable)
        return start(home, account, bin_dir=bin_dir, durable=self._durable)
