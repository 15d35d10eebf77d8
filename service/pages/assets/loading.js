// How the widgets get their data: the two variants of the dashboard.

import { getJson } from "./api.js";
import { CALLER } from "./widgets.js";

export const LOADING = { baseline, optimized };

// As a page grows by itself: the session is checked before anything else begins; then each widget
// asks for what it needs, one thing after the other, whoever else has asked already. Every widget
// begins at once, and all images load as soon as they are there.
async function baseline(widgets) {
  await getJson(CALLER);
  await Promise.all(
    widgets.map(async (widget) => {
      const data = [];
      for (const path of widget.needs) data.push(await getJson(path));
      widget.show(data, { imageLoading: "eager" });
    }),
  );
}

// Everything at once and nothing twice: who asks for what is on its way gets the same answer.
// Images far from the viewport wait until somebody scrolls to them.
async function optimized(widgets) {
  const answers = new Map();
  const get = (path) => {
    if (!answers.has(path)) answers.set(path, getJson(path));
    return answers.get(path);
  };
  await Promise.all(
    widgets.map(async (widget) => {
      widget.show(await Promise.all(widget.needs.map(get)), { imageLoading: "lazy" });
    }),
  );
}
