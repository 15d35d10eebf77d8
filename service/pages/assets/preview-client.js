// A preview that the browser draws from the payload of the workflow's latest version.

import { getJson, token } from "./api.js";
import { counted, element, foreign, minute, svgElement } from "./dom.js";
import { draw } from "./graph.js";
import { markDataShown } from "./marks.js";
import { askToSignIn, offerSignOut, showError } from "./session.js";

async function start() {
  offerSignOut();
  try {
    const workflow = await getJson(`/v1/workflows/${document.body.dataset.workflow}`);
    show(workflow);
    await markDataShown();
  } catch (error) {
    showError(error);
  }
}

// The same elements as in preview.html.j2; a test compares them.
function show(workflow) {
  const latest = workflow.latest_version;
  const drawing = draw(latest?.payload ?? {});
  const content = document.getElementById("content");
  document.title = `${workflow.name} · Versus`;
  content.replaceChildren(element("h1", {}, foreign(workflow.name)));
  if (workflow.description) {
    content.append(element("p", { class: "lede" }, foreign(workflow.description)));
  }
  content.append(facts(latest, drawing));
  if (drawing.viewBox) {
    content.append(
      element(
        "div",
        { class: "scroll drawing", role: "region", "aria-label": "The graph", tabindex: "0" },
        svg(drawing),
      ),
      ...limits(drawing),
      element("h2", {}, "Kinds of nodes"),
      element("ul", { class: "kinds" }, ...drawing.kinds.map(kind)),
    );
  }
}

function facts(latest, drawing) {
  const rows = [
    ["version", latest ? String(latest.version_number) : "none"],
    ["nodes", counted(drawing.nodesTotal)],
    ["edges", counted(drawing.edgesTotal)],
  ];
  if (latest) rows.push(["saved", minute(latest.created_at)]);
  const made = rows.map(([name, value]) =>
    element("div", {}, element("dt", {}, name), element("dd", {}, value)),
  );
  return element("dl", { class: "tiles" }, ...made);
}

function svg(drawing) {
  return svgElement(
    "svg",
    { viewBox: drawing.viewBox, role: "img", "aria-label": "Nodes and the edges between them" },
    ...drawing.edges.map((path) => svgElement("path", { d: path })),
    ...drawing.nodes.map((node) =>
      svgElement(
        "g",
        { class: `node ${node.group}`, transform: `translate(${node.x} ${node.y})` },
        svgElement("rect", { width: node.width, height: node.height, rx: 10 }),
        svgElement("text", { x: 16, y: 42 }, node.label),
        svgElement("text", { x: 16, y: 74, class: "kind" }, node.kind),
      ),
    ),
  );
}

function limits({ nodes, edges, nodesTotal, edgesTotal }) {
  if (nodes.length === nodesTotal && edges.length === edgesTotal) return [];
  const drawn = `${counted(nodes.length)} nodes and ${counted(edges.length)} edges are drawn`;
  return [element("p", { class: "muted" }, `${drawn}, of ${counted(nodesTotal)} and ${counted(edgesTotal)}.`)];
}

function kind([name, count]) {
  return element("li", {}, foreign(name), element("span", { class: "muted" }, counted(count)));
}

if (token()) start();
else askToSignIn();
