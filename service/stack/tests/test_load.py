import boto3
from botocore.config import Config

from service.stack import OWNER_ID, Endpoints, mint_token, seed
from service.tests.support import fetch


def test_seeded_files_are_in_the_bucket(stack: Endpoints) -> None:
    """Every seeded file and thumbnail is an object with the seeded bytes or length."""
    bucket = boto3.client(
        "s3",
        endpoint_url=stack.s3_endpoint,
        aws_access_key_id=stack.s3_access_key_id,
        aws_secret_access_key=stack.s3_secret_access_key,
        region_name="auto",
        config=Config(s3={"addressing_style": "path"}),
    )
    files = [file for file in seed.files("small", 1) if file.owner_id == OWNER_ID]
    listed = {
        item["Key"]: item["Size"]
        for page in bucket.get_paginator("list_objects_v2").paginate(
            Bucket=stack.s3_bucket, Prefix=OWNER_ID
        )
        for item in page["Contents"]
    }
    first = bucket.get_object(Bucket=stack.s3_bucket, Key=files[0].thumbnail_key)

    for file in files:
        assert len(file.content) == listed[file.object_key]
        assert len(file.thumbnail) == listed[str(file.thumbnail_key)]
    assert ("image/png", files[0].thumbnail) == (first["ContentType"], first["Body"].read())


def test_seeded_rows_are_in_the_database(stack: Endpoints) -> None:
    """The rows are those of the generator, with counts and updated_at from the triggers."""
    expected = [flow for flow in seed.workflows("small", 1) if flow.owner_id == OWNER_ID]
    token = mint_token(stack.jwt_secret, OWNER_ID)
    select = "id,updated_at,workflow_versions(version_number,node_count,payload)"
    response = fetch(
        f"{stack.supabase_url}/workflows?select={select}&id=eq.{expected[0].id}",
        headers={"Authorization": f"Bearer {token}"},
    )

    (row,) = response.json()
    versions = row["workflow_versions"]
    assert len(expected[0].versions) == len(versions)
    assert [len(v["payload"]["nodes"]) for v in versions] == [v["node_count"] for v in versions]
    assert expected[0].versions[-1].created_at.isoformat() == row["updated_at"]
