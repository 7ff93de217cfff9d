"""Request heads as clients wrote them: what each sends for a JSON or OTLP body and no header of the caller's but the
content type and, from exporters, the license key. Taken from the wire in 2026; names in lower case.

``host`` is that of the documented request. A newer release of a client may send other versions, and no other headers.
"""

HOST = ("host", "beacon.langchain.com")
JSON = ("content-type", "application/json")
PROTOBUF = ("content-type", "application/x-protobuf")
ALL = ("accept", "*/*")
KEPT = ("connection", "keep-alive")
CHUNKED = ("transfer-encoding", "chunked")
GZIP = ("content-encoding", "gzip")
LICENSE = ("x-langchain-license-key", "lcl_3b1de6f0aa927c54d8e1")


def _length(number: int) -> tuple[str, str]:
    return ("content-length", str(number))


def _agent(text: str) -> tuple[str, str]:
    return ("user-agent", text)


def _codings(text: str) -> tuple[str, str]:
    return ("accept-encoding", text)


type Head = tuple[tuple[str, str], ...]

CLIENTS: dict[str, Head] = {
    "curl": (HOST, _agent("curl/7.88.1"), ALL, JSON, _length(2)),
    "curl --compressed": (
        HOST, _agent("curl/7.88.1"), ALL, _codings("deflate, gzip, br, zstd"), JSON, _length(2),
    ),
    "curl, a large body": (
        HOST, _agent("curl/7.88.1"), ALL, JSON, _length(2_000_000), ("expect", "100-continue"),
    ),
    "curl over HTTP/2": (_agent("curl/8.5.0"), ALL, JSON, _length(2)),
    "requests": (
        HOST, _agent("python-requests/2.34.2"), _codings("gzip, deflate, br"), ALL, KEPT, _length(2), JSON,
    ),
    "urllib3": (HOST, _codings("identity"), _length(2), _agent("python-urllib3/2.8.0"), JSON),
    "httpx": (
        HOST, ALL, _codings("gzip, deflate, br, zstd"), KEPT, _agent("python-httpx/0.28.1"), _length(2), JSON,
    ),
    "urllib": (
        _codings("identity"), _length(2), HOST, _agent("Python-urllib/3.13"), JSON, ("connection", "close"),
    ),
    "http.client": (HOST, _codings("identity"), _length(2), JSON),
    "aiohttp": (
        HOST, ALL, _codings("gzip, deflate"), _agent("Python/3.11 aiohttp/3.14.5"), _length(2), JSON,
    ),
    "fetch of Node.js": (
        HOST, KEPT, JSON, ALL, ("accept-language", "*"), ("sec-fetch-mode", "cors"), _agent("node"),
        _codings("gzip, deflate"), _length(2),
    ),
    "http of Node.js": (JSON, HOST, KEPT, CHUNKED),
    "undici": (HOST, KEPT, JSON, _length(2)),
    "node-fetch": (ALL, _codings("gzip, deflate, br"), _length(2), JSON, _agent("node-fetch"), HOST, KEPT),
    "axios": (
        ("accept", "application/json, text/plain, */*"), JSON, _agent("axios/1.21.1"), _length(2),
        _codings("gzip, compress, deflate, br"), HOST, KEPT,
    ),
    "net/http of Go": (HOST, _agent("Go-http-client/1.1"), _length(2), JSON, _codings("gzip")),
    "HttpClient of Java": (_length(2), HOST, _agent("Java-http-client/17.0.15"), JSON),
    "HttpURLConnection of Java": (
        JSON, _agent("Java/17.0.15"), HOST, ("accept", "text/html, image/gif, image/jpeg, */*; q=0.2"), KEPT,
        _length(2),
    ),
}  # fmt: skip

EXPORTERS: dict[str, Head] = {
    "OpenTelemetry for Python": (
        HOST, _agent("OTel-OTLP-Exporter-Python/1.45.2"), _codings("gzip, deflate, br"), ALL, KEPT, PROTOBUF, LICENSE,
        GZIP, _length(255),
    ),
    "OpenTelemetry for Node.js, JSON": (
        LICENSE, JSON, _agent("OTel-OTLP-Exporter-JavaScript/0.223.1"), HOST, GZIP, KEPT, CHUNKED,
    ),
    "OpenTelemetry for Node.js, protobuf": (
        LICENSE, PROTOBUF, _agent("OTel-OTLP-Exporter-JavaScript/0.223.1"), HOST, GZIP, KEPT, CHUNKED,
    ),
    "OpenTelemetry for Go": (
        HOST, _agent("OTel OTLP Exporter Go/1.47.0"), CHUNKED, GZIP, PROTOBUF, LICENSE, _codings("gzip"),
    ),
}  # fmt: skip
