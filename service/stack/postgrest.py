"""The embedded PostgREST server: Supabase's REST interface over the embedded Postgres."""

import http.client
from pathlib import Path

from service.stack import binaries
from service.stack.ports import LOOPBACK
from service.stack.process import Command, Process

READY_WITHIN_S = 20.0
STOP_WITHIN_S = 3.0
AUTHENTICATOR = "authenticator"
"""The role it connects as, to become the one that a token names."""

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
    """A server on one port, with its health on another."""

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
        self.process = Process(self.name, Command([binaries.postgrest(), config]), log)

    @property
    def url(self) -> str:
        """Where it answers; tables are directly below, without Supabase's /rest/v1."""
        return f"http://{LOOPBACK}:{self.port}"

    def is_ready(self) -> bool:
        """Whether it has its connections and has read the schema."""
        connection = http.client.HTTPConnection(LOOPBACK, self._admin_port, timeout=1)
        try:
            connection.request("GET", "/ready")
            return connection.getresponse().status == http.client.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
