"""What the codes ``promise.…`` mean."""

from collections.abc import Mapping

from beacon_audit.policy.explanations.explanation import Explanation

_IDENTITY = (
    "The vendor's page: telemetry is “never identified with individual users”, “we do not collect PII in any form” "
    "(promise no-identity of the contract edition)."
)
_CONTENT = (
    "The vendor's page: “we do not collect actual payload contents, database records, or any data that can identify "
    "your "
    "end users or customers” (promise no-content of the contract edition)."
)
_ASK = (
    "Look at the place that the pointer names. If it is what the message says, keep it refused and ask the vendor; if "
    "it "
    "is a harmless text that only looks so, set endpoints.NAME.findings for this code in the policy."
)

PROMISE: Mapping[str, Explanation] = {
    "promise.license-misplaced": Explanation(
        means="A known license key or token stands anywhere but in its documented field or header, in any spelling.",
        matters="A key in a trace or a log line is copied into systems where nobody expects one.",
        source="The license fields and headers of the contract edition.",
        do="Find out which service writes its own key into telemetry, and have the key replaced.",
    ),
    "promise.secret": Explanation(
        means="A text has the shape of a key or token: of LangSmith, a cloud, a code host, a model provider, a JSON "
        "web "
        "token, a PEM block, a bearer token, a password in a URL. It is also looked for once decoded from base64, hex "
        "or "
        "percent escapes, and in protobuf bytes.",
        matters="Whoever holds it can act in its owner's name. No documented payload has one outside of the license "
        "field. What is compressed or encrypted first, or has no shape of its own, is not found.",
        source="The makers' key formats; RFC 7519, RFC 7468, RFC 6750, RFC 7617, RFC 3986 §3.2.1.",
        do="Replace the secret, then stop at its source whatever put it there. The record holds its place, not its "
        "value.",
    ),
    "promise.identity-attribute": Explanation(
        means="An attribute key exists to identify a person or a session: user.*, enduser.*, session.*, "
        "client.address …",
        matters="Whatever its value is, it says who did something.",
        source=_IDENTITY + " Keys: OpenTelemetry semantic conventions.",
        do="Keep it refused, and ask the vendor which release sends it and why.",
    ),
    "promise.content-attribute": Explanation(
        means="An attribute key exists to carry contents: db.query.text, url.full, exception.message, gen_ai.prompt …",
        matters="Whatever its value is, it is what users typed, what models answered, or what a database holds.",
        source=_CONTENT + " Keys: OpenTelemetry semantic conventions.",
        do="Keep it refused, and ask the vendor which release sends it and why.",
    ),
    "promise.infrastructure-attribute": Explanation(
        means="An attribute key describes machines, networks or code: host.*, k8s.*, process.*, server.address …",
        matters="It says where an installation stands and what it is made of. No sentence rules it out, no sample "
        "shows it.",
        source="The documented samples, which have none; keys: OpenTelemetry semantic conventions.",
        do="Decide whether it may leave; set endpoints.NAME.findings in the policy, or turn off the resource "
        "detectors.",
    ),
    "promise.database-text": Explanation(
        means="A text is, or holds, an SQL statement, known by its grammar.",
        matters="Statements name tables and columns and often hold the values of a record.",
        source=_CONTENT + " Grammar: ISO/IEC 9075-2.",
        do=_ASK,
    ),
    "promise.connection-string": Explanation(
        means="A text says how a database is reached.",
        matters="It names hosts, databases and users; with a password in it, it is a promise.secret as well.",
        source=_CONTENT,
        do=_ASK,
    ),
    "promise.email-address": Explanation(
        means="A text, or a key, holds an e-mail address.",
        matters="It identifies a person.",
        source=_IDENTITY + " Shape: RFC 5321 §4.1.2, RFC 6531.",
        do=_ASK,
    ),
    "promise.ip-address": Explanation(
        means="A text, or a key, holds an IPv4 or IPv6 address other than loopback. Four numbers that are called a "
        "version "
        "are none.",
        matters="It identifies a machine, often a person's, or shows the inside of a network.",
        source=_IDENTITY,
        do=_ASK,
    ),
    "promise.uuid-value": Explanation(
        means="A text holds a UUID where no documented payload has one. service.instance.id may have one.",
        matters="The id of a tenant, a user, a run or a document stands for the thing itself and can be looked up.",
        source=_IDENTITY + " Shape: RFC 9562.",
        do=_ASK,
    ),
    "promise.free-text": Explanation(
        means="A text is longer, or of another form, than the field that holds it is for: a sentence where a label "
        "belongs, a question, lines, turns of a conversation, JSON, or a readable text in base64 or hex.",
        matters="No pattern recognises what a user typed. That it does not fit where it stands is what can be seen.",
        source=_CONTENT + " Bounds: beacon_audit/inspection/text_forms.py, from the documented samples.",
        do=_ASK,
    ),
    "promise.value-grammar": Explanation(
        means="The value of a documented or standard attribute is not what such a value looks like: an endpoint with a "
        "query, an id or an address in it, a method that is none.",
        matters="A known key with another value is how contents travel unseen.",
        source=_CONTENT + " Grammars: the documented samples, OpenTelemetry semantic conventions (http.route).",
        do=_ASK,
    ),
    "promise.log-severity": Explanation(
        means="A log record is below severity 13 (WARN), has none, or is called by the name of a lower one.",
        matters="Records of lower severity tell what users did, and there are far more of them.",
        source="The vendor's page: “warning and error log messages only” (promise warnings-and-errors-only); severity "
        "numbers: OpenTelemetry logs data model.",
        do="Keep it refused where it matters, and ask the vendor for the log level of this release.",
    ),
    "promise.usage-count": Explanation(
        means="Something in a usage snapshot is no count: a name that is none, a value that is negative, absurd or no "
        "whole "
        "number, a window of time that is none.",
        matters="What is not a count is “individual resource data, identifiers, or usage patterns”.",
        source="The vendor's page: “all metrics are aggregated counts only” (promise counts-only).",
        do=_ASK,
    ),
    "promise.id-channel": Explanation(
        means="Trace or span ids carry something: more ids that OTLP does not allow than the documentation shows, or "
        "ids "
        "whose bytes are a text.",
        matters="Ids are the one place in telemetry for bytes of any value: sixteen in every span.",
        source="OTLP: ids are random bytes, 32 and 16 hex digits; the documented sample has two others.",
        do="Look at the ids in the sender's own logs: the record hides them. Encrypted text cannot be told from an id.",
    ),
}
