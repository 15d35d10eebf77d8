"""The version of Versus, which records and `versus --version` state."""

VERSION = "0.2.0"
