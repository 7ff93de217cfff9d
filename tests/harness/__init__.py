"""What the integration tests drive: a real proxy process, a real TLS client, and a look at what was recorded."""
