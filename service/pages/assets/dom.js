// Elements and formats. Text of users becomes text nodes and attribute values, never markup.

export function element(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

export function svgElement(tag, attributes = {}, ...children) {
  return filled(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

// Text of a user, isolated so that it cannot change the direction of the text around it.
export const foreign = (text) => element("bdi", {}, text);

export const counted = (number) => number.toLocaleString("en");

export const day = (iso) => new Date(iso).toISOString().slice(0, 10);

export const minute = (iso) => `${new Date(iso).toISOString().slice(0, 16).replace("T", " ")} UTC`;

export function size(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

function filled(made, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}
