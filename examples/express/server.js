// An Express service with two ways to find products; LOOKUP=indexed chooses the faster one.
// It listens at the port that the variable PORT names.
const express = require("express");

const products = Array.from({ length: 4000 }, (_, id) => ({ id, name: `product ${id}`, stock: (id * 31) % 97 }));
const byId = new Map(products.map((product) => [product.id, product]));
const find =
  process.env.LOOKUP === "indexed" ? (id) => byId.get(id) : (id) => products.find((product) => product.id === id);

const app = express();
app.get("/products", (request, response) => {
  const limit = Math.min(Number(request.query.limit) || 50, 500);
  response.json(Array.from({ length: limit }, (_, at) => find(products.length - 1 - at * 7)));
});
app.get("/health", (request, response) => response.json({ status: "ok" }));
app.listen(process.env.PORT, "127.0.0.1");
