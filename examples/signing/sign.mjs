// Signs requests with a shared secret: HTTP Message Signatures (RFC 9421) by hmac-sha256.
// Node 18 or later, nothing to install. As a command:
//   KEY_ID=… SECRET=<Base64> node sign.mjs POST https://example.com/orders?dry=1 '{"amount":100}'
import { createHash, createHmac, randomUUID } from "node:crypto";
import { pathToFileURL } from "node:url";

/** The headers that sign a request; `body` is the very text or bytes that will be sent. */
export function sign(method, url, body, keyId, secret) {
  const { host, pathname, search } = new URL(url); // host: lower case, no default port
  const covered = [
    ["@method", method.toUpperCase()],
    ["@authority", host],
    ["@path", pathname],
    ["@query", search || "?"],
  ];
  const headers = {};
  if (body) {
    const digest = createHash("sha256").update(body).digest("base64");
    headers["Content-Digest"] = `sha-256=:${digest}:`;
    covered.push(["content-digest", headers["Content-Digest"]]);
  }
  const names = covered.map(([name]) => `"${name}"`).join(" ");
  const created = Math.floor(Date.now() / 1000);
  const parameters = `(${names});created=${created};nonce="${randomUUID()}";keyid="${keyId}"`;
  const lines = covered.map(([name, value]) => `"${name}": ${value}\n`).join("");
  const base = `${lines}"@signature-params": ${parameters}`;
  const signature = createHmac("sha256", secret).update(base).digest("base64");
  return { ...headers, "Signature-Input": `sig=${parameters}`, Signature: `sig=:${signature}:` };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const [method, url, body] = process.argv.slice(2);
  const secret = Buffer.from(process.env.SECRET, "base64");
  const headers = sign(method, url, body, process.env.KEY_ID, secret);
  const response = await fetch(url, { method, headers, body });
  console.log(response.status, await response.text());
}
