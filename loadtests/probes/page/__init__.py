"""Pages in a real browser: each variant's loaded once in each round, in random order."""
