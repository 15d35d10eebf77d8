"""From versus.toml to a plan: what to send, where, in which variants."""
