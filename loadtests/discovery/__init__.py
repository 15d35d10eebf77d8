"""What a repository's own files say about its service, for `versus init`; nothing is run."""
