"""The embedded PostgREST server: Supabase's REST interface over the embedded Postgres."""

from pathlib import Path

from service.stack import binaries
from service.stack.ports import LOOPBACK, answers_ok
from service.stack.process import Command, Process

READY_WITHIN_S = 20.0
STOP_WITHIN_S = 3.0
AUTHENTICATOR = "authenticator"
"""The role that PostgREST connects as; it then switches to the role that a token names."""

_CONFIG = """\
db-uri = "postgresql://{role}:{password}@{host}:{postgres_port}/postgres"
db-schemas = "public"
db-anon-role = "anon"
jwt-secret = "{jwt_secret}"
jwt-aud = "authenticated"
db-pool = 10
# The default, 30 s, would reconnect in the middle of a run.
db-pool-max-idletime = 3600
db-max-rows = {max_rows}
db-aggregates-enabled = true
db-plan-enabled = true
openapi-mode = "disabled"
server-host = "{host}"
server-port = {port}
admin-server-port = {admin_port}
log-level = "crit"
"""


class Postgrest:
    """A server on one port, with its health check on another."""

    name = "postgrest"

    def __init__(
        self, directory: Path, ports: list[int], *, postgres_port: int, password: str,
        jwt_secret: str, max_rows: int, log: Path,
    ) -> None:  # fmt: skip  # one line a setting would hide the short body
        self.port, self._admin_port = ports
        config = directory / "postgrest.conf"
        config.touch(mode=0o600)
        config.write_text(
            _CONFIG.format(
                host=LOOPBACK,
                postgres_port=postgres_port,
                role=AUTHENTICATOR,
                password=password,
                jwt_secret=jwt_secret,
                max_rows=max_rows,
                port=self.port,
                admin_port=self._admin_port,
            )
        )
        # By its name alone, because the locale may not know all characters of the folder's.
        command = Command([binaries.postgrest(), config.name], cwd=directory)
        self.process = Process(self.name, command, log)

    @property
    def url(self) -> str:
        """The server's address; tables are directly below, without Supabase's /rest/v1."""
        return f"http://{LOOPBACK}:{self.port}"

    def is_ready(self) -> bool:
        """Whether it is connected to the database and has read the schema."""
        return answers_ok(self._admin_port, "/ready", timeout_s=1)
