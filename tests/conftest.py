"""What holds for every test: property tests try the same examples each time, without a limit to their time.

With ``BEACON_AUDIT_THOROUGH=1`` they try others each time.
"""

import os

from hypothesis import settings

settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("thorough", deadline=None)
settings.load_profile("thorough" if os.environ.get("BEACON_AUDIT_THOROUGH") else "same")
