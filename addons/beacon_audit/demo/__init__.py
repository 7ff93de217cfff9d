"""A simulated Beacon on loopback, the documented and hostile traffic of the demonstration, and what shows the result.

Nothing here is part of the enforcing proxy: the demonstration starts that one as a process of its own.
"""
