// The part of Web3Signer's HTTP API in eth1 mode that signing needs, written from its documentation, on ethers.
//
//   node web3signer.js SETTINGS.json
//
// SETTINGS: {"keys": [private keys in hex], "port": 0, "token": null, "tls": {"cert", "key", "ca"} | null}.
// It prints its port once it listens. The keys are read again at POST /reload.
"use strict";

const fs = require("node:fs");
const http = require("node:http");
const https = require("node:https");
const { SigningKey, keccak256 } = require("ethers");

const file = process.argv[2];
const settings = () => JSON.parse(fs.readFileSync(file, "utf8"));

let keys;
function load() {
  const made = settings().keys.map((key) => new SigningKey(key));
  // Without the 04 in front that says "uncompressed", as Web3Signer lists them.
  keys = new Map(made.map((key) => ["0x" + key.publicKey.slice(4), key]));
}
load();

function sign(identifier, body) {
  const key = keys.get(identifier.toLowerCase());
  if (key === undefined) return [404, ""];
  let data;
  try {
    data = JSON.parse(body).data;
  } catch {
    return [400, ""];
  }
  if (typeof data !== "string" || !/^0x([0-9a-fA-F]{2})*$/.test(data)) return [400, ""];
  return [200, key.sign(keccak256(data)).serialized];
}

function answer(method, path, body) {
  if (method === "GET" && path === "/upcheck") return [200, "OK"];
  if (method === "GET" && path === "/api/v1/eth1/publicKeys") return [200, JSON.stringify([...keys.keys()])];
  if (method === "POST" && path === "/reload") return load(), [200, ""];
  const found = /^\/api\/v1\/eth1\/sign\/([^/]+)$/.exec(path);
  return method === "POST" && found ? sign(found[1], body) : [404, ""];
}

const { port, token, tls } = { port: 0, token: null, tls: null, ...settings() };

function handle(request, response) {
  const pieces = [];
  request.on("data", (piece) => pieces.push(piece));
  request.on("end", () => {
    const known = token === null || request.headers.authorization === `Bearer ${token}`;
    const [status, text] = known ? answer(request.method, request.url, Buffer.concat(pieces)) : [401, ""];
    const kind = text.startsWith("[") ? "application/json" : "text/plain; charset=utf-8";
    response.writeHead(status, { "Content-Type": kind }).end(text);
  });
}

const server = tls
  ? https.createServer(
      {
        cert: fs.readFileSync(tls.cert),
        key: fs.readFileSync(tls.key),
        ca: fs.readFileSync(tls.ca),
        requestCert: true,
        rejectUnauthorized: true,
      },
      handle,
    )
  : http.createServer(handle);
server.listen(port, "127.0.0.1", () => console.log(server.address().port));
