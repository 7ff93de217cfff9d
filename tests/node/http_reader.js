// What Node's HTTP server, told to be lenient, reads from bytes: one connection for each text of standard input, which
// is a JSON list of base64 texts. Prints a JSON object: the methods that it knows at all, and for each connection the
// requests it was given, or null when it refused to read on.
const http = require("node:http");
const net = require("node:net");

const results = new Map();
const options = { insecureHTTPParser: true, requireHostHeader: false, maxHeaderSize: 1 << 20, keepAliveTimeout: 0 };
const server = http.createServer(options, (request, response) => {
  const body = [];
  request.on("data", (part) => body.push(part));
  request.on("end", () => {
    const seen = results.get(request.socket.remotePort);
    const headers = request.rawHeaders.map((text) => Buffer.from(text, "latin1").toString("base64"));
    if (seen.requests !== null) {
      seen.requests.push({ method: request.method, target: request.url, headers, body: Buffer.concat(body).toString("base64") });
    }
    response.end();
  });
});
server.on("clientError", (error, socket) => {
  const seen = results.get(socket.remotePort);
  if (seen !== undefined && error.code !== "ECONNRESET") {
    seen.requests = null;
    seen.error = error.code;
  }
  socket.destroy();
});
server.on("connection", (socket) => results.set(socket.remotePort, { requests: [] }));

function read(data) {
  return new Promise((resolve) => {
    const client = net.connect(server.address().port, "127.0.0.1", () => client.end(data));
    const port = new Promise((known) => client.once("connect", () => known(client.localPort)));
    client.resume();
    client.on("error", () => {});
    client.on("close", async () => resolve(results.get(await port)));
  });
}

let input = "";
process.stdin.setEncoding("latin1").on("data", (part) => (input += part));
process.stdin.on("end", () => {
  server.listen(0, "127.0.0.1", async () => {
    const connections = [];
    for (const text of JSON.parse(input)) {
      connections.push(await read(Buffer.from(text, "base64")));
      results.clear();
    }
    process.stdout.write(JSON.stringify({ methods: http.METHODS, connections }));
    server.close();
    server.closeAllConnections();
  });
});
