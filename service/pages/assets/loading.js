// How the widgets load their data: the two variants of the dashboard.

import { getJson } from "./api.js";
import { CALLER } from "./widgets.js";

export const LOADING = { baseline, optimized };

// A page as it grows without attention to speed: the session is checked before anything else. Then
// all widgets start at once; each requests what it needs, one request after the other, even if
// another widget has requested the same. All images load at once.
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

// All requests at once and none twice: widgets share the answers. Images far from the viewport load
// when the user scrolls to them.
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
