"""The commands: what may be typed, and the steps that each of them takes."""
