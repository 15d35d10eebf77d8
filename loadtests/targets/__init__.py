"""The service that is measured: one that is there, or one that is started."""
