// An example of a receiver of AX Registry's webhooks: Node's own modules and `standardwebhooks` from npm.
//
//     WEBHOOK_SECRET=whsec_… PORT=9000 node receiver.js
//
// It verifies each request, remembers it, and only then says that it has it. Repeats are told by the event's id and
// dropped, older news of a subject by its sequence. A real receiver remembers in its database, in one transaction.
"use strict";

const http = require("node:http");
const { Webhook, WebhookVerificationError } = require("standardwebhooks");

const LARGEST = 1024 * 1024;
const secret = process.env.WEBHOOK_SECRET ?? "";
if (!secret.startsWith("whsec_")) {
  console.error("set WEBHOOK_SECRET to the secret that was shown when the endpoint was made");
  process.exit(1);
}
const webhook = new Webhook(secret);
const seen = new Set();
const newest = new Map();

function take(event) {
  if (seen.has(event.id)) return "repeated";
  seen.add(event.id);
  // Ten digits each, so that the order of the text is the order of the numbers.
  if (event.sequence <= (newest.get(event.subject) ?? "")) return "old";
  newest.set(event.subject, event.sequence);
  return "new";
}

async function read(request) {
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > LARGEST) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8"); // as it came: the signature is over this
}

const server = http.createServer(async (request, response) => {
  const body = request.method === "POST" ? await read(request) : null;
  if (body === null) return response.writeHead(413).end();
  let event;
  try {
    event = webhook.verify(body, request.headers);
  } catch (error) {
    if (!(error instanceof WebhookVerificationError)) throw error;
    console.log(`refused: ${error.message}`);
    return response.writeHead(400).end();
  }
  const verdict = take(event);
  response.writeHead(204).end();
  console.log(`${verdict}: ${event.type} ${event.subject} ${event.sequence} ${event.id}`);
});

server.listen(Number(process.env.PORT ?? 9000), "127.0.0.1", () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}/`);
});
