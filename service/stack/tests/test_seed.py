import hashlib
import json
import struct
import zlib
from itertools import chain

import pytest

from service.stack import LIBRARY_OWNER_ID, OWNER_ID, seed
from service.stack.load import copy_script


def digest(size: str, number: int) -> str:
    script = hashlib.sha256(b"".join(copy_script(size, number)))
    for file in seed.files(size, number):
        script.update(file.content + file.thumbnail)
    return script.hexdigest()


def chunks_of(png: bytes) -> dict[bytes, bytes]:
    """Contents of a PNG's chunks by kind, their checksums proven."""
    found = {}
    start = 8
    while start < len(png):
        (length,) = struct.unpack(">I", png[start : start + 4])
        body = png[start + 4 : start + 8 + length]
        assert struct.pack(">I", zlib.crc32(body)) == png[start + 8 + length : start + 12 + length]
        found[body[:4]] = body[4:]
        start += 12 + length
    return found


def test_same_seed_same_data() -> None:
    """Size and seed determine every byte."""
    assert digest("small", 1) == digest("small", 1)
    assert digest("small", 1) != digest("small", 2)


@pytest.mark.parametrize("size", ["small", "medium"])
def test_lists_have_a_second_page(size: str) -> None:
    """The main owner's workflows and files, and the templates, fill more than one page."""
    owners = [workflow.owner_id for workflow in seed.workflows(size, 1)]
    files = [file for file in seed.files(size, 1) if file.owner_id == OWNER_ID]

    assert min(owners.count(OWNER_ID), owners.count(LIBRARY_OWNER_ID), len(files)) > 50


def test_medium_has_the_published_shape() -> None:
    """The medium first page has 3 to 10 versions each and about 30 MB, skewed up to over 1 MB."""
    page = [flow for flow in seed.workflows("medium", 1) if flow.owner_id == OWNER_ID][:50]
    sizes = sorted(len(v.payload) for v in chain.from_iterable(flow.versions for flow in page))

    assert {3, 10} == {min(len(f.versions) for f in page), max(len(f.versions) for f in page)}
    assert 25e6 < sum(sizes) < 35e6
    assert 8_000 < sizes[0] < 15_000
    assert sizes[-1] > 1_000_000
    assert sizes[len(sizes) // 2] < sum(sizes) / len(sizes) / 1.5


def test_newest_first_in_time() -> None:
    """Within an owner created_at falls, and a workflow's versions rise in number and time."""
    own = [flow for flow in seed.workflows("small", 1) if flow.owner_id == OWNER_ID]
    created = [flow.created_at for flow in own]

    assert sorted(created, reverse=True) == created
    for flow in own:
        assert list(range(1, len(flow.versions) + 1)) == [v.version_number for v in flow.versions]
        moments = [version.created_at for version in flow.versions]
        assert sorted(moments) == moments


def test_payloads_are_graphs() -> None:
    """Every edge connects nodes of its payload, and node and edge ids are unique."""
    for flow in seed.workflows("small", 1):
        for version in flow.versions:
            graph = json.loads(version.payload)
            nodes = [node["id"] for node in graph["nodes"]]
            edges = [edge["id"] for edge in graph["edges"]]
            ends = {edge[end] for edge in graph["edges"] for end in ("source", "target")}

            assert len(nodes) == len(set(nodes))
            assert len(edges) == len(set(edges))
            assert ends <= set(nodes)


def test_images_are_valid_and_distinct_pngs() -> None:
    """Every image and thumbnail is a PNG of its own whose checksums and pixels are right."""
    images = [file for file in seed.files("small", 1) if file.content_type == "image/png"]
    pngs = [png for file in images for png in (file.content, file.thumbnail)]

    for png in pngs:
        width, height = struct.unpack(">II", png[16:24])
        chunks = chunks_of(png)
        pixels = zlib.decompress(chunks[b"IDAT"])

        assert b"\x89PNG\r\n\x1a\n" == png[:8]
        assert [b"IHDR", b"PLTE", b"IDAT", b"IEND"] == list(chunks)
        assert height * (1 + width) == len(pixels)
        assert max(pixels) < len(chunks[b"PLTE"]) / 3
    assert len(pngs) == len(set(pngs))
