import { createServer } from 'node:http';
import { port } from './environment.mjs';

/** The whole body as text. */
function readText(request) {
  return new Promise((resolve, reject) => {
    let text = '';
    request.setEncoding('utf8');
    request.on('data', (chunk) => {
      text += chunk;
    });
    request.on('end', () => resolve(text));
    request.on('error', reject);
  });
}

/** Writes JSON that is text or bytes already. */
function sendJson(response, status, json) {
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(json),
  });
  response.end(json);
}

/** Bare node:http: `answer(body, request)` gives the JSON text or bytes for each request. */
export function serveJson(answer) {
  createServer(async (request, response) => {
    try {
      sendJson(response, 200, await answer(await readText(request), request));
    } catch (error) {
      sendJson(response, 500, JSON.stringify({ errors: [{ message: String(error) }] }));
    }
  }).listen(port, '127.0.0.1');
}
