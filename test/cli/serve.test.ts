import { createServer } from 'node:net';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type HttpService, startHttpService } from '../support/http-service.ts';
import { type PorticoProcess, startPortico } from '../support/portico-process.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';

let folder: TemporaryFolder;
let processes: PorticoProcess[];
beforeEach(async () => {
  processes = [];
  folder = await temporaryFolder();
});
afterEach(async () => {
  for (const { child, finished } of processes) {
    child.kill('SIGKILL');
    await finished;
  }
  await folder.remove();
});

const answering = (body: string) => `server: { host: 127.0.0.1, port: 0, drain: { timeout: 20s } }
services: {}
routes: [{ path: /word, respond: { body: [${body}] } }]
`;

async function run(command: 'start' | 'dev'): Promise<PorticoProcess & { readonly url: string }> {
  const portico = startPortico([command], { cwd: folder.path });
  processes.push(portico);
  const line = await portico.line('stdout', /^portico listening on /);
  return { ...portico, url: line.replace('portico listening on ', '') };
}

async function word(url: string): Promise<unknown> {
  const response = await fetch(`${url}/word`);
  const [answer] = (await response.json()) as unknown[];
  return answer;
}

describe('portico start', () => {
  it('says where it listens in one line, and ends with 0 on SIGTERM', async () => {
    await folder.write('gateway.yaml', answering('one'));
    const portico = await run('start');
    expect(portico.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(await word(portico.url)).toBe('one');

    portico.child.kill('SIGTERM');
    const { code, stdout } = await portico.finished;
    expect(code).toBe(0);
    expect(stdout.split('\n').filter((line) => !line.startsWith('{') && line !== '')).toEqual([
      `portico listening on ${portico.url}`,
    ]);
  });

  it('ends with 0 on SIGINT as well', async () => {
    await folder.write('gateway.yaml', answering('one'));
    const portico = await run('start');
    portico.child.kill('SIGINT');
    expect((await portico.finished).code).toBe(0);
  });

  it('reloads on SIGHUP; a faulty file changes nothing, and its faults are told', async () => {
    await folder.write('gateway.yaml', answering('one'));
    const portico = await run('start');

    await folder.write('gateway.yaml', answering('two'));
    portico.child.kill('SIGHUP');
    await portico.line('stderr', /^reloaded$/);
    expect(await word(portico.url)).toBe('two');

    await folder.write('gateway.yaml', 'services: {}\nroutes: [{ path: /word, respnd: {} }]\n');
    portico.child.kill('SIGHUP');
    await portico.line('stderr', /^gateway\.yaml:2:25: unknown key "respnd"/);
    await portico.line('stderr', /^not reloaded/);
    expect(await word(portico.url)).toBe('two');
  });

  it('tells the faults of a broken file and does not start', async () => {
    await folder.write('gateway.yaml', 'services: [users]\ngraphql: {}\n');
    const portico = startPortico(['start'], { cwd: folder.path });
    const { code, stdout, stderr } = await portico.finished;
    expect(stderr).toBe('gateway.yaml:1:11: services: expected a map of keys, not a list\n');
    expect([code, stdout]).toEqual([1, '']);
  });

  it('says what to do when the port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as { port: number };
    await folder.write('gateway.yaml', answering('one').replace('port: 0', `port: ${port}`));
    const { code, stderr } = await startPortico(['start'], { cwd: folder.path }).finished;
    other.close();
    expect(code).toBe(1);
    expect(stderr.trim().split('\n')).toEqual([
      expect.stringMatching(/^cannot listen \(.*EADDRINUSE.*\): another process has this port already/),
    ]);
  });

  describe('with a request in flight', () => {
    let service: HttpService;
    let release: () => void;
    beforeEach(async () => {
      const released = new Promise<void>((resolve) => {
        release = resolve;
      });
      service = await startHttpService(async (_, response) => {
        await released;
        response.end('["late"]');
      });
      await folder.write(
        'gateway.yaml',
        `server: { host: 127.0.0.1, port: 0, drain: { timeout: 20s } }
services: { slow: { urls: ["${service.url}"] } }
routes: [{ path: /word, service: slow }]
`,
      );
    });
    afterEach(async () => {
      release();
      await service.die();
    });

    it('answers it before it ends', async () => {
      const portico = await run('start');
      const answer = word(portico.url);
      await service.received(1);
      portico.child.kill('SIGTERM');
      // Nothing tells from outside that draining has begun, but that nobody gets in any more.
      await refused(portico.url);
      release();
      expect(await answer).toBe('late');
      expect((await portico.finished).code).toBe(0);
    });

    it('ends at once on a second signal', async () => {
      const portico = await run('start');
      const answer = word(portico.url).catch(() => 'cut');
      await service.received(1);
      portico.child.kill('SIGTERM');
      await refused(portico.url);
      portico.child.kill('SIGTERM');
      expect((await portico.finished).code).toBe(143);
      expect(await answer).toBe('cut');
    });
  });
});

/** Resolves once the gateway is no longer ready, or does not take connections. */
async function refused(url: string): Promise<void> {
  for (;;) {
    const response = await fetch(`${url}/readyz`, { headers: { connection: 'close' } }).catch(
      () => undefined,
    );
    await response?.arrayBuffer();
    if (response === undefined || response.status === 503) return;
  }
}

describe('portico dev', () => {
  it('reloads on save, tells of faults, and takes up the repair', async () => {
    await folder.write('gateway.yaml', answering('one'));
    const portico = await run('dev');
    expect(await word(portico.url)).toBe('one');

    const reloads = () => portico.line('stderr', /^reloaded$/);
    await folder.write('gateway.yaml', answering('two'));
    await reloads();
    expect(await word(portico.url)).toBe('two');

    await folder.write('gateway.yaml', 'services: [');
    await portico.line('stderr', /^not reloaded/);
    expect(await word(portico.url)).toBe('two');

    portico.child.kill('SIGTERM');
    expect((await portico.finished).code).toBe(0);
  });

  it('started on a faulty file, waits for the save that mends it', async () => {
    await folder.write('gateway.yaml', 'services: {}\nroutes: [{ path: /word, respnd: {} }]\n');
    const portico = startPortico(['dev'], { cwd: folder.path });
    processes.push(portico);
    await portico.line('stderr', /^gateway\.yaml:2:25: unknown key "respnd"/);
    await portico.line('stderr', /^not started: waiting/);
    await folder.write('gateway.yaml', 'services: [');
    await portico.line('stderr', /^gateway\.yaml:\d+:\d+: not valid YAML/);

    await folder.write('gateway.yaml', answering('mended'));
    const url = (await portico.line('stdout', /^portico listening on /)).replace('portico listening on ', '');
    expect(await word(url)).toBe('mended');
    await folder.write('gateway.yaml', answering('again'));
    await portico.line('stderr', /^reloaded$/);
    expect(await word(url)).toBe('again');
  });

  it('does not wait for a file that is not there', async () => {
    const { code, stderr } = await startPortico(['dev', '-c', 'gatway.yaml'], { cwd: folder.path }).finished;
    expect([code, stderr]).toEqual([
      1,
      'gatway.yaml:1:1: there is no such file; name yours with --config, or write gateway.yaml\n',
    ]);
  });

  it('takes up a saved file that the resolvers import, and .env', async () => {
    await folder.write(
      'gateway.yaml',
      `server: { host: 127.0.0.1, port: 0 }
services: {}
graphql: { schema: schema.graphql, resolvers: lib/resolvers.ts }
routes: [{ path: /word, operation: "{ word(of: \\"\${PERSON}\\") }", response: { body: "$([$.word])" } }]
`,
    );
    await folder.write('.env', 'PERSON=Ada\n');
    await folder.write('schema.graphql', 'type Query { word(of: String): String }\n');
    await folder.write(
      'lib/resolvers.ts',
      `import { greeting } from './greeting.ts';
export default { Query: { word: (_: unknown, { of }: { of: string }) => greeting + of } };
`,
    );
    await folder.write('lib/greeting.ts', 'export const greeting = "Hello ";\n');
    const portico = await run('dev');
    expect(await word(portico.url)).toBe('Hello Ada');

    await folder.write('lib/greeting.ts', 'export const greeting = "Good day ";\n');
    await vi.waitFor(async () => expect(await word(portico.url)).toBe('Good day Ada'), { timeout: 20_000 });
    await folder.write('.env', 'PERSON=Grace\n');
    await vi.waitFor(async () => expect(await word(portico.url)).toBe('Good day Grace'), { timeout: 20_000 });
  });

  it('serves GraphiQL and takes up a saved schema', async () => {
    const sdl = (
      field: string,
    ) => `extend schema @link(url: "https://specs.apollo.dev/connect/v0.4", import: ["@connect"])
type Query { ${field}: String @connect(http: { GET: "http://127.0.0.1:1/" }, selection: "$") }
`;
    await folder.write('schema/schema.graphql', sdl('before'));
    await folder.write('gateway.yaml', 'server: { host: 127.0.0.1, port: 0 }\nservices: {}\ngraphql: {}\n');
    const portico = await run('dev');
    const page = await fetch(`${portico.url}/graphql`, { headers: { accept: 'text/html' } });
    expect(page.headers.get('content-type')).toContain('text/html');

    await folder.write(path.join('schema', 'schema.graphql'), sdl('after'));
    await portico.line('stderr', /^reloaded$/);
    const answer = await fetch(`${portico.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: '{ __type(name: "Query") { fields { name } } }' }),
    });
    expect(await answer.json()).toEqual({ data: { __type: { fields: [{ name: 'after' }] } } });
  });
});
