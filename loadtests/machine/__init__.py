"""The machine that is measured on: facts, what disturbs, what to do about it."""
