/** The least that passes a request through: node:http, and undici writing straight into the response. */
import { createServer } from 'node:http';
import { Pool } from 'undici';
import { port, upstream } from '../reference/environment.mjs';

const pool = new Pool(upstream, { connections: 128 });

const copyHead = ({ statusCode, headers, opaque: response }) => {
  response.writeHead(statusCode, headers);
  return response;
};

createServer((request, response) => {
  const { connection: _hop, host: _own, ...headers } = request.headers;
  const options = { method: request.method, path: request.url, headers, opaque: response };
  pool.stream(options, copyHead, (error) => {
    if (error !== null && !response.headersSent) response.writeHead(502).end();
  });
}).listen(port, '127.0.0.1');
