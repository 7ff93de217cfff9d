"""beacon-audit: an egress-auditing proxy for self-hosted LangSmith's traffic to Beacon.

Layers, outermost first (an arrow means "may import")::

    cli → {review, admin, demo, proxy} → exchange
        → {wire, contracts, inspection, policy, redaction, trail} → model → errors
"""

__version__ = "0.1.0"
