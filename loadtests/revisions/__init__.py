"""The two revisions of a change: from their names to servers that can be started."""
