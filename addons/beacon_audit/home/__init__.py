"""HOME: the directory of one instance, with its keys, its certificate authority, its trail and its payloads."""

from beacon_audit.home.create import create_home
from beacon_audit.home.layout import Home, open_home

__all__ = ["Home", "create_home", "open_home"]
