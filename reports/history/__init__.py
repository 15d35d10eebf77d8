"""From many runs to one page: how effects and latencies moved, commit by commit."""
