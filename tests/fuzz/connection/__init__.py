"""Fuzzing of the connection path: clients and an upstream that say anything, one real proxy between them."""
