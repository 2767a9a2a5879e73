import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { CERTIFICATE, PRIVATE_KEY } from '../support/certificate.ts';
import { type PorticoProcess, startPortico } from '../support/portico-process.ts';
import { hasRedis, startRedis, type TestRedis } from '../support/redis.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';

const there = hasRedis('Redis over TLS');

describe.skipIf(!there)('Redis over TLS', () => {
  let folder: TemporaryFolder;
  let redis: TestRedis;
  let portico: PorticoProcess | undefined;
  beforeAll(async () => {
    if (!there) return;
    folder = await temporaryFolder();
    const cert = await folder.write('cert.pem', CERTIFICATE);
    const key = await folder.write('key.pem', PRIVATE_KEY);
    const tls = ['--tls-cert-file', cert, '--tls-key-file', key, '--tls-auth-clients', 'no'];
    redis = await startRedis((port) => ['--port', '0', '--tls-port', String(port), ...tls]);
    await folder.write(
      'gateway.yaml',
      `server: { host: 127.0.0.1, port: 0 }
storage: { redis: "rediss://localhost:${redis.port}" }
services: {}
routes: [{ path: /, respond: {} }]
`,
    );
  });
  afterEach(async () => {
    portico?.child.kill('SIGKILL');
    await portico?.finished;
  });
  afterAll(async () => {
    await redis?.close();
    await folder?.remove();
  });

  async function start(env: Readonly<Record<string, string>>): Promise<string> {
    portico = startPortico(['start'], { cwd: folder.path, env });
    const line = await portico.line('stdout', /^portico listening on /);
    return line.replace('portico listening on ', '');
  }

  const health = async (url: string) => (await fetch(`${url}/health`)).json();

  it('is used if its certificate is trusted', async () => {
    const url = await start({ NODE_EXTRA_CA_CERTS: path.join(folder.path, 'cert.pem') });
    await vi.waitFor(async () => expect(await health(url)).toMatchObject({ redis: 'healthy' }), {
      timeout: 10_000,
    });
  });

  it('is not used if it is not, and the log says why', async () => {
    const url = await start({});
    expect(await health(url)).toMatchObject({ status: 'degraded', redis: 'unhealthy' });
    const line = await portico?.line('stdout', /Redis is out of reach/);
    expect(JSON.parse(line ?? '')).toMatchObject({
      level: 'warn',
      reason: expect.stringMatching(/certificate/),
    });
  });
});
