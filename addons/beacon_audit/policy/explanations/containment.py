"""What the codes ``containment.…`` mean."""

from collections.abc import Mapping

from beacon_audit.policy.explanations.explanation import Explanation

_FRONTING = (
    "Names that disagree are how traffic for one place is made to look like traffic for another (domain fronting): "
    "what "
    "is checked is then not what is reached."
)
_CLIENT = "Find the client by the record's source; the services of LangSmith do not do this."

CONTAINMENT: Mapping[str, Explanation] = {
    "containment.undocumented-host": Explanation(
        means="The request names a host that the contract edition does not list.",
        matters="Everything else leaves through this proxy only to documented hosts; another one is not LangSmith's "
        "documented egress, whoever owns it.",
        source="The hosts of the contract edition: beacon-audit contract show EDITION.",
        do="Give other traffic of this machine another way out, or none. If the vendor documents a new host, move to "
        "the "
        "edition that lists it.",
    ),
    "containment.undocumented-port": Explanation(
        means="The request names a port other than the documented one.",
        matters="Another port of a documented host is another service, of which nothing is documented.",
        source="The port of the contract edition; 443 in the shipped ones.",
        do=_CLIENT,
    ),
    "containment.connect-target": Explanation(
        means="The target of a CONNECT is not a host name and a port.",
        matters="Numeric, encoded or padded spellings of an address are how lists of hosts are passed by.",
        source="RFC 9110 §9.3.6.",
        do=_CLIENT,
    ),
    "containment.connect-mismatch": Explanation(
        means="The CONNECT named another place than the request inside of the tunnel.",
        matters=_FRONTING,
        source="RFC 9110 §9.3.6 and §7.2.",
        do=_CLIENT,
    ),
    "containment.connect-unexpected": Explanation(
        means="A CONNECT came to a proxy that runs in reverse or transparent mode.",
        matters="In these modes the proxy stands in for Beacon itself; nobody needs a tunnel through it.",
        source="The listening modes of beacon-audit run.",
        do="Take HTTPS_PROXY away from clients that reach the proxy by a DNS override or by their route, or run it in "
        "mode regular.",
    ),
    "containment.not-redirected": Explanation(
        means="A connection came to a proxy that runs in transparent mode, but it was made to the proxy itself.",
        matters="In transparent mode every connection is redirected by the packet filter of this host. One that was "
        "not shows a client that knows of the proxy, or a packet filter without the redirection.",
        source="The listening modes of beacon-audit run; SO_ORIGINAL_DST of the Linux kernel.",
        do="Load the ruleset of deploy/nftables, which redirects, and lets nobody reach the proxy's port otherwise; "
        "for clients that are told where the proxy is, run it in mode regular or reverse.",
    ),
    "containment.unpermitted-bytes": Explanation(
        means="Something inside of the proxy wrote to an open connection to Beacon that no recorded request was using. "
        "It was stopped and the connection torn down.",
        matters="Only bytes of a request whose intent is on the record may leave.",
        source="The promise of beacon-audit; docs/adr/0010-watched-connections.md.",
        do="This is a defect: report it, with the lines of the log around it. Nothing needs to be done for your data.",
    ),
    "containment.expectation": Explanation(
        means="A request had an Expect header that is not exactly one 100-continue.",
        matters="The upstream may answer it with one message more than the client and the proxy count, so that the "
        "next request is given the answer of this one.",
        source="RFC 9110 §10.1.1.",
        do="Find out which client sends it: no documented one does.",
    ),
    "containment.no-connect": Explanation(
        means="A request came to a proxy in regular mode, but not through a CONNECT tunnel.",
        matters="Without a tunnel there was no TLS session of ours, and so no proof of where the request would go.",
        source="RFC 9110 §9.3.6.",
        do="Set HTTPS_PROXY, not HTTP_PROXY, for clients that use the proxy explicitly.",
    ),
    "containment.plaintext": Explanation(
        means="The request did not come inside of a TLS session.",
        matters="Beacon is documented with https only; in clear, anybody on the way could read the license key.",
        source="The endpoints of the contract edition, which are https URLs.",
        do="Let the client use https://. " + _CLIENT,
    ),
    "containment.scheme": Explanation(
        means="The request says a scheme other than https, although it came inside of TLS.",
        matters="What stands behind Beacon could take it as a request in clear, or route it elsewhere.",
        source="RFC 9110 §4.2; RFC 9113 §8.3.1.",
        do=_CLIENT,
    ),
    "containment.sni-missing": Explanation(
        means="The TLS client named no server (SNI).",
        matters="Without it the session does not say where it is meant to go.",
        source="RFC 6066 §3.",
        do="Use a client that sends SNI; every current one does unless it was given an IP address.",
    ),
    "containment.sni-mismatch": Explanation(
        means="The name in the TLS handshake (SNI) is another one than in the request.",
        matters=_FRONTING,
        source="RFC 6066 §3; RFC 9110 §7.4.",
        do=_CLIENT,
    ),
    "containment.host-missing": Explanation(
        means="The request has no Host header.",
        matters="The receiver would choose for itself what the request is for.",
        source="RFC 9112 §3.2.",
        do=_CLIENT,
    ),
    "containment.host-duplicate": Explanation(
        means="The request has more than one Host header.",
        matters="One reader takes the first, another the last: what is checked is then not what is reached.",
        source="RFC 9112 §3.2.",
        do=_CLIENT,
    ),
    "containment.host-mismatch": Explanation(
        means="The Host header, or the authority of the request target, names another place than the connection.",
        matters=_FRONTING,
        source="RFC 9110 §7.2; RFC 9113 §8.3.1.",
        do=_CLIENT,
    ),
    "containment.absolute-form": Explanation(
        means="Inside of the tunnel, the request target is a whole URL.",
        matters="That is how a request asks the next proxy to send it elsewhere.",
        source="RFC 9112 §3.2.2.",
        do=_CLIENT,
    ),
    "containment.upgrade": Explanation(
        means="The request asks to leave HTTP for another protocol, such as WebSocket.",
        matters="After the change nothing could be checked or recorded.",
        source="RFC 9110 §7.8; no documented endpoint speaks anything but HTTP.",
        do=_CLIENT,
    ),
    "containment.control-character": Explanation(
        means="A header or the request target holds a control character.",
        matters="Such characters end a line for one reader and not for another (request smuggling).",
        source="RFC 9110 §5.5.",
        do=_CLIENT,
    ),
    "containment.request-form": Explanation(
        means="The method or the name of a header is no token, or the target is not a path with a query, in characters "
        "that a URI may have.",
        matters="Readers disagree about such characters: some cut a target at a fragment, turn a backslash around, or "
        "see the end of a line where another sees none (request smuggling).",
        source="RFC 9110 §5.6.2 and §9.1; RFC 9112 §3.2; RFC 3986 §3.3 and §3.4.",
        do=_CLIENT,
    ),
    "containment.hop-by-hop": Explanation(
        means="The Connection header lists a header of the request, or the body has a transfer coding other than "
        "chunked.",
        matters="The next one on the way takes out what Connection lists, and takes off a transfer coding. What is "
        "read in the end is then another request than the one that was judged and recorded.",
        source="RFC 9110 §7.6.1; RFC 9112 §6.1 and §7.",
        do=_CLIENT,
    ),
    "containment.headers-too-large": Explanation(
        means="The request has more headers, or more bytes in them, than any documented request could have.",
        matters="Size is a way to send things, and what overflows one reader is cut off by another.",
        source="Documented requests have at most 15 headers of under 2 KiB; the bounds are 32 headers and 16 KiB.",
        do=_CLIENT,
    ),
    "containment.trailers": Explanation(
        means="The request has trailers: headers behind its body.",
        matters="They are rarely looked at and may be merged into the headers, so they are a way to send things "
        "unseen.",
        source="RFC 9110 §6.5; no documented request has any.",
        do=_CLIENT,
    ),
    "containment.tls-handshake": Explanation(
        means="A client ended the TLS handshake, mostly because it does not trust the proxy's CA.",
        matters="Nothing left, but LangSmith's egress fails until the CA is trusted; and whoever speaks something "
        "other "
        "than TLS here does not speak to Beacon.",
        source="RFC 8446 §4.",
        do="Give the client HOME/ca/ca.crt: config.customCa in the Helm values, REQUESTS_CA_BUNDLE or SSL_CERT_FILE.",
    ),
    "containment.too-many-bodies": Explanation(
        means="There was no room for the body of the request: the bodies that are held at one time are bounded "
        "together. Of the requests that are still on their way, the one that began first gives way, with 503.",
        matters="Who sends many bodies at once, or none to its end, must not take all memory, nor the room of others.",
        source="limits.buffered_bytes of the policy.",
        do="An honest client sends it again by itself. Look for a source that has many of these; if all are honest, "
        "raise the limit, and the memory with it.",
    ),
    "containment.silent-connections": Explanation(
        means="Clients opened connections and sent no request within half a minute; the reason says how many were "
        "closed. What had begun on them, half a head or half a handshake, has no record of its own.",
        matters="Who holds connections without a word takes the places of others.",
        source="A bound of this proxy. Connections on which a request came may stay idle.",
        do="A few are nothing: clients connect in advance. Of many, look for the host that opens them.",
    ),
    "containment.too-many-connections": Explanation(
        means="Clients wanted more connections at the same time than limits.connections allows, or one source more "
        "than three quarters of it; the reason says how many were turned away, before anything was read.",
        matters="Each connection costs memory and file descriptors; a flood must not take them from the others.",
        source="limits.connections of the policy.",
        do="Look for the client that opens so many. If all are honest, raise the limit, and the memory with it.",
    ),
    "containment.too-many-secrets": Explanation(
        means="The request or response carries a key that the proxy cannot learn: there are more than four, it is "
        "longer than 4,096 characters or escaped beyond recognition, or 256 licenses were let through before.",
        matters="A key that is not known could not be kept out of the records, so the request stays in and little is "
        "written of it. One installation has one license.",
        source="The bounds of the secret registry.",
        do="Look in the log for who sends such keys. If 256 different licenses are honest, restart the proxy.",
    ),
}
