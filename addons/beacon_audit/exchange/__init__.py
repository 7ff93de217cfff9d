"""One request and its response, from the bytes that came in to the entries that are recorded.

Everything here is pure, but for the secret registry, which learns: values in, values out; no clock, no randomness,
no files, no mitmproxy.
"""
