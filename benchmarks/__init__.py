"""pytest-benchmark suites over the strategies that the optimizations choose between."""
