"""A master for mitmproxy's connection handlers, none of whose addons has anything to say."""


class SilentMaster:
    """In the place of mitmproxy's."""

    def __init__(self) -> None:
        self.addons = self

    async def handle_lifecycle(self, hook: object) -> None:
        """Takes the hook, and does nothing."""
