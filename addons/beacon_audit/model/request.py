"""A request as the proxy received it, before anything was concluded from it."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request, bytes as received (text fields are decoded as latin-1 or IDNA A-labels, never altered).

    ``method`` keeps its case. ``host`` and ``port`` are where the proxy would connect, ``target`` is the request
    target in origin form with its query. ``connect_target`` is ``host:port`` of the CONNECT that opened the tunnel,
    ``None`` without one. ``original_destination`` is the address and port that a redirected client had connected to,
    ``None`` for a client that was not redirected. ``host_headers`` holds every Host header, ``authority`` the HTTP/2
    ``:authority``. ``headers`` keeps order and duplicates; names are lower-case. ``body`` is still content-encoded,
    without chunk framing.
    """

    source: str
    method: str
    scheme: str
    host: str
    port: int
    target: str
    http_version: str
    tls: bool
    sni: str | None
    connect_target: str | None
    host_headers: tuple[str, ...]
    authority: str | None
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    body: bytes = field(repr=False)
    has_trailers: bool = False
    original_destination: str | None = None

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]

    def header_values(self, name: str) -> tuple[str, ...]:
        """Every value of the header ``name`` (given in lower case), in order."""
        return tuple(value for key, value in self.headers if key == name)
