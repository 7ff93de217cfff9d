"""What the codes ``wire.…`` mean."""

from collections.abc import Mapping

from beacon_audit.policy.explanations.explanation import Explanation

_TWO_READERS = (
    "If two readers make different things of the same bytes, the one that is checked here need not be the one that is "
    "received."
)
_UNSEEN = "What no parsed view shows can carry anything past everybody who looks at the parsed view."
_CLIENT = "No client of LangSmith is known to send this. Find it by the record's source and look at what it runs."
_PROTOBUF = "https://protobuf.dev/programming-guides/encoding."

WIRE: Mapping[str, Explanation] = {
    "wire.http-head": Explanation(
        means="What came is not the head of an HTTP request, or is not written as one has to be: bare LF, white space "
        "in the wrong place, control characters around a value.",
        matters=_TWO_READERS,
        source="RFC 9112 §3 and §5; RFC 9113 §8.",
        do=_CLIENT,
    ),
    "wire.http-message": Explanation(
        means="The message broke the rules of its HTTP version, so that its end is disputable, or it never ended.",
        matters=_TWO_READERS,
        source="RFC 9112 §6 and §7; RFC 9113 §8.",
        do=_CLIENT,
    ),
    "wire.body-too-large": Explanation(
        means="The body has more bytes than limits.body_bytes of the policy.",
        matters="What is not read to its end cannot be checked, and memory must be bounded.",
        source="limits.body_bytes; OTLP recommends to accept at least 64 MiB.",
        do="Let exporters send smaller batches, or raise the limit.",
    ),
    "wire.content-type": Explanation(
        means="There is no Content-Type, more than one, or one that is malformed.",
        matters=_TWO_READERS,
        source="RFC 9110 §8.3.",
        do=_CLIENT,
    ),
    "wire.charset": Explanation(
        means="The Content-Type names a charset other than UTF-8.",
        matters="A receiver that honours it reads another text than was checked here.",
        source="RFC 8259 §8.1: JSON is UTF-8.",
        do=_CLIENT,
    ),
    "wire.unlike-header": Explanation(
        means="The body is not what its Content-Type or Content-Encoding says, but looks like something else; or it is "
        "well-formed both as JSON and as protobuf.",
        matters="A receiver that goes by the bytes and not by the header reads what was not checked here.",
        source="RFC 9110 §8.3; for how formats are told, their own specifications.",
        do="The message names what the bytes look like: look for a client, or a proxy before this one, that encodes "
        "twice or sets the wrong header.",
    ),
    "wire.content-length": Explanation(
        means="Content-Length is not the number of bytes of the body, is no number, or stands there twice.",
        matters="What one receiver takes for the end of the body is its middle to another. " + _TWO_READERS,
        source="RFC 9112 §6.3; RFC 9113 §8.1.1.",
        do=_CLIENT,
    ),
    "wire.content-encoding": Explanation(
        means="The Content-Encoding is neither absent, identity nor one gzip.",
        matters="Other codings, and several on top of one another, are decoded differently or not at all by receivers.",
        source="RFC 9110 §8.4; OTLP documents gzip only.",
        do="Set the exporter's compression to gzip or none.",
    ),
    "wire.deflate-encoding": Explanation(
        means="The Content-Encoding is deflate.",
        matters="Receivers read deflate in two ways, with and without the zlib header. " + _TWO_READERS,
        source="RFC 9110 §8.4.1.2.",
        do="Set the exporter's compression to gzip or none.",
    ),
    "wire.gzip-corrupt": Explanation(
        means="The body says that it is gzip and does not decompress.",
        matters="Nobody can say what is in it.",
        source="RFC 1952.",
        do=_CLIENT,
    ),
    "wire.gzip-truncated": Explanation(
        means="The gzip member ends before its end.",
        matters="Some decoders show what came so far, others nothing. " + _TWO_READERS,
        source="RFC 1952 §2.3.",
        do="Look for a connection that broke, or a client that writes a wrong Content-Length.",
    ),
    "wire.gzip-trailing-bytes": Explanation(
        means="Something follows the gzip member: other bytes, or a second member.",
        matters="Many decoders show the first member only. " + _UNSEEN,
        source="RFC 1952 §2.2.",
        do=_CLIENT,
    ),
    "wire.gzip-header-field": Explanation(
        means="The gzip header has an extra field, a file name, a comment, or values that no encoder writes.",
        matters="No decoder shows them. " + _UNSEEN,
        source="RFC 1952 §2.3.1.",
        do=_CLIENT,
    ),
    "wire.gzip-padding": Explanation(
        means="The gzip member is larger than its contents would be without compression.",
        matters="It is full of blocks that hold nothing, and which blocks those are can carry anything. " + _UNSEEN,
        source="RFC 1951 §3.2; no encoder writes more than 5 bytes for each stored block.",
        do=_CLIENT,
    ),
    "wire.decoded-too-large": Explanation(
        means="The body is larger than limits.decoded_bytes after decompression.",
        matters="A few kilobytes can decompress to gigabytes; memory must be bounded.",
        source="limits.decoded_bytes; OTLP recommends 64 MiB also after decompression.",
        do="Let exporters send smaller batches, or raise the limit.",
    ),
    "wire.bom": Explanation(
        means="The JSON begins with a byte order mark.",
        matters="Some readers skip it, some refuse it, some read UTF-16. " + _TWO_READERS,
        source="RFC 8259 §8.1.",
        do=_CLIENT,
    ),
    "wire.json-utf8": Explanation(
        means="The JSON holds bytes that are not UTF-8.",
        matters="Readers replace, skip or refuse them. " + _TWO_READERS,
        source="RFC 8259 §8.1.",
        do=_CLIENT,
    ),
    "wire.json-invalid": Explanation(
        means="The body is no JSON: comments, trailing commas, NaN, a missing brace, nothing at all.",
        matters="Lenient readers repair it, each in its own way. " + _TWO_READERS,
        source="RFC 8259.",
        do="If the body was copied from the documentation, take the // comments out: they are no part of it.",
    ),
    "wire.json-trailing-bytes": Explanation(
        means="Something follows the JSON document.",
        matters="Readers that stop at the end of the document do not see it. " + _UNSEEN,
        source="RFC 8259 §2.",
        do=_CLIENT,
    ),
    "wire.json-too-large": Explanation(
        means="The JSON has room for more than a million values: brackets that open and commas, outside of texts.",
        matters="A value can take two bytes on the wire and hundreds in memory, which must be bounded.",
        source="A bound of this proxy; a usual batch has twenty thousand.",
        do="Let exporters send smaller batches.",
    ),
    "wire.json-depth": Explanation(
        means="The JSON is nested more deeply than limits.json_depth.",
        matters="Deep nesting exhausts the stack of readers; no documented payload has more than 16 levels.",
        source="RFC 8259 §9; limits.json_depth.",
        do=_CLIENT,
    ),
    "wire.json-alias": Explanation(
        means="A field of OTLP is written by its protobuf name (trace_id) instead of its JSON name (traceId).",
        matters="Protobuf's own JSON readers take both, others ignore the second. " + _TWO_READERS,
        source="OTLP specification, “JSON Protobuf Encoding”: the keys are in lowerCamelCase.",
        do=_CLIENT,
    ),
    "wire.duplicate-key": Explanation(
        means="An object has the same key twice, perhaps once spelled with an escape.",
        matters="Some readers take the first value, some the last. " + _TWO_READERS,
        source="RFC 8259 §4.",
        do=_CLIENT,
    ),
    "wire.integer-range": Explanation(
        means="An integer does not fit into 64 bits.",
        matters="Readers round it without a word, so its last digits are seen by some and not by others.",
        source="RFC 8259 §6; OTLP/JSON: 64-bit integers are decimal strings or numbers.",
        do=_CLIENT,
    ),
    "wire.number-digits": Explanation(
        means="A number is written with more than 40 characters.",
        matters="Readers keep about 17 digits and drop the others, of which there may be millions. " + _UNSEEN,
        source="RFC 8259 §6; no language writes a double with more than 24 characters of its own accord.",
        do=_CLIENT,
    ),
    "wire.protobuf-invalid": Explanation(
        means="The body is no protobuf message: a field ends behind the end, a varint is too long, a group, field 0.",
        matters="Nobody can say what is in it.",
        source=_PROTOBUF,
        do="Look whether the client sends JSON with the Content-Type of protobuf.",
    ),
    "wire.protobuf-depth": Explanation(
        means="The message is nested more deeply than limits.json_depth.",
        matters="Deep nesting exhausts the stack of readers; attribute values may hold one another without end.",
        source="limits.json_depth; protobuf parsers stop at 100 by themselves.",
        do=_CLIENT,
    ),
    "wire.protobuf-too-large": Explanation(
        means="The message holds more than a million values.",
        matters="A value can take two bytes on the wire and a hundred in memory, which must be bounded.",
        source="A bound of this proxy; a usual batch has twenty thousand.",
        do="Let exporters send smaller batches.",
    ),
    "wire.protobuf-unknown-field": Explanation(
        means="The message has a field whose number OTLP does not know.",
        matters="Receivers keep or drop it without showing it. " + _UNSEEN,
        source="The published descriptors of OTLP; " + _PROTOBUF,
        do="If the vendor moved to a newer OTLP, move to a release of this proxy that knows it.",
    ),
    "wire.protobuf-wire-type": Explanation(
        means="A known field comes in another wire type than it has.",
        matters="Parsers treat it as unknown and show nothing. " + _UNSEEN,
        source=_PROTOBUF,
        do=_CLIENT,
    ),
    "wire.protobuf-repeated-field": Explanation(
        means="A field that a message has once comes again, or two members of a oneof come together.",
        matters="Parsers show the last value, or a mix; the first is hidden. " + _UNSEEN,
        source="“Last One Wins” in " + _PROTOBUF,
        do=_CLIENT,
    ),
    "wire.protobuf-utf8": Explanation(
        means="A text holds bytes that are not UTF-8.",
        matters="Some parsers refuse it, some replace the bytes. " + _TWO_READERS,
        source=_PROTOBUF,
        do=_CLIENT,
    ),
    "wire.protobuf-integer-range": Explanation(
        means="An integer has more bits than its field.",
        matters="Parsers cut it off; what is cut off is seen by nobody.",
        source=_PROTOBUF,
        do=_CLIENT,
    ),
    "wire.protobuf-noncanonical": Explanation(
        means="The same message was written in another way than encoders write it: longer varints, lists in pieces, "
        "NaNs "
        "with a payload.",
        matters="How it is written can carry a message of its own. " + _UNSEEN,
        source=_PROTOBUF,
        do=_CLIENT,
    ),
}
