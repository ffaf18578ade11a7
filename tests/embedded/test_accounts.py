import os
import pwd
import re
import shutil
from pathlib import Path

import pytest

from service.embedded import attach
from service.embedded.accounts import Account, choose_account
from service.embedded.binaries import find_programs
from service.embedded.errors import DataFolderError
from service.embedded.home import Home
from service.embedded.processes import find_all, find_servers
from tests.embedded.owners import Ask, StartOwner

pytestmark = pytest.mark.timeout(60)

ordinary = pytest.mark.parametrize("account", [None, "nobody"] if os.geteuid() == 0 else [None], ids=str)
"""This process' own account and, where it is root and can become another, an ordinary one."""


@ordinary
def test_every_account_can_have_a_server(folder: Path, start_owner: StartOwner, ask: Ask, account: str | None) -> None:
    home = folder / "home"
    _make_folder(home, account)
    owner = start_owner(home / "data", account=account)
    assert ask(owner.told(), "SELECT current_user") == "axreg_app"
    owner.close()
    assert find_all(Home(home / "data")) == []


@ordinary
def test_server_never_runs_as_root(data_dir: Path, start_owner: StartOwner, account: str | None) -> None:
    _make_folder(data_dir, account)
    start_owner(data_dir, account=account).told()
    pid = min(find_servers(Home(data_dir)))
    assert Path(f"/proc/{pid}").stat().st_uid != 0


def test_data_are_closed_to_others(data_dir: Path) -> None:
    with attach(data_dir, durable=False) as server:
        closed = [data_dir / "postgres", data_dir / "postgres" / "data", server.socket_dir]
        assert [oct(folder.stat().st_mode & 0o777) for folder in closed] == ["0o700"] * 3


@pytest.mark.usefixtures("as_root")
def test_root_goes_on_with_an_ordinary_accounts_data(data_dir: Path, start_owner: StartOwner, ask: Ask) -> None:
    _make_folder(data_dir, "nobody")
    owner = start_owner(data_dir, account="nobody")
    ask(owner.told(), "CREATE TABLE kept AS SELECT 42 AS number", role="axreg_owner")
    owner.close()
    with attach(data_dir, durable=False) as server:
        assert ask(server, "SELECT number FROM kept", role="axreg_owner") == "42"
    assert {file.stat().st_uid for file in data_dir.rglob("*")} == {pwd.getpwnam("nobody").pw_uid}


@pytest.mark.usefixtures("as_root")
def test_root_and_the_datas_owner_share_one_server(data_dir: Path, start_owner: StartOwner, ask: Ask) -> None:
    _make_folder(data_dir, "nobody")
    told = start_owner(data_dir, account="nobody").told()
    with attach(data_dir, durable=False) as server:
        assert len({ask(each, "SELECT pg_postmaster_start_time()") for each in (told, server)}) == 1


@pytest.mark.usefixtures("as_root")
def test_ordinary_account_is_told_whose_the_data_are(data_dir: Path, start_owner: StartOwner) -> None:
    with attach(data_dir, durable=False):
        told = start_owner(data_dir, account="nobody").told()
    assert told["error"] == "DataFolderError"
    assert re.search(r"belongs to account postgres, and this is nobody: run as postgres or root", told["message"])


@pytest.fixture
def closed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that root alone can enter, such as /root; and another place instead of /var/lib."""
    monkeypatch.setattr("service.embedded.placing.BETTER_PLACE", str(folder / "better"))
    (folder / "closed").mkdir(mode=0o700)
    return folder / "closed"


@pytest.mark.usefixtures("as_root")
def test_data_that_the_servers_account_cannot_reach_lie_elsewhere_behind_a_link(closed: Path, ask: Ask) -> None:
    with attach(closed / "data", durable=False) as server:
        ask(server, "CREATE TABLE kept AS SELECT 42 AS number", role="axreg_owner")
        assert server.data_dir.parent == closed.parent / "better"
    # Opened to others later, the folder still leads to the same data.
    closed.chmod(0o755)
    (closed / "data").chmod(0o755)
    with attach(closed / "data", durable=False) as server:
        assert ask(server, "SELECT number FROM kept", role="axreg_owner") == "42"
    assert (closed / "data" / "postgres").resolve() == server.data_dir / "postgres"


@pytest.mark.usefixtures("as_root")
def test_closed_folder_is_left_as_it_is(closed: Path) -> None:
    attach(closed / "data", durable=False).close()
    assert closed.stat().st_mode & 0o777 == 0o700
    assert (closed / "data").stat().st_mode & 0o777 == 0o700


@pytest.mark.usefixtures("as_root")
def test_link_made_by_another_account_is_not_followed(closed: Path) -> None:
    attach(closed / "data", durable=False).close()
    os.chown(closed / "data" / "postgres", pwd.getpwnam("nobody").pw_uid, -1, follow_symlinks=False)
    with pytest.raises(DataFolderError, match=r"is a link made by another account: remove it"):
        attach(closed / "data", durable=False)


@pytest.mark.usefixtures("as_root")
def test_data_that_their_own_account_cannot_reach_are_refused_with_a_better_place(closed: Path) -> None:
    _make_folder(closed / "data", "nobody")
    _make_folder(closed / "data" / "postgres", "nobody")
    with pytest.raises(DataFolderError, match=rf"cannot enter {closed}: set AX_DATA_DIR to .*/var/lib/ax-registry"):
        attach(closed / "data", durable=False)


@pytest.mark.usefixtures("as_root")
def test_cluster_that_belongs_to_root_is_refused(data_dir: Path) -> None:
    (data_dir / "postgres" / "data").mkdir(parents=True)
    with pytest.raises(DataFolderError, match=r"belongs to root.*: chown -R it to an ordinary account"):
        attach(data_dir, durable=False)


@pytest.mark.usefixtures("as_root")
def test_programs_out_of_the_servers_reach_are_copied_beside_the_data(folder: Path, data_dir: Path, ask: Ask) -> None:
    hidden = folder / "hidden"
    hidden.mkdir(mode=0o700)
    package = find_programs(None).bin_dir.parents[1]
    shutil.copytree(package, hidden / "site" / package.name)
    shutil.copytree(package.with_name(package.name + ".libs"), hidden / "site" / f"{package.name}.libs")
    bin_dir = hidden / "site" / package.name / "pginstall" / "bin"
    for _ in ("copied", "found again"):
        with attach(data_dir, durable=False, bin_dir=bin_dir) as server:
            assert ask(server, "SELECT 1") == "1"
    assert [found.name for found in data_dir.glob("postgres-programs-*")] == [f"postgres-programs-{server.version}"]


def test_owner_of_a_folder_without_a_name_is_called_by_number() -> None:
    assert Account(uid=4_000_000, gid=4_000_000).name == "4000000"


def test_own_account_needs_no_switch() -> None:
    assert Account(uid=os.geteuid(), gid=os.getegid()).switch is None


@pytest.mark.usefixtures("as_root")
def test_nameless_owner_of_the_data_is_acted_for(data_dir: Path) -> None:
    (data_dir / "postgres").mkdir(parents=True)
    os.chown(data_dir / "postgres", 4_000_000, 4_000_001)
    assert choose_account(Home(data_dir)) == Account(uid=4_000_000, gid=4_000_001)


def test_ordinary_account_serves_itself(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    uid = pwd.getpwnam("nobody").pw_uid
    monkeypatch.setattr(os, "geteuid", lambda: uid)
    assert choose_account(Home(data_dir)) == Account(uid=uid, gid=os.getegid())


def test_ordinary_account_cannot_act_for_the_datas_owner(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (data_dir / "postgres" / "data").mkdir(parents=True)
    monkeypatch.setattr("service.embedded.accounts._owner", lambda _: Account(uid=4_000_000, gid=4_000_000))
    monkeypatch.setattr(os, "geteuid", lambda: pwd.getpwnam("nobody").pw_uid)
    with pytest.raises(
        DataFolderError, match=r"belongs to account 4000000, and this is nobody: run as 4000000 or root"
    ):
        choose_account(Home(data_dir))


def test_user_id_without_a_name_is_told_why_that_will_not_do(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 4_000_000)
    with pytest.raises(DataFolderError, match=r"4000000 has no name.* add it to /etc/passwd, or set AX_DATABASE_URL"):
        choose_account(Home(data_dir))


def test_root_without_an_account_to_become_is_told_so(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr("service.embedded.accounts._PREFERRED", ("no-such-account",))
    with pytest.raises(DataFolderError, match=r"run as an ordinary account"):
        choose_account(Home(data_dir))


def _make_folder(folder: Path, account: str | None) -> None:
    folder.mkdir()
    if account is not None:
        entry = pwd.getpwnam(account)
        os.chown(folder, entry.pw_uid, entry.pw_gid)
