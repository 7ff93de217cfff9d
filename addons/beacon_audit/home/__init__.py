"""HOME: the directory of one instance, with its keys, its certificate authority, its trail and its payloads."""

from beacon_audit.home.create import create_home
from beacon_audit.home.layout import Home, open_home
from beacon_audit.home.trail_access import open_trail_writer, rotate_trail_key

__all__ = ["Home", "create_home", "open_home", "open_trail_writer", "rotate_trail_key"]
