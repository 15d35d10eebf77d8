from typing import Annotated

import httpx
import pytest
from fastapi import FastAPI, Query

from service.app import create_app
from service.dependencies import BucketDep, CallerDep, DatabaseDep, FlagsDep, ServicesDep
from service.settings import Settings
from service.stack import OWNER_ID
from service.tests.support import assert_problem, connect, serve


@pytest.fixture(scope="module")
def probe(settings: Settings) -> FastAPI:
    """An application with an endpoint that returns what it depends on."""
    app = create_app(settings)

    async def show(
        services: ServicesDep,
        caller: CallerDep,
        flags: FlagsDep,
        db: DatabaseDep,
        bucket: BucketDep,
        table: Annotated[str, Query()] = "files",
    ) -> dict[str, object]:
        rows = await db.rows(db.table(table).select("owner_id").limit(1))
        return {
            "caller": caller.id,
            "owners": [row["owner_id"] for row in rows],
            "workers": flags.signing_workers,
            "bucket": bucket.name == services.settings.s3_bucket,
        }

    app.add_api_route("/show", show)
    return app


def test_an_endpoint_gets_what_it_depends_on(probe: FastAPI, token: str) -> None:
    """Caller, flags, database and bucket of a request arrive, the database as the caller."""
    with serve(probe) as url, connect(url, token, "signing_workers=3") as client:
        shown = client.get("/show").json()

    assert {"caller": OWNER_ID, "owners": [OWNER_ID], "workers": 3, "bucket": True} == shown


def test_several_headers_are_one_list(base_url: str, token: str) -> None:
    """Flags may be spread over several headers; a mistake in any of them is reported."""
    headers = [("Versus-Flags", "signing_workers=3"), ("Versus-Flags", "speed=max")]
    with connect(base_url, token, "") as client:
        del client.headers["Versus-Flags"]
        request = client.build_request("GET", "/v1/me", headers=httpx.Headers(headers))
        problem = assert_problem(client.send(request), 400)

    assert "'speed' is not a flag" in problem["detail"]
