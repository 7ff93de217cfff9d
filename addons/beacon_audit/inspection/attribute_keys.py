"""Attribute keys that break what the vendor promises, as data.

The promises are sentences of the documentation: telemetry is "never identified with individual users", and "we do
not collect actual payload contents, database records". The keys are those of the OpenTelemetry semantic conventions
(attribute registry), deprecated ones included, that exist to carry exactly that. ``*`` stands for one or more
characters, dots included. A dot is a dot: ``user_agent.original`` is no ``user.*``, ``session_id`` is no ``session.*``.
"""

#: What OpenTelemetry libraries add by themselves, without patterns; their values have a grammar (``attribute_values``).
STANDARD_KEYS = (
    "telemetry.sdk.name",
    "telemetry.sdk.language",
    "telemetry.sdk.version",
    "telemetry.distro.name",
    "telemetry.distro.version",
    "service.version",
    "service.instance.id",
    "http.route",
    "http.request.method",
    "http.response.status_code",
    "error.type",
    "db.system.name",
    "db.operation.name",
    "exception.type",
)

#: Where an installation stands and what it is made of.
INFRASTRUCTURE_KEYS = (
    "host.name",
    "host.id",
    "host.ip",
    "host.mac",
    "server.address",
    "network.peer.address",
    "net.*",
    "k8s.*",
    "container.*",
    "process.*",
    "cloud.account.id",
    "code.*",
    "messaging.*",
    "db.namespace",
    "db.collection.name",
    "url.path",
    "user_agent.original",
)

IDENTITY_KEYS = (
    "enduser.*",
    "user.*",
    "session.*",
    "client.address",
    "source.address",
    "http.client_ip",
    "geo.*",
    "device.id",
    "tls.client.*",
)

CONTENT_KEYS = (
    "db.query.text",
    "db.query.parameter.*",
    "db.operation.parameter.*",
    "db.statement",
    "db.user",
    "db.connection_string",
    "http.request.body.content",
    "http.response.body.content",
    "http.request.header.*",
    "http.response.header.*",
    "rpc.*.metadata.*",
    "url.full",
    "url.query",
    "url.original",
    "http.url",
    "http.target",
    "exception.message",
    "exception.stacktrace",
    "code.stacktrace",
    "graphql.document",
    "log.record.original",
    "messaging.kafka.message.key",
    "gen_ai.prompt",
    "gen_ai.prompt.*",
    "gen_ai.completion",
    "gen_ai.completion.*",
    "gen_ai.input.messages",
    "gen_ai.output.messages",
    "gen_ai.system_instructions",
    "gen_ai.tool.call.arguments",
    "gen_ai.tool.call.result",
    "gen_ai.retrieval.query.text",
)
