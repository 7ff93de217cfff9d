"""The thin shell around the core: the only code that talks to mitmproxy, and the only way out of the process."""
