"""Loads the seed data into a migrated database and an empty bucket."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from botocore.exceptions import BotoCoreError, ClientError

from service.stack import seed as seeds
from service.stack.errors import StackError
from service.stack.object_store import BUCKET, ObjectStore
from service.stack.postgres import Psql

_UPLOADS_AT_ONCE = 8


def load(psql: Psql, store: ObjectStore, size: str, seed: int) -> None:
    """Load everything; the database gets all of it or nothing."""
    psql.run("--single-transaction", "-f", "-", script=copy_script(size, seed))
    _upload(store, list(seeds.files(size, seed)))
    # The planner has statistics from the first request on, and index-only scans are possible.
    psql.run("-c", "vacuum analyze")


def copy_script(size: str, seed: int) -> Iterator[bytes]:
    """The rows as a psql script of COPY statements, one workflow at a time."""
    for workflow in seeds.workflows(size, seed):
        yield b"copy workflows (id, owner_id, name, description, is_template, created_at, "
        yield b"updated_at) from stdin;\n"
        # A trigger moves updated_at forward when the versions are inserted.
        yield _row(
            workflow.id,
            workflow.owner_id,
            workflow.name,
            workflow.description,
            "t" if workflow.is_template else "f",
            workflow.created_at.isoformat(),
            workflow.created_at.isoformat(),
        )
        yield b"\\.\ncopy workflow_versions (id, workflow_id, version_number, payload, created_at) "
        yield b"from stdin;\n"
        for version in workflow.versions:
            yield _row(
                version.id,
                workflow.id,
                str(version.version_number),
                version.payload,
                version.created_at.isoformat(),
            )
        yield b"\\.\n"
    yield from _copy_files(size, seed)


def _copy_files(size: str, seed: int) -> Iterator[bytes]:
    yield b"copy files (id, owner_id, name, content_type, size_bytes, object_key, thumbnail_key, "
    yield b"created_at) from stdin;\n"
    for file in seeds.files(size, seed):
        yield _row(
            file.id,
            file.owner_id,
            file.name,
            file.content_type,
            str(len(file.content)),
            file.object_key,
            file.thumbnail_key,
            file.created_at.isoformat(),
        )
    yield b"\\.\n"


def _row(*values: str | None) -> bytes:
    fields = (r"\N" if value is None else _escaped(value) for value in values)
    return ("\t".join(fields) + "\n").encode()


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")


def _upload(store: ObjectStore, files: list[seeds.File]) -> None:
    client = store.client(connections_max=_UPLOADS_AT_ONCE)
    objects = [(file.object_key, file.content_type, file.content) for file in files]
    objects += [(f.thumbnail_key, "image/png", f.thumbnail) for f in files if f.thumbnail_key]

    def put(item: tuple[str, str, bytes]) -> None:
        key, content_type, body = item
        client.put_object(Bucket=BUCKET, Key=key, Body=body, ContentType=content_type)

    pool = ThreadPoolExecutor(_UPLOADS_AT_ONCE)
    try:
        list(pool.map(put, objects))
    except (BotoCoreError, ClientError) as error:
        raise StackError(f"{store.url}/{BUCKET}: cannot store the seed files: {error}") from error
    finally:
        pool.shutdown(cancel_futures=True)
