// Performance marks that a measurement waits for, the same on every page and in every variant.
//
// data-shown: all data of the page is in the document, and a frame with it has been painted.
// files-shown: every thumbnail of the file grid within the viewport is decoded and painted; other
//   data may still be loading.
// images-shown: after data-shown, every thumbnail within the viewport is decoded and painted.
// failed: an alert on the page shows what went wrong.

export async function markDataShown() {
  await painted();
  performance.mark("data-shown");
}

export async function markFilesShown() {
  // images-shown will fail for the same reason, and then the page shows it.
  if (await missingImages()) return;
  await painted();
  performance.mark("files-shown");
}

export async function markImagesShown() {
  const missing = await missingImages();
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

async function missingImages() {
  const visible = [...document.images].filter(isInViewport);
  const decoded = await Promise.allSettled(visible.map((image) => image.decode()));
  return decoded.filter((result) => result.status === "rejected").length;
}

function isInViewport(image) {
  const { top, bottom, left, right } = image.getBoundingClientRect();
  return bottom > 0 && right > 0 && top < innerHeight && left < innerWidth;
}
