"""The seed data: a pure function of size and seed, without clock, network or files.

Owners, a curated library of templates, workflows whose versions hold node graphs as an editor saves
them, and images with thumbnails. Each workflow and each file has its own random generator, so that
adding one does not change the others.
"""

# ruff: noqa: S311 -- random test data, no secrets

import json
import math
import struct
import uuid
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from statistics import NormalDist
from typing import Any

OWNER_ID = "7d1f2c9a-5b0e-4c43-9a6e-0f4b8c2d1e01"
OTHER_OWNER_ID = "c2a64e57-91d3-4f08-8b7c-6e5d4f3a2b02"
LIBRARY_OWNER_ID = "f0e1d2c3-b4a5-4968-8776-655443322103"

_PAGE = 50  # rows on one page of every list
_NEWEST = datetime(2025, 6, 1, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Graphs:
    """How many workflows, and how large their payloads are.

    Attributes:
        workflows: number of workflows.
        versions_min: fewest versions of one workflow.
        versions_max: most versions of one workflow.
        median_bytes: payload of the median workflow's last version.
        skew: standard deviation of the payload's logarithm; 0 makes all equally large.
        max_bytes: the largest payload.
    """

    workflows: int
    versions_min: int
    versions_max: int
    median_bytes: int
    skew: float
    max_bytes: int


@dataclass(frozen=True)
class Size:
    """The amounts of one size of seed data; the first page of every list is full in all of them."""

    own: Graphs
    templates: Graphs
    other: Graphs
    files: int


_FEW = Graphs(4, 2, 3, 12_000, 0.2, 20_000)
SIZES = {
    "small": Size(
        own=Graphs(55, 3, 4, 15_000, 0.35, 40_000),
        templates=Graphs(52, 1, 2, 12_000, 0.2, 20_000),
        other=_FEW,
        files=55,
    ),
    "medium": Size(
        own=Graphs(60, 3, 10, 45_000, 1.42, 1_300_000),
        templates=Graphs(55, 2, 5, 36_000, 0.8, 300_000),
        other=_FEW,
        files=100,
    ),
    "large": Size(
        own=Graphs(120, 3, 10, 90_000, 1.42, 2_600_000),
        templates=Graphs(110, 2, 5, 72_000, 0.8, 600_000),
        other=_FEW,
        files=400,
    ),
}
_BYTES_MIN = 14_000


@dataclass(frozen=True)
class Version:
    """One saved state of a workflow; `payload` is JSON text."""

    id: str
    version_number: int
    payload: str
    created_at: datetime


@dataclass(frozen=True)
class Workflow:
    """A workflow or a template, with its versions in ascending order."""

    id: str
    owner_id: str
    name: str
    description: str
    is_template: bool
    created_at: datetime
    versions: tuple[Version, ...]


@dataclass(frozen=True)
class File:
    """A stored image, its thumbnail if it has one, and the objects' bytes."""

    id: str
    owner_id: str
    name: str
    content_type: str
    object_key: str
    content: bytes
    thumbnail_key: str | None
    thumbnail: bytes
    created_at: datetime


def workflows(size: str, seed: int) -> Iterator[Workflow]:
    """All workflows of all owners; within an owner the newest first."""
    amounts = SIZES[size]
    yield from _owned(f"{seed}/own", OWNER_ID, amounts.own, is_template=False)
    yield from _owned(f"{seed}/library", LIBRARY_OWNER_ID, amounts.templates, is_template=True)
    yield from _owned(f"{seed}/other", OTHER_OWNER_ID, amounts.other, is_template=False)


def files(size: str, seed: int) -> Iterator[File]:
    """All files of all owners; within an owner the newest first."""
    for index in range(SIZES[size].files):
        yield _image(Random(f"{seed}/file/{index}"), OWNER_ID, index)
    for index in range(5):
        yield _image(Random(f"{seed}/other-file/{index}"), OTHER_OWNER_ID, index)
    yield _note(Random(f"{seed}/note"), OTHER_OWNER_ID, 5)


def _owned(label: str, owner_id: str, graphs: Graphs, *, is_template: bool) -> Iterator[Workflow]:
    sizes = _payload_sizes(Random(f"{label}/sizes"), graphs)
    for index, payload_bytes in enumerate(sizes):
        rng = Random(f"{label}/{index}")
        created_at = _moment(rng, index)
        # Many versions of the few very large graphs would make the total size vary with the seed.
        most = graphs.versions_max if payload_bytes < 400_000 else min(graphs.versions_max, 6)
        count = rng.randint(graphs.versions_min, most)
        yield Workflow(
            id=_uuid(rng),
            owner_id=owner_id,
            name=f"{rng.choice(_SUBJECTS).capitalize()} {rng.choice(_PURPOSES)} {index + 1}",
            description=_prose(rng, rng.randint(1, 3)),
            is_template=is_template,
            created_at=created_at,
            versions=tuple(graph_versions(rng, count, payload_bytes, created_at)),
        )


def _payload_sizes(rng: Random, graphs: Graphs) -> list[int]:
    """A skewed size for each workflow; every page holds the same spread, in random order."""
    sizes: list[int] = []
    for start in range(0, graphs.workflows, _PAGE):
        count = min(_PAGE, graphs.workflows - start)
        # Quantiles instead of draws, so that the pages of all seeds are equally heavy.
        ranks = [NormalDist().inv_cdf((rank + 0.5) / count) for rank in range(count)]
        page = [graphs.median_bytes * math.exp(graphs.skew * rank) for rank in ranks]
        rng.shuffle(page)
        sizes += [max(_BYTES_MIN, min(graphs.max_bytes, round(size))) for size in page]
    return sizes


def graph_versions(
    rng: Random, count: int, payload_bytes: int, created_at: datetime
) -> Iterator[Version]:
    """Successive states of one graph: it grows to about `payload_bytes`, and some nodes change."""
    nodes = _nodes(rng, payload_bytes)
    for number in range(1, count + 1):
        kept = max(2, round(len(nodes) * (0.75 + 0.25 * number / count)))
        for _ in range(kept // 30):
            changed = rng.randrange(kept)
            nodes[changed] = _node(rng, changed)
        edges = _edges(rng, kept)
        yield Version(
            id=_uuid(rng),
            version_number=number,
            payload=f'{{"nodes":[{",".join(nodes[:kept])}],"edges":[{",".join(edges)}]}}',
            created_at=created_at + timedelta(minutes=37 * (number - 1), seconds=rng.random() * 60),
        )


def _nodes(rng: Random, payload_bytes: int) -> list[str]:
    nodes: list[str] = []
    length = 0
    while length < payload_bytes:
        nodes.append(_node(rng, len(nodes)))
        length += len(nodes[-1]) + 120  # its share of the edges
    return nodes


def _node(rng: Random, index: int) -> str:
    kind = rng.choice(_KINDS)
    data: dict[str, Any] = {"label": f"{kind.rpartition('.')[2]} {index}", "params": _params(rng)}
    if kind.startswith("prompt"):
        data["prompt"] = _prose(rng, rng.randint(8, 40))
        data["negative_prompt"] = _prose(rng, rng.randint(1, 6))
    else:
        data["notes"] = _prose(rng, rng.randint(0, 3))
    node = {
        "id": f"n{index}",
        "type": kind,
        "position": {"x": index % 12 * 320 + rng.randrange(40), "y": index // 12 * 240},
        "width": 280,
        "height": rng.randint(120, 420),
        "data": data,
    }
    return json.dumps(node, separators=(",", ":"))


def _params(rng: Random) -> dict[str, Any]:
    return {
        "seed": rng.getrandbits(31),
        "steps": rng.randint(10, 60),
        "guidance": round(rng.uniform(1, 12), 2),
        "model": f"{rng.choice(_SUBJECTS)}-v{rng.randint(1, 5)}".replace(" ", "-"),
        "resolution": rng.choice([[512, 512], [1024, 768], [1280, 720]]),
        "enabled": rng.random() < 0.9,
    }


def _edges(rng: Random, node_count: int) -> Iterator[str]:
    """A connected graph without cycles: an earlier node leads to every node but the first."""
    for index in range(1, node_count):
        sources = {rng.randrange(max(0, index - 8), index) for _ in range(1 + (index % 4 == 0))}
        for handle, source in enumerate(sorted(sources)):
            yield (
                f'{{"id":"e{index}-{handle}","source":"n{source}","target":"n{index}",'
                f'"sourceHandle":"out","targetHandle":"in{handle}"}}'
            )


def _image(rng: Random, owner_id: str, index: int) -> File:
    file_id = _uuid(rng)
    return File(
        id=file_id,
        owner_id=owner_id,
        name=f"{rng.choice(_SUBJECTS).replace(' ', '-')}-{index + 1}.png",
        content_type="image/png",
        object_key=f"{owner_id}/files/{file_id}.png",
        content=_png(rng, 240, 180),
        thumbnail_key=f"{owner_id}/thumbnails/{file_id}.png",
        thumbnail=_png(rng, 160, 120),
        created_at=_moment(rng, index),
    )


def _note(rng: Random, owner_id: str, index: int) -> File:
    file_id = _uuid(rng)
    return File(
        id=file_id,
        owner_id=owner_id,
        name="notes.txt",
        content_type="text/plain",
        object_key=f"{owner_id}/files/{file_id}.txt",
        content=_prose(rng, 20).encode(),
        thumbnail_key=None,
        thumbnail=b"",
        created_at=_moment(rng, index),
    )


def _png(rng: Random, width: int, height: int) -> bytes:
    """A valid PNG of a landscape with a sun, different for every file, one byte per pixel."""
    palette = b"".join(_colour(rng, light) for light in (0.95, 0.8, 0.7, 0.45, 0.3))
    sky, sun, haze, far, near = (bytes([index]) for index in range(5))
    x, y, radius = rng.randrange(width), rng.randrange(height // 2), rng.uniform(0.06, 0.14) * width
    peaks = [(rng.randrange(width), rng.uniform(0.3, 0.6) * height, far)]
    peaks += [(rng.randrange(width), rng.uniform(0.5, 0.8) * height, near) for _ in range(2)]
    haze_row = rng.uniform(0.55, 0.8) * height
    rows = []
    for row in range(height):
        pixels = bytearray((haze if row > haze_row else sky) * width)
        if abs(row - y) < radius:
            _stretch(pixels, x, math.sqrt(radius**2 - (row - y) ** 2), sun)
        for peak, top, colour in peaks:
            _stretch(pixels, peak, 1.4 * (row - top), colour)
        rows.append(b"\0" + pixels)
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"PLTE", palette)]
    # Level 0, so that a file's size does not depend on the interpreter's zlib.
    chunks += [(b"IDAT", zlib.compress(b"".join(rows), 0)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, body) for kind, body in chunks)


def _colour(rng: Random, light: float) -> bytes:
    return bytes(round(255 * light * rng.uniform(0.6, 1)) for _ in range(3))


def _stretch(pixels: bytearray, middle: int, half: float, colour: bytes) -> None:
    """Colour the pixels of a row that are at most `half` away from the middle."""
    start, end = max(0, round(middle - half)), min(len(pixels), round(middle + half))
    if start < end:
        pixels[start:end] = colour * (end - start)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _uuid(rng: Random) -> str:
    return str(uuid.UUID(int=rng.getrandbits(128), version=4))


def _moment(rng: Random, index: int) -> datetime:
    """A creation time; each index is about a third of a day older than the one before."""
    return _NEWEST - timedelta(hours=8 * index, microseconds=rng.randrange(3_600_000_000))


def _prose(rng: Random, sentences: int) -> str:
    return " ".join(rng.choices(_SENTENCES, k=sentences))


_SUBJECTS = (
    *("product photo", "portrait", "landscape", "city street", "night sky", "forest path"),
    *("glass bottle", "ceramic bowl", "running shoe", "mountain cabin", "harbour", "garden"),
    *("recipe", "invoice", "newsletter", "storyboard", "character sheet", "floor plan", "map"),
)
_PURPOSES = ("campaign", "study", "series", "draft", "batch", "variations", "review", "upscale")
_KINDS = (
    *("input.text", "input.image", "prompt.positive", "prompt.style", "model.diffusion"),
    *("model.caption", "image.upscale", "image.mask", "image.blend", "control.branch"),
    *("control.loop", "http.request", "output.save"),
)
_VERBS = ("shows", "keeps", "blends", "frames", "follows", "softens", "repeats", "balances")
_QUALITIES = (
    *("soft", "warm", "muted", "high contrast", "overcast", "golden", "matte", "grainy", "crisp"),
    *("shallow", "hand-drawn", "symmetrical", "quiet", "weathered", "reflective"),
)
_DETAILS = (
    *("light from the left", "depth of field", "a plain backdrop", "visible brush strokes"),
    *("long shadows", "a low horizon", "film grain", "a single accent colour", "rain on glass"),
    *("fine texture", "early mist", "paper fibres", "empty space for a headline"),
)


def _sentence(rng: Random) -> str:
    first, second = rng.sample(_SUBJECTS, 2)
    quality, other = rng.sample(_QUALITIES, 2)
    return (
        f"A {quality} {first} {rng.choice(_VERBS)} the {other} {second} "
        f"with {rng.choice(_DETAILS)}, take {rng.randint(1, 99)}."
    )


_SENTENCES = tuple(_sentence(Random(f"sentence/{index}")) for index in range(600))
