"""The harness proves itself: the whole pipeline on unchanged code and on planted slowdowns."""
