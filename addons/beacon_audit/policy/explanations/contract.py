"""What the codes ``contract.…`` mean."""

from collections.abc import Mapping

from beacon_audit.policy.explanations.explanation import Explanation

_EDITION = "The schemas and samples of the contract edition: beacon-audit contract show EDITION."
_MOVED = (
    "Compare the release with the documentation. If the vendor documents it by now, move to that edition; if you "
    "accept it "
    "nevertheless, set endpoints.NAME.findings for this code in the policy."
)
_NEW = "New names are how a release starts to send more, and how free text can be sent in a documented shape."
_APPROVE = (
    "Look at what it is: beacon-audit inventory. If you accept it: beacon-audit inventory approve. Until then, "
    "strictness strict keeps it in."
)

CONTRACT: Mapping[str, Explanation] = {
    "contract.undocumented-endpoint": Explanation(
        means="No documented endpoint has this method and path.",
        matters="Nothing is known of what such a request carries.",
        source="The endpoints of the contract edition: beacon-audit contract show EDITION.",
        do="If the vendor documents it by now, move to the edition that does. This finding cannot be overridden.",
    ),
    "contract.observed-endpoint": Explanation(
        means="Client code sends to this endpoint, but no documentation shows it.",
        matters="What it carries was read out of code and may change without notice.",
        source="The edition marks it as observed, with the reason.",
        do="Decide whether it may leave: endpoints.NAME.findings: {contract.observed-endpoint: alert} lets it.",
    ),
    "contract.intelligence-endpoint": Explanation(
        means="The request goes to /intelligence, which serves Engine on the host of Beacon.",
        matters="Such a request may carry the content of traces and source code, in a form that is published nowhere.",
        source="The vendor's page: “each request may carry the trace content, source code, and intermediate output”.",
        do="Keep it refused, and turn the feature off at its source.",
    ),
    "contract.undocumented-query": Explanation(
        means="The request has a query string.",
        matters="No documented endpoint takes one, so it is a place for anything.",
        source="The documented endpoints, which have none.",
        do=_MOVED,
    ),
    "contract.undocumented-header": Explanation(
        means="The request has a header that no documentation names and no usual HTTP client sends by itself.",
        matters="Nobody looks at headers, and receivers ignore those they do not know: one more is a way to send "
        "things unseen. What it holds is recorded nowhere.",
        source="The headers of the contract edition: beacon-audit contract show EDITION.",
        do="Find out what adds it: a tracing agent, a service mesh, OTEL_EXPORTER_OTLP_HEADERS. Turn that off for "
        "Beacon, or set endpoints.NAME.findings for this code in the policy.",
    ),
    "contract.header-value": Explanation(
        means="A documented header holds what it never holds, or stands more than once.",
        matters="A free text in a usual header is as good a way out as a header of its own.",
        source="What clients send: curl, requests, urllib3, httpx, aiohttp, Node.js, Go and the exporters of "
        "OpenTelemetry; beacon-audit contract show EDITION says it for each header.",
        do=_MOVED,
    ),
    "contract.undocumented-media-type": Explanation(
        means="The body is of a media type that is not documented for this endpoint.",
        matters="Such a body is one that nobody has read.",
        source="The media types of the contract edition.",
        do="Set the exporter's protocol to a documented one. This finding cannot be overridden.",
    ),
    "contract.undocumented-field": Explanation(
        means="The document has a field that no documented sample shows.",
        matters="Receivers ignore fields that they do not know, so one more is a way to send things unseen.",
        source=_EDITION,
        do=_MOVED,
    ),
    "contract.missing-field": Explanation(
        means="A documented field is not there.",
        matters="The receiver will make something else of the document than the documentation says.",
        source=_EDITION,
        do=_MOVED,
    ),
    "contract.wrong-type": Explanation(
        means="A field has a value of another type than documented.",
        matters="A text where a number belongs has room for anything.",
        source=_EDITION,
        do=_MOVED,
    ),
    "contract.wrong-value": Explanation(
        means="A field has a value that does not have the documented form.",
        matters="What does not have the form of a time, an id or a status can be anything.",
        source=_EDITION,
        do=_MOVED,
    ),
    "contract.otlp-structure": Explanation(
        means="OTLP defines this, but no documented sample shows it: a kind, flags, a histogram.",
        matters="It is usual and harmless in itself, but not what the documentation says is sent.",
        source="The published descriptors of OTLP, against the documented samples.",
        do="Nothing at standard. At strict it stays in until endpoints.NAME.findings allows it.",
    ),
    "contract.otlp-invalid": Explanation(
        means="A documented sample shows this, but OTLP does not allow it.",
        matters="A strict receiver would reject the vendor's own sample; it is noted and never a reason to refuse.",
        source="The documented samples; the OTLP specification.",
        do="Nothing.",
    ),
    "contract.standard-attribute-key": Explanation(
        means="No documented sample shows this attribute key, but OpenTelemetry libraries send it by themselves.",
        matters="It is usual; its value is held to a grammar all the same (promise.value-grammar).",
        source="OpenTelemetry semantic conventions: telemetry.sdk.*, service.version, http.route …",
        do="Nothing at standard. At strict it stays in until endpoints.NAME.findings allows it.",
    ),
    "contract.new-attribute-key": Explanation(
        means="No documented sample shows this attribute key.", matters=_NEW, source=_EDITION, do=_APPROVE
    ),
    "contract.new-metric-name": Explanation(
        means="No documented sample shows this metric.", matters=_NEW, source=_EDITION, do=_APPROVE
    ),
    "contract.new-span-name": Explanation(
        means="No documented sample shows this span name.", matters=_NEW, source=_EDITION, do=_APPROVE
    ),
    "contract.new-event-name": Explanation(
        means="No documented sample shows this event name.", matters=_NEW, source=_EDITION, do=_APPROVE
    ),
    "contract.new-scope-name": Explanation(
        means="No documented sample shows this instrumentation scope.", matters=_NEW, source=_EDITION, do=_APPROVE
    ),
    "contract.approved-name": Explanation(
        means="No documented sample shows this name, but somebody approved it in the inventory.",
        matters="What is sent under it is held to every other rule all the same, and its values are not recorded.",
        source="The approval in the trail: who, when and why; beacon-audit inventory names its record.",
        do="Nothing. To keep such names in after all, set endpoints.NAME.findings: {contract.approved-name: block}.",
    ),
    "contract.response-undocumented-status": Explanation(
        means="Beacon answered with a status that is not documented for this endpoint.",
        matters="The request has left already. The answer may mean that it was not taken, or that somebody else "
        "answered.",
        source="The responses of the contract edition.",
        do="Look at the status in the record. 5xx and 429 are usual in an outage; 401 and 403 concern the license.",
    ),
}
