// The drawing of a payload: `service/pages/graph.py` in the browser.
//
// A payload may be any JSON. Invalid numbers, texts and ids are replaced by defaults, and the
// numbers of drawn nodes and edges are limited.

const NODES_MAX = 500;
const EDGES_MAX = 1000;
const EDGES_READ_MAX = 10 * EDGES_MAX;
const KINDS_MAX = 8;
const LABEL_LENGTH_MAX = 14;
const KIND_LENGTH_MAX = 20;
// The grid for nodes without a position, in the units of the payload's positions.
const [COLUMNS, COLUMN_WIDTH, ROW_HEIGHT] = [12, 320, 240];
const [WIDTH, HEIGHT] = [280, 120];
const POSITION_MAX = 100_000;
const [EXTENT_MIN, EXTENT_MAX] = [40, 1000];
const BORDER = 40;
const GROUPS = new Set(["input", "prompt", "model", "image", "control", "http", "output"]);

export function draw(payload) {
  const [allNodes, allEdges] = [list(payload.nodes), list(payload.edges)];
  const raw = allNodes.slice(0, NODES_MAX).map(object);
  const nodes = raw.map(node);
  const named = raw.map((one, index) => [one.id, nodes[index]]);
  const byId = new Map(named.filter(([id]) => typeof id === "string"));
  return {
    nodes,
    edges: edgesBetween(allEdges.slice(0, EDGES_READ_MAX), byId),
    nodesTotal: allNodes.length,
    edgesTotal: allEdges.length,
    viewBox: viewBox(nodes),
    kinds: kinds(nodes),
  };
}

const object = (value) =>
  value !== null && typeof value === "object" && !Array.isArray(value) ? value : {};

const list = (value) => (Array.isArray(value) ? value : []);

function node(raw, index) {
  const position = object(raw.position);
  const kind = text(raw.type, "node");
  const group = kind.split(".", 1)[0];
  const [column, row] = [index % COLUMNS, Math.floor(index / COLUMNS)];
  return {
    x: number(position.x, column * COLUMN_WIDTH, -POSITION_MAX, POSITION_MAX),
    y: number(position.y, row * ROW_HEIGHT, -POSITION_MAX, POSITION_MAX),
    width: number(raw.width, WIDTH, EXTENT_MIN, EXTENT_MAX),
    height: number(raw.height, HEIGHT, EXTENT_MIN, EXTENT_MAX),
    group: GROUPS.has(group) ? group : "other",
    label: cut(text(object(raw.data).label, `node ${index}`), LABEL_LENGTH_MAX),
    kind: cut(kind, KIND_LENGTH_MAX),
  };
}

function number(value, otherwise, low, high) {
  const fits = typeof value === "number" && low <= value && value <= high;
  return fits ? Math.floor(value + 0.5) : otherwise;
}

const text = (value, otherwise) => (typeof value === "string" && value ? value : otherwise);

// Cuts between characters, not between surrogates; only the start of a long text is split.
function cut(value, lengthMax) {
  const characters = Array.from(value.slice(0, 2 * lengthMax + 2));
  if (characters.length <= lengthMax) return value;
  return `${characters.slice(0, lengthMax).join("")}…`;
}

function edgesBetween(edges, byId) {
  const paths = [];
  for (const edge of edges.map(object)) {
    const [source, target] = [byId.get(edge.source), byId.get(edge.target)];
    if (source && target) paths.push(path(source, target));
    if (paths.length === EDGES_MAX) break;
  }
  return paths;
}

function path(source, target) {
  const [x, y] = [source.x + source.width, source.y + Math.floor(source.height / 2)];
  const [toX, toY] = [target.x, target.y + Math.floor(target.height / 2)];
  return `M${x} ${y}C${x + 90} ${y} ${toX - 90} ${toY} ${toX} ${toY}`;
}

function viewBox(nodes) {
  if (!nodes.length) return "";
  const left = Math.min(...nodes.map((one) => one.x)) - BORDER;
  const top = Math.min(...nodes.map((one) => one.y)) - BORDER;
  const right = Math.max(...nodes.map((one) => one.x + one.width)) + BORDER;
  const bottom = Math.max(...nodes.map((one) => one.y + one.height)) + BORDER;
  return `${left} ${top} ${right - left} ${bottom - top}`;
}

function kinds(nodes) {
  const counts = new Map();
  for (const { kind } of nodes) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  // Stable for equal counts, as on the server.
  return [...counts].sort((a, b) => b[1] - a[1]).slice(0, KINDS_MAX);
}
