"""What runs inside a suite's own process: on its path this folder stands alone."""
