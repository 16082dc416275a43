// A TLS server as the node script meets them: server.cjs PORT CERT KEY CA hot|cold FOLDER
// hot reads its files again when they change (kube-apiserver), cold only at start (etcd's trust).
// FOLDER/sick makes health answer 500, FOLDER/broken makes the next start end at once.
const { existsSync, readFileSync, writeFileSync } = require("node:fs");
const { createServer } = require("node:https");

const [port, certFile, keyFile, caFile, mode, folder] = process.argv.slice(2);
const read = () => ({ cert: readFileSync(certFile), key: readFileSync(keyFile), ca: readFileSync(caFile) });
if (existsSync(`${folder}/broken`)) process.exit(1);
// A bad set of files ends a start, as it does for the real ones.
if (existsSync(`${folder}/refuses`) && read().cert.toString() === readFileSync(`${folder}/refuses`, "utf8")) process.exit(1);

const listening = Date.now();
const server = createServer({ ...read(), requestCert: true, rejectUnauthorized: false }, (request, response) => {
  const code = () => {
    if (Date.now() - listening < 200) return 403;
    if (request.url === "/readyz") return existsSync(`${folder}/sick`) ? 500 : 200;
    return request.socket.authorized ? 200 : 401;
  };
  response.writeHead(code());
  response.end("\n");
});
server.listen(Number(port), "127.0.0.1", () => writeFileSync(`${folder}/listening`, String(process.pid)));
let last = "";
if (mode === "hot") {
  setInterval(() => {
    try {
      const files = read();
      const text = Object.values(files).join("");
      if (text === last) return;
      server.setSecureContext(files);
      last = text;
    } catch {
      // a pair half written is rejected and the old one stays
    }
  }, 50);
}
process.on("SIGTERM", () => process.exit(0));
