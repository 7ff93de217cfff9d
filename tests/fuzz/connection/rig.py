"""One proxy between fuzzed clients and a fuzzed upstream, and the laws that hold after every batch.

The proxy observes: it forwards what it would refuse, to documented hosts, so that most of what is said gets through to
where it is looked at. The laws: the process lives; nothing in its log is a defect; a good request is served; its
descriptors are as many as before; what a strict reader finds on the connections upstream is on record, each request
with its method, path and length of the body, and as often; at the end, ``verify`` finds nothing but open outcomes.
"""

import contextlib
import io
import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from beacon_audit.cli import main
from beacon_audit.redaction import Names, SecretRegistry, Tokens
from beacon_audit.trail.reader import TrailReader
from fuzz.connection.case import Case
from fuzz.connection.client import FuzzClient
from fuzz.connection.requests_upstream import whole_requests
from fuzz.connection.upstream import FuzzUpstream
from harness.client import Tunnel
from harness.http1_readers import Message
from harness.proxy import ProxyProcess, write_policy
from harness.rig import eventually
from harness.usage_reports import PATH, usage_report

_PATIENCE_S = 40.0
_CLIENTS = 16
_DEFECT = re.compile(r"Traceback|[Uu]nhandled|crashed|defect|never (?:awaited|retrieved)|CRITICAL")
_HEAD = re.compile(rb"([^ ]+) ([^ ]+) HTTP/1\.[01]\r\n")

type Sent = tuple[str, str, int]


class LawBroken(AssertionError):
    """What must not be; says which law, and what was seen."""


class ConnectionRig:
    """A running proxy. ``figures`` counts what was seen so far; ``patience_s`` is how long descriptors may take to come
    back."""

    patience_s = _PATIENCE_S

    def __init__(self, proxy: ProxyProcess, upstream: FuzzUpstream) -> None:
        self.proxy, self.upstream = proxy, upstream
        tokens = Tokens(bytes.fromhex((proxy.home.keys / "tokens.key").read_text().strip()))
        self._names = Names(SecretRegistry(tokens), tokens)
        self._reader = TrailReader(proxy.home.trail)
        self._client = FuzzClient(proxy.address, str(proxy.home.ca_certificate), patience_s=_PATIENCE_S)
        self._intents: dict[str, Sent] = {}
        self._outcomes: dict[str, str] = {}
        self._read_log = 0
        self.figures: Counter[str] = Counter()
        self._serve_a_good_request()
        eventually(lambda: not self._sockets(), _PATIENCE_S)
        self._descriptors = len(self._open_files())

    def run(self, batch: Sequence[Case]) -> None:
        """Say these inputs, several at a time, and hold what was seen against the laws.

        Raises:
            LawBroken, NotEnded: one is broken.
        """
        self.upstream.seed = batch[0].answers.partition("/")[0]
        with ThreadPoolExecutor(_CLIENTS) as clients:
            list(clients.map(self._client.say, batch))
        self.upstream.seed = None
        self.figures["inputs"] += len(batch)
        self.look()

    def look(self) -> None:
        """Hold what was seen so far against the laws.

        Raises:
            LawBroken: one is broken.
        """
        if self.proxy.has_ended:
            raise LawBroken(f"the proxy has ended:\n{self.proxy.stderr[-2000:]}")
        self._serve_a_good_request()
        with contextlib.suppress(AssertionError):
            eventually(lambda: not self._sockets() and len(self._open_files()) <= self._descriptors, self.patience_s)
        if self._sockets() or len(self._open_files()) > self._descriptors:
            raise LawBroken(f"expected {self._descriptors} descriptors as before, came {self._open_files()}")
        said = self.proxy.stderr
        found = _DEFECT.search(said, self._read_log)
        if found:
            raise LawBroken(f"the log tells of a defect:\n{said[max(self._read_log, found.start() - 500) :][:9000]}")
        self._read_log = len(said)
        self._hold_against_the_record()

    def _serve_a_good_request(self) -> None:
        with Tunnel(self.proxy.address, self.proxy.home.ca_certificate, timeout=_PATIENCE_S) as tunnel:
            status = tunnel.send(PATH, usage_report(1)).status
        if status != 200:
            raise LawBroken(f"expected that a good request is served, came {status}")

    def _open_files(self) -> list[str]:
        """The descriptors of the proxy, but for those of the trail, which has files that are about to be published."""
        found = []
        for descriptor in Path(f"/proc/{self.proxy.pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                found.append(str(descriptor.readlink()))
        return [name for name in found if not name.startswith(str(self.proxy.home.path))]

    def _sockets(self) -> list[str]:
        """The connections of the proxy that are open, of clients and upstream."""
        port = f"{self.proxy.address[1]:04X}"
        upstream = f"{int(self.upstream.address.rpartition(':')[2]):04X}"
        lines = (line.split() for line in Path(f"/proc/{self.proxy.pid}/net/tcp").read_text().splitlines()[1:])
        inodes = {f"socket:[{line[9]}]" for line in lines if line[1].endswith(port) or line[2].endswith(upstream)}
        listening = 1
        held = [name for name in self._open_files() if name in inodes]
        return held[listening:]

    def _hold_against_the_record(self) -> None:
        for entry in self._reader.poll():
            self._take(entry)
        self._reader_is_done()
        sent, cut = Counter[Sent](), Counter[tuple[str, str]]()
        for connection in self.upstream.connections:
            messages, rest = whole_requests(bytes(connection.data))
            sent.update(map(self._as_recorded, messages))
            if rest:
                cut[self._beginning(rest)] += 1
        may_have = Counter(
            said for identity, said in self._intents.items() if self._outcomes.get(identity) != "not_sent"
        )
        must_have = Counter(said for identity, said in self._intents.items() if self._outcomes.get(identity) == "sent")
        self.figures["requests upstream"] = sent.total()
        self.figures["requests upstream, cut off"] = cut.total()
        self.figures["intents"] = len(self._intents)
        if unrecorded := sent - may_have:
            raise LawBroken(f"upstream came what is not on record: {_told(unrecorded)}")
        left = may_have - sent
        for (method, path), count in cut.items():
            if sum(number for said, number in left.items() if said[:2] == (method, path)) < count:
                raise LawBroken("upstream came the beginning of a request that is not on record")
        # The answer may come before the request was read to its end, but not to more than was sent.
        if len(list((must_have - sent).elements())) > cut.total():
            raise LawBroken(f"on record as answered is what never came upstream: {_told(must_have - sent)}")

    def _take(self, entry: dict[str, Any]) -> None:
        self.figures[f"entries: {entry['type']}"] += 1
        if entry["type"] == "intent":
            self._intents[entry["id"]] = (entry["method"], entry["path"], entry["request_bytes"])
        elif entry["type"] == "outcome":
            self.figures[f"outcomes: {entry['state']}"] += 1
            if entry["id"] in self._outcomes:
                raise LawBroken("one intent has two outcomes")
            self._outcomes[entry["id"]] = entry["state"]

    def _reader_is_done(self) -> None:
        open_ones = self._intents.keys() - self._outcomes.keys()
        if open_ones:
            raise LawBroken(f"{len(open_ones)} exchanges are open though no connection is")

    def _as_recorded(self, message: Message) -> Sent:
        path = message.target.decode("latin-1").partition("?")[0]
        return self._names.method(message.method.decode()), self._names.path(path), len(message.body)

    def _beginning(self, rest: bytes) -> tuple[str, str]:
        found = _HEAD.match(rest)
        if found is None:
            raise LawBroken("upstream came bytes that begin no request")
        return self._as_recorded(Message(found[1], found[2], (), b""))[:2]

    def verify(self) -> None:
        """Once the proxy has stopped, its trail has no fault but outcomes that nobody can know.

        Raises:
            LawBroken: it has.
        """
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            status = main(["verify", "--json", "--home", str(self.proxy.home.path)])
        problems = {problem["code"] for problem in json.loads(said.getvalue())["problems"]}
        self.figures["verify"] = status
        if status not in (0, 2, 3) or problems - {"unknown-outcome", "no-anchor", "unanchored"}:
            raise LawBroken(f"verify says {status}: {problems}")


def _told(found: Counter[Sent]) -> str:
    return json.dumps([[*said, count] for said, count in found.items()][:5])


@contextmanager
def connection_rig(directory: Path, mode: str = "observe") -> Iterator[ConnectionRig]:
    """The proxy runs inside; its trail is verified at the end."""
    with FuzzUpstream(directory) as upstream:
        policy = write_policy(directory, None, upstream=upstream.policy, mode=mode)
        with ProxyProcess(directory, policy) as proxy:
            rig = ConnectionRig(proxy, upstream)
            yield rig
        rig.verify()
