"use strict";
// Tables sort by their heads. Without this script they stand in the order of importance, complete.
const hash = /^#sort=([\w-]+)~(\d+)~(ascending|descending)$/;

function keyOf(row, column) {
  const cell = row.cells[column];
  return cell.dataset.n === undefined ? cell.textContent.trim() : Number(cell.dataset.n);
}

function compare(one, other) {
  // What has no number stands below what has one.
  if (typeof one !== typeof other) return typeof one === "number" ? -1 : 1;
  if (typeof one === "number") return one - other;
  return one.localeCompare(other, "en", { numeric: true });
}

function sort(table, first, column, direction) {
  const sign = direction === "descending" ? -1 : 1;
  const rows = direction === "none" ? first : [...first].sort(
    (one, other) => sign * compare(keyOf(one, column), keyOf(other, column)));
  table.tBodies[0].append(...rows);
  for (const head of table.tHead.rows[0].cells) head.removeAttribute("aria-sort");
  if (direction !== "none") table.tHead.rows[0].cells[column].setAttribute("aria-sort", direction);
}

function show(element) {
  for (let fold = element.closest("details"); fold; fold = fold.parentElement.closest("details")) {
    fold.open = true;
  }
  element.scrollIntoView();
}

for (const table of document.querySelectorAll("table[id]")) {
  const first = [...table.tBodies[0].rows];
  if (first.length < 2) continue;
  [...table.tHead.rows[0].cells].forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    const link = head.querySelector("a");
    button.append(head.textContent);
    head.replaceChildren(button);
    if (link) {
      link.setAttribute("aria-label", `what ${link.textContent} means`);
      link.textContent = "";
      head.append(link);
    }
    button.addEventListener("click", () => {
      const next = { ascending: "descending", descending: "none" };
      const direction = next[head.getAttribute("aria-sort")] ?? "ascending";
      sort(table, first, column, direction);
      const state = direction === "none" ? "" : `#sort=${table.id}~${column}~${direction}`;
      history.replaceState(null, "", location.pathname + location.search + state);
    });
  });
  const asked = hash.exec(location.hash);
  if (asked && asked[1] === table.id && Number(asked[2]) < table.tHead.rows[0].cells.length) {
    sort(table, first, Number(asked[2]), asked[3]);
    show(table);
  }
}

// A chart is one stop of the Tab key, and arrow keys move inside it. Without this script each value is a stop.
const steps = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, Home: -Infinity, End: Infinity };

function stopAt(value) {
  for (const other of value.parentElement.children) other.setAttribute("tabindex", other === value ? 0 : -1);
}

for (const first of document.querySelectorAll("[role=option]:first-child")) stopAt(first);
// On the document: a listener of its own would make a drawing's group a stop, too.
document.addEventListener("focusin", (event) => {
  if (event.target.matches("[role=option]")) stopAt(event.target);
});
document.addEventListener("keydown", (event) => {
  const values = [...event.target.closest("[role=listbox]")?.children ?? []];
  const moved = event.ctrlKey || event.altKey || event.metaKey ? undefined : steps[event.key];
  if (!values.length || moved === undefined) return;
  event.preventDefault();
  values[Math.min(Math.max(values.indexOf(event.target) + moved, 0), values.length - 1)].focus();
});

// The axis of all charts is chosen at once. Without this script it is chosen scenario by scenario.
const axes = [...document.querySelectorAll(".scale input")];
for (const chosen of axes) {
  chosen.addEventListener("change", () => {
    for (const axis of axes) axis.checked = chosen.checked;
  });
}

// A link opens the section that it leads to.
function follow() {
  const target = document.getElementById(location.hash.slice(1));
  if (target) show(target);
}

addEventListener("hashchange", follow);
follow();
