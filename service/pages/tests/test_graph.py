import math
from typing import Any

import pytest

from service.pages.graph import EDGES_MAX, NODES_MAX, Node, draw


def node(**fields: Any) -> dict[str, Any]:
    return {"id": "a", "type": "prompt.style", "position": {"x": 1, "y": 2}} | fields


def test_a_node_is_drawn_as_it_was_saved() -> None:
    """Place, size, label and kind come from the payload, the colour from the kind's beginning."""
    drawn = draw({"nodes": [node(width=50, height=60, data={"label": "Look"})], "edges": []})

    assert (Node(1, 2, 50, 60, "prompt", "Look", "prompt.style"),) == drawn.nodes
    assert "-39 -38 130 140" == drawn.view_box
    assert (("prompt.style", 1),) == drawn.kinds
    assert not drawn.is_part


@pytest.mark.parametrize(
    "unfit",
    [None, True, "7", [7], {"x": 7}, math.nan, math.inf, -math.inf, 1e300, 10**400, -(10**9)],
)
def test_invalid_numbers_have_defaults(unfit: object) -> None:
    """A node with an invalid position or size has a place in the grid."""
    strange = node(position={"x": unfit, "y": unfit}, width=unfit, height=unfit)
    drawn = draw({"nodes": [strange] * 14, "edges": []})

    assert (320, 240, 280, 120) == (
        *(drawn.nodes[13].x, drawn.nodes[13].y),
        *(drawn.nodes[13].width, drawn.nodes[13].height),
    )


@pytest.mark.parametrize("payload", [{}, {"nodes": None, "edges": 3}, {"nodes": {}, "edges": ""}])
def test_no_graph_is_an_empty_drawing(payload: dict[str, Any]) -> None:
    """A payload without lists of nodes and edges has nothing to draw."""
    drawn = draw(payload)

    assert ((), (), "", ()) == (drawn.nodes, drawn.edges, drawn.view_box, drawn.kinds)
    assert not drawn.is_part


def test_an_invalid_node_is_drawn_as_an_empty_one() -> None:
    """Every entry counts as a node, as in the database's counts."""
    drawn = draw({"nodes": [1, None, [], "x"], "edges": [1, None]})

    assert ["node 0", "node 1", "node 2", "node 3"] == [one.label for one in drawn.nodes]
    assert (4, 2, ()) == (drawn.nodes_total, drawn.edges_total, drawn.edges)


def test_edges_join_nodes_that_are_drawn() -> None:
    """Edges without two drawn ends are left out."""
    nodes = [node(id="a", height=101), node(id="b", position={"x": 500, "y": 0}), node(id=3)]
    ends = [("a", "b"), ("a", "c"), (3, "a"), (None, None), (["a"], "b")]
    drawn = draw({"nodes": nodes, "edges": [{"source": s, "target": t} for s, t in ends]})

    assert ("M281 52C371 52 410 60 500 60",) == drawn.edges
    assert drawn.is_part


def test_no_more_is_drawn_than_can_be_looked_at() -> None:
    """Of a huge graph the first nodes and edges are drawn, and all are counted."""
    nodes = [node(id=str(index)) for index in range(NODES_MAX + 1)]
    edges = [{"source": "1", "target": "2"}] * (EDGES_MAX + 1)
    drawn = draw({"nodes": nodes, "edges": edges})

    assert (NODES_MAX, NODES_MAX + 1) == (len(drawn.nodes), drawn.nodes_total)
    assert (EDGES_MAX, EDGES_MAX + 1) == (len(drawn.edges), drawn.edges_total)
    assert drawn.is_part


def test_long_texts_are_cut_between_characters() -> None:
    """A label of megabytes is cut."""
    drawn = draw({"nodes": [node(data={"label": "🜁" * 1000}, type="x" * 1000)], "edges": []})

    assert "🜁" * 14 + "…" == drawn.nodes[0].label
    assert "x" * 20 + "…" == drawn.nodes[0].kind
    assert "other" == drawn.nodes[0].group


def test_of_endless_edges_the_first_are_read() -> None:
    """Edges to nowhere do not keep the service busy."""
    nowhere = [{"source": "x", "target": "y"}] * (10 * EDGES_MAX)
    drawn = draw({"nodes": [node()], "edges": [*nowhere, {"source": "a", "target": "a"}]})

    assert () == drawn.edges
    assert 10 * EDGES_MAX + 1 == drawn.edges_total
