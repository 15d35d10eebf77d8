// Moments that a measurement waits for, the same on every page and in every variant of it.
//
// data-shown: all data of the page is in the document, and a frame with it has been painted.
// images-shown: after that, every thumbnail within the viewport is decoded and painted.
// failed: the page says in an alert what went wrong.

export async function markDataShown() {
  await painted();
  performance.mark("data-shown");
}

export async function markImagesShown() {
  const visible = [...document.images].filter(isInViewport);
  const decoded = await Promise.allSettled(visible.map((image) => image.decode()));
  const missing = decoded.filter((one) => one.status === "rejected").length;
  if (missing) throw new Error(`Thumbnails that cannot be shown: ${missing}.`);
  await painted();
  performance.mark("images-shown");
}

export function fail(message) {
  const alert = document.getElementById("alert");
  alert.textContent = message;
  alert.hidden = false;
  document.getElementById("main").removeAttribute("aria-busy");
  performance.mark("failed");
}

// The first callback runs before the next frame is painted, the second one after it.
function painted() {
  return new Promise((resolve) => {
    requestAnimationFrame(() => requestAnimationFrame(resolve));
  });
}

function isInViewport(image) {
  const { top, bottom, left, right } = image.getBoundingClientRect();
  return bottom > 0 && right > 0 && top < innerHeight && left < innerWidth;
}
