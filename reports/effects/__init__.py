"""From samples to effects, and from two runs to what changed between them."""
