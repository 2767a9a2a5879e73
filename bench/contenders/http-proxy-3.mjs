import { Agent, createServer } from 'node:http';
import { createProxyServer } from 'http-proxy-3';
import { port, upstream } from '../reference/environment.mjs';

const proxy = createProxyServer({ target: upstream, agent: new Agent({ keepAlive: true, maxSockets: 128 }) });
proxy.on('error', (_error, _request, response) => response.writeHead(502).end());
createServer((request, response) => proxy.web(request, response)).listen(port, '127.0.0.1');
