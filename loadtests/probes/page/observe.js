// Runs in every document before its own scripts; given where it may act, and what to wait for.
({ origin, items, marks, failed }) => {
  if (window !== window.top || location.origin !== origin) return;
  for (const [name, value] of Object.entries(items)) sessionStorage.setItem(name, value);

  let largest = null;
  const paints = new PerformanceObserver((list) => largest = list.getEntries().at(-1) ?? largest);
  paints.observe({ type: "largest-contentful-paint", buffered: true });
  let first = null;
  const paintedFirst = new Promise((resolve) => {
    new PerformanceObserver((list) => {
      first ??= list.getEntriesByName("first-contentful-paint")[0] ?? null;
      if (first) resolve();
    }).observe({ type: "paint", buffered: true });
  });

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

  const whenShown = async () => {
    await shown;
    const navigation = performance.getEntriesByType("navigation")[0];
    return {
      failed: seen.has(failed),
      said,
      marks: Object.fromEntries(seen),
      response: navigation.responseEnd,
      load: navigation.loadEventStart,
    };
  };

  // A busy browser tells of a paint some time after it; a page without any paint is not waited for.
  const whenPainted = async () => {
    await Promise.race([paintedFirst, new Promise((resolve) => setTimeout(resolve, 1000))]);
    await new Promise((resolve) =>
      requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(resolve))));
    largest = paints.takeRecords().at(-1) ?? largest;
    return { first: first?.startTime ?? null, largest: largest?.startTime ?? null };
  };
  Object.defineProperty(window, Symbol.for("versus"), { value: { whenShown, whenPainted } });
}
