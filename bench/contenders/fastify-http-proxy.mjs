import proxy from '@fastify/http-proxy';
import Fastify from 'fastify';
import { port, upstream } from '../reference/environment.mjs';

const app = Fastify({ logger: false });
app.register(proxy, { upstream, undici: { connections: 128, pipelining: 1 } });
await app.listen({ port, host: '127.0.0.1' });
