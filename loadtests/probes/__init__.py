"""Each probe measures one thing once: a request, a page load, a process of a suite."""
