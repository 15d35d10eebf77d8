"""The embedded S3 object store: SeaweedFS in one process."""

import json
import signal
import tempfile
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from service.stack import binaries
from service.stack.ports import LOOPBACK
from service.stack.process import Command, Process

READY_WITHIN_S = 30.0
STOP_WITHIN_S = 5.0
BUCKET = "assets"

_PORT_FLAGS = [
    f"{part}.port{kind}"
    for part in ("s3", "master", "volume", "filer", "admin")
    for kind in ("", ".grpc")
]
PORT_COUNT = len(_PORT_FLAGS)
_FLAGS = {
    "ip": LOOPBACK,
    "ip.bind": LOOPBACK,
    "s3.port.iceberg": "0",
    "s3.port.lance": "0",
    "s3.iam": "false",
    "s3.autoCreateBucket": "false",  # would hide a wrong bucket name
    "bucket": BUCKET,
    "webdav": "false",
    "admin.ui": "false",
    "master.telemetry": "false",  # on unless told otherwise
    "volume.preStopSeconds": "0",
}


class ObjectStore:
    """A server with one bucket; `directory` keeps its objects, `ports` are PORT_COUNT free ones."""

    name = "object_store"

    def __init__(
        self, directory: Path, ports: list[int], access_key_id: str, secret_access_key: str,
        log: Path,
    ) -> None:  # fmt: skip  # one line an argument would hide the short body
        self._ports = ports
        self._access_key_id = access_key_id
        self._secret_access_key = secret_access_key
        directory.mkdir(parents=True, exist_ok=True)
        credentials = directory.with_suffix(".json")
        credentials.touch(mode=0o600)
        credentials.write_text(json.dumps(self._identities()))
        flags = _FLAGS | dict(zip(_PORT_FLAGS, map(str, ports), strict=True))
        flags |= {"dir": str(directory), "s3.config": str(credentials)}
        argv: list[str | Path] = [binaries.weed(), f"-logdir={log.parent}", "mini"]
        argv += [f"-{flag}={value}" for flag, value in flags.items()]
        self._probe = self.client()
        # Two stop signals can make it hang in its own shutdown; an orphan is better killed.
        command = Command(argv, orphan_signal=signal.SIGKILL)
        self.process = Process(self.name, command, log)

    @property
    def port(self) -> int:
        """Where S3 is spoken."""
        return self._ports[0]

    @property
    def url(self) -> str:
        """The S3 endpoint."""
        return f"http://{LOOPBACK}:{self.port}"

    def client(self, connections_max: int = 10) -> Any:
        """A client with the store's credentials that answers or fails at once."""
        config = Config(
            s3={"addressing_style": "path"},
            signature_version="s3v4",
            retries={"total_max_attempts": 1},
            connect_timeout=1,
            read_timeout=10,
            max_pool_connections=connections_max,
            proxies={},  # none on the way to loopback, whatever the environment says
        )
        return boto3.client(
            "s3",
            endpoint_url=self.url,
            aws_access_key_id=self._access_key_id,
            aws_secret_access_key=self._secret_access_key,
            region_name="auto",
            config=config,
        )

    def is_ready(self) -> bool:
        """Whether an object can be stored: its health page says yes well before that."""
        try:
            self._probe.put_object(Bucket=BUCKET, Key=".ready", Body=b"")
        except (BotoCoreError, ClientError):
            return False
        return True

    def remove_sockets(self) -> None:
        """Remove the sockets that a stopped SeaweedFS leaves in the folder for temporary files."""
        for folder in {Path("/tmp"), Path(tempfile.gettempdir())}:  # noqa: S108  # its choice
            for port in self._ports:
                for leftover in folder.glob(f"seaweedfs-*-{port}.sock"):
                    leftover.unlink(missing_ok=True)

    def _identities(self) -> dict[str, object]:
        credentials = {"accessKey": self._access_key_id, "secretKey": self._secret_access_key}
        actions = ["Admin", "Read", "Write", "List", "Tagging"]
        return {"identities": [{"name": "app", "credentials": [credentials], "actions": actions}]}
