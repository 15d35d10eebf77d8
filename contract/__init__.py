"""What the rooms exchange: configuration, metrics and the files of a run."""
