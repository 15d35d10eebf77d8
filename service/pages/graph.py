"""The drawing of a payload; `assets/graph.js` does the same in the browser.

A payload may be any JSON up to 5 MiB. Invalid numbers, texts and ids are replaced by defaults, and
the numbers of drawn nodes and edges are limited.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

NODES_MAX = 500
EDGES_MAX = 1000
# Limits the work for payloads with millions of edges between nodes that are not drawn.
_EDGES_READ_MAX = 10 * EDGES_MAX
_KINDS_MAX = 8
_LABEL_LENGTH_MAX = 14
_KIND_LENGTH_MAX = 20
# The grid for nodes without a position, in the units of the payload's positions.
_COLUMNS, _COLUMN_WIDTH, _ROW_HEIGHT = 12, 320, 240
_WIDTH, _HEIGHT = 280, 120
_POSITION_MAX = 100_000
_EXTENT_MIN, _EXTENT_MAX = 40, 1000
_BORDER = 40
_GROUPS = frozenset({"input", "prompt", "model", "image", "control", "http", "output"})


@dataclass(frozen=True)
class Node:
    """A box with two lines of text; `group` chooses its colour."""

    x: int
    y: int
    width: int
    height: int
    group: str
    label: str
    kind: str


@dataclass(frozen=True)
class Drawing:
    """The drawn part of a payload.

    Attributes:
        edges: SVG paths.
        nodes_total, edges_total: how many the payload has.
        view_box: of the SVG; empty if there is no node.
        kinds: the most frequent kinds of the drawn nodes, and their counts.
    """

    nodes: tuple[Node, ...]
    edges: tuple[str, ...]
    nodes_total: int
    edges_total: int
    view_box: str
    kinds: tuple[tuple[str, int], ...]

    @property
    def is_part(self) -> bool:
        """Whether the payload holds more than is drawn."""
        return (len(self.nodes), len(self.edges)) != (self.nodes_total, self.edges_total)


def draw(payload: Mapping[str, object]) -> Drawing:
    """Lay out a payload's nodes and edges."""
    all_nodes, all_edges = _list(payload.get("nodes")), _list(payload.get("edges"))
    raw = [_object(node) for node in all_nodes[:NODES_MAX]]
    nodes = tuple(_node(node, index) for index, node in enumerate(raw))
    by_id = {str(old["id"]): new for old, new in zip(raw, nodes, strict=True) if _has_id(old)}
    return Drawing(
        nodes,
        tuple(_edges(all_edges[:_EDGES_READ_MAX], by_id)),
        len(all_nodes),
        len(all_edges),
        _view_box(nodes),
        _kinds(nodes),
    )


def _list(value: object) -> Sequence[object]:
    return value if isinstance(value, list) else []


def _object(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _has_id(node: Mapping[str, object]) -> bool:
    return isinstance(node.get("id"), str)


def _node(raw: Mapping[str, object], index: int) -> Node:
    position = _object(raw.get("position"))
    kind = _text(raw.get("type"), "node")
    group = kind.partition(".")[0]
    return Node(
        x=_number(position.get("x"), index % _COLUMNS * _COLUMN_WIDTH, -_POSITION_MAX),
        y=_number(position.get("y"), index // _COLUMNS * _ROW_HEIGHT, -_POSITION_MAX),
        width=_number(raw.get("width"), _WIDTH, _EXTENT_MIN, _EXTENT_MAX),
        height=_number(raw.get("height"), _HEIGHT, _EXTENT_MIN, _EXTENT_MAX),
        group=group if group in _GROUPS else "other",
        label=_cut(
            _text(_object(raw.get("data")).get("label"), f"node {index}"), _LABEL_LENGTH_MAX
        ),
        kind=_cut(kind, _KIND_LENGTH_MAX),
    )


def _number(value: object, otherwise: int, low: int, high: int = _POSITION_MAX) -> int:
    """The nearest integer of a number between the bounds; else `otherwise`."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return otherwise
    # Compared first, because infinity cannot be rounded.
    return math.floor(value + 0.5) if low <= value <= high else otherwise


def _text(value: object, otherwise: str) -> str:
    return value if isinstance(value, str) and value else otherwise


def _cut(text: str, length_max: int) -> str:
    return text if len(text) <= length_max else f"{text[:length_max]}…"


def _edges(edges: Sequence[object], by_id: Mapping[str, Node]) -> list[str]:
    """Paths of the first edges whose ends are both drawn."""
    paths: list[str] = []
    for edge in map(_object, edges):
        ends = (edge.get("source"), edge.get("target"))
        # Other values may not be hashable.
        source, target = (by_id.get(end) if isinstance(end, str) else None for end in ends)
        if source and target:
            paths.append(_path(source, target))
        if len(paths) == EDGES_MAX:
            break
    return paths


def _path(source: Node, target: Node) -> str:
    x, y = source.x + source.width, source.y + source.height // 2
    to_x, to_y = target.x, target.y + target.height // 2
    return f"M{x} {y}C{x + 90} {y} {to_x - 90} {to_y} {to_x} {to_y}"


def _view_box(nodes: Sequence[Node]) -> str:
    if not nodes:
        return ""
    left, top = min(node.x for node in nodes) - _BORDER, min(node.y for node in nodes) - _BORDER
    right = max(node.x + node.width for node in nodes) + _BORDER
    bottom = max(node.y + node.height for node in nodes) + _BORDER
    return f"{left} {top} {right - left} {bottom - top}"


def _kinds(nodes: Sequence[Node]) -> tuple[tuple[str, int], ...]:
    counts: dict[str, int] = {}
    for node in nodes:
        counts[node.kind] = counts.get(node.kind, 0) + 1
    # Stable for equal counts, as in the browser.
    return tuple(sorted(counts.items(), key=lambda item: -item[1])[:_KINDS_MAX])
