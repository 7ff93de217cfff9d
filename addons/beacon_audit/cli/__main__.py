"""``python -m beacon_audit.cli``: the same as the ``beacon-audit`` command."""

import sys

from beacon_audit.cli import main

sys.exit(main())
