"""The mathematics: pure functions of numbers, no I/O, no clock, no words of the service."""
