// Runs in every document before its own scripts; told where it may speak, and what to wait for.
({ origin, items, marks, failed }) => {
  if (window !== window.top || location.origin !== origin) return;
  for (const [name, value] of Object.entries(items)) sessionStorage.setItem(name, value);

  let largest = null;
  const paints = new PerformanceObserver((list) => largest = list.getEntries().at(-1) ?? largest);
  paints.observe({ type: "largest-contentful-paint", buffered: true });

  const seen = new Map();
  let said = "";
  let loaded = false;
  const shown = new Promise((resolve) => {
    const look = () => {
      if (seen.has(failed) || (loaded && marks.every((mark) => seen.has(mark)))) resolve();
    };
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        if (!seen.has(entry.name)) seen.set(entry.name, entry.startTime);
        if (entry.name === failed && typeof entry.detail === "string") said = entry.detail;
      }
      look();
    }).observe({ type: "mark", buffered: true });
    addEventListener("load", () => { loaded = true; look(); });
  });

  // What was shown is painted in the next frame, and told of in the one after.
  const painted = () => new Promise((resolve) =>
    requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(resolve))));

  const told = async () => {
    await shown;
    if (!seen.has(failed)) await painted();
    const navigation = performance.getEntriesByType("navigation")[0];
    return {
      failed: seen.has(failed),
      said,
      marks: Object.fromEntries(seen),
      response: navigation.responseEnd,
      load: navigation.loadEventStart,
      first: performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? null,
      largest: (paints.takeRecords().at(-1) ?? largest)?.startTime ?? null,
    };
  };
  Object.defineProperty(window, Symbol.for("versus.told"), { value: told });
}
