// The parts of the dashboard: the answers of the API that each needs, and how it shows them.

import { counted, day, element, foreign, size } from "./dom.js";
import { markFilesShown } from "./marks.js";

export const CALLER = "/v1/me";
const WORKFLOWS = "/v1/workflows";
const TEMPLATES = "/v1/templates";
const FILES = "/v1/files?include_urls=true&limit=50";
const RECENT = 5;

export const WIDGETS = [
  { needs: [CALLER], show: showCaller },
  { needs: [WORKFLOWS, TEMPLATES, FILES], show: showSummary },
  { needs: [FILES], show: showFiles },
  { needs: [WORKFLOWS], show: showRecent },
  { needs: [WORKFLOWS], show: showWorkflows },
  { needs: [TEMPLATES], show: showTemplates },
];

function showCaller([caller]) {
  fill("caller", foreign(caller.email ?? caller.id));
}

function showSummary([workflows, templates, files]) {
  const tiles = [
    [atLeast(workflows), "workflows"],
    [counted(sum(workflows.items, (one) => one.latest_version?.node_count)), "nodes in them"],
    [counted(sum(workflows.items, (one) => one.latest_version?.edge_count)), "edges in them"],
    [atLeast(templates), "templates"],
    [atLeast(files), "files"],
    [size(sum(files.items, (one) => one.size_bytes)), "stored in them"],
  ];
  fill(
    "summary",
    ...tiles.map(([number, what]) =>
      element("div", {}, element("dt", {}, what), element("dd", {}, number)),
    ),
  );
}

function showFiles([files], { imageLoading }) {
  fill("files", ...files.items.map((file) => element("li", {}, fileTile(file, imageLoading))));
  // Not awaited, because no other widget depends on it.
  markFilesShown();
}

function showRecent([workflows]) {
  const newest = workflows.items.toSorted((a, b) => compare(b.updated_at, a.updated_at));
  fill("recent", ...newest.slice(0, RECENT).map((one) => listed(one, day(one.updated_at))));
}

function showWorkflows([workflows]) {
  fill("workflows", ...workflows.items.map(workflowRow));
}

function showTemplates([templates]) {
  fill("templates", ...templates.items.map((one) => listed(one, nodesOf(one))));
}

function fileTile(file, imageLoading) {
  const picture = file.thumbnail_url
    ? element("img", {
        // Set before `src`, because setting `src` starts loading.
        loading: imageLoading,
        decoding: "async",
        width: 160,
        height: 120,
        alt: "",
        src: file.thumbnail_url,
      })
    : element("span", { class: "no-picture", "aria-hidden": "true" }, file.content_type);
  const name = element("span", { class: "name" }, foreign(file.name));
  const about = element("span", { class: "muted" }, size(file.size_bytes));
  return element("a", { href: file.download_url }, picture, name, about);
}

function workflowRow(workflow) {
  const latest = workflow.latest_version;
  const name = element("th", { scope: "row" }, link(workflow));
  const description = element("td", { class: "about" }, foreign(workflow.description));
  const number = (value) =>
    element("td", { class: "number" }, value === undefined ? "" : counted(value));
  return element(
    "tr",
    {},
    name,
    description,
    number(latest?.version_number),
    number(latest?.node_count),
    number(latest?.edge_count),
    element("td", { class: "day" }, day(workflow.created_at)),
  );
}

function listed(workflow, about) {
  return element("li", {}, link(workflow), element("span", { class: "muted" }, about));
}

function link(workflow) {
  const address = `/workflows/${encodeURIComponent(workflow.id)}/preview`;
  return element("a", { href: address }, foreign(workflow.name));
}

function nodesOf(workflow) {
  return `${counted(workflow.latest_version?.node_count ?? 0)} nodes`;
}

// The number of items on the first page, with a plus sign if there are more.
function atLeast(page) {
  return `${counted(page.items.length)}${page.next_offset === null ? "" : "+"}`;
}

const sum = (items, value) => items.reduce((total, one) => total + (value(one) ?? 0), 0);

const compare = (a, b) => (a < b ? -1 : Number(a > b));

function fill(id, ...children) {
  document.getElementById(id).replaceChildren(...children);
}
