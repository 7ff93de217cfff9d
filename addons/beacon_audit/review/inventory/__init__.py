"""What recorded exchanges carried: names, measures, log templates and field paths, and which of them were approved."""

from beacon_audit.review.inventory.census import take_inventory
from beacon_audit.review.inventory.inventory import Inventory
from beacon_audit.review.inventory.item import KINDS, Item

__all__ = ["KINDS", "Inventory", "Item", "take_inventory"]
