"""The admin listener: whether the proxy lives, and whether anything may leave. Loopback unless told otherwise."""
