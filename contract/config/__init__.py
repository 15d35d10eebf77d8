"""versus.toml: one schema for measuring and for judging, published as docs/versus.schema.json."""
