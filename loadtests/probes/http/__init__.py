"""One request, or one sequence of requests, over HTTP."""
