"""The embedded S3 object store: SeaweedFS in one process."""

import json
import os
import secrets
import signal
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from service.stack import binaries
from service.stack.folders import SOCKETS
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
    "master.telemetry": "false",  # on by default
    "volume.preStopSeconds": "0",
}
# S3 checks signatures, but its other parts answer plain HTTP requests of every user of the machine.
# With these keys they answer only each other.
_KEYS = [f"WEED_JWT_{part}SIGNING_{kind}KEY" for part in ("", "FILER_") for kind in ("", "READ_")]


class ObjectStore:
    """A server with one bucket."""

    name = "object_store"

    def __init__(
        self,
        directory: Path,
        ports: list[int],
        access_key_id: str,
        secret_access_key: str,
        log: Path,
        stop_signal: signal.Signals = signal.SIGTERM,
    ) -> None:
        """Start the server.

        Args:
            directory: keeps its objects.
            ports: PORT_COUNT free ports.
            access_key_id: of the only user.
            secret_access_key: of the only user.
            log: takes its output.
            stop_signal: SIGTERM saves the objects, which takes a second; SIGKILL does not.
        """
        self._ports = ports
        self._access_key_id = access_key_id
        self._secret_access_key = secret_access_key
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        (directory.parent / SOCKETS).write_text("\n".join(self._sockets()))
        credentials = directory.with_suffix(".json")
        credentials.touch(mode=0o600)
        credentials.write_text(json.dumps(self._identities()))
        flags = _FLAGS | dict(zip(_PORT_FLAGS, map(str, ports), strict=True))
        flags |= {"dir": str(directory), "s3.config": str(credentials)}
        argv: list[str | Path] = [binaries.weed(), f"-logdir={log.parent}", "mini"]
        argv += [f"-{flag}={value}" for flag, value in flags.items()]
        self._probe = self.client()
        # Two stop signals can make it hang in its own shutdown, so an orphan is killed at once.
        command = Command(
            argv,
            environment={**os.environ, **{key: secrets.token_hex(24) for key in _KEYS}},
            stop_signal=stop_signal,
            orphan_signal=signal.SIGKILL,
        )
        self.process = Process(self.name, command, log)

    @property
    def port(self) -> int:
        """The port of the S3 interface."""
        return self._ports[0]

    @property
    def url(self) -> str:
        """The S3 endpoint."""
        return f"http://{LOOPBACK}:{self.port}"

    def client(self, connections_max: int = 10) -> Any:
        """A client with the store's credentials, without retries."""
        config = Config(
            s3={"addressing_style": "path"},
            signature_version="s3v4",
            retries={"total_max_attempts": 1},
            connect_timeout=1,
            read_timeout=10,
            max_pool_connections=connections_max,
            proxies={},  # none for loopback, whatever the environment sets
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
        """Whether an object can be stored; its health page is positive well before that."""
        try:
            self._probe.put_object(Bucket=BUCKET, Key=".ready", Body=b"")
        except (BotoCoreError, ClientError):
            return False
        return True

    def _sockets(self) -> list[str]:
        """The sockets that it creates in /tmp and leaves behind when it is killed."""
        ports = dict(zip(_PORT_FLAGS, self._ports, strict=True))
        names = [("s3", "s3.port"), ("filer", "filer.port")]
        names += [
            (flag.removesuffix(".port.grpc") + "-grpc", flag) for flag in ports if "grpc" in flag
        ]
        return [f"/tmp/seaweedfs-{name}-{ports[flag]}.sock" for name, flag in names]  # noqa: S108  # its choice

    def _identities(self) -> dict[str, object]:
        credentials = {"accessKey": self._access_key_id, "secretKey": self._secret_access_key}
        actions = ["Admin", "Read", "Write", "List", "Tagging"]
        return {"identities": [{"name": "app", "credentials": [credentials], "actions": actions}]}
