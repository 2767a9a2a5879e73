import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { readTour } from '../../src/cli/demo/tour.ts';
import { runHere } from '../support/command-line.ts';
import { type PorticoProcess, runPortico, startPortico } from '../support/portico-process.ts';
import { runCurlLine } from '../support/shell.ts';

// Each demo is seven processes that start at once, possibly beside other tests on a small machine.
vi.setConfig({ testTimeout: 120_000 });

const cwd = path.resolve(import.meta.dirname, '../..');

interface Announced {
  readonly url: string;
  readonly token: string;
  readonly adminToken: string;
  readonly services: Readonly<Record<string, string>>;
}

async function startJsonDemo(example = 'marketplace'): Promise<{ process: PorticoProcess; demo: Announced }> {
  const process = startPortico(['demo', example, '--port', '0', '--json'], { cwd });
  return { process, demo: JSON.parse(await process.line('stdout', /./)) as Announced };
}

async function query(url: string, token: string, text: string) {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query: text }),
  });
  return (await response.json()) as { data?: Record<string, unknown>; errors?: unknown };
}

/** Resolves once nothing listens at the address any more. */
async function refuses(url: string): Promise<void> {
  for (;;) {
    try {
      await fetch(url);
    } catch {
      return;
    }
  }
}

describe('portico demo --json', () => {
  it('prints one line once all listen, with tokens that work, and ends everything on a signal', async () => {
    const { process, demo } = await startJsonDemo();
    expect(Object.keys(demo).sort()).toEqual(['adminToken', 'services', 'token', 'url']);
    expect(Object.keys(demo.services)).toEqual((await readTour('marketplace'))?.services);
    for (const url of Object.values(demo.services)) {
      expect(await (await fetch(`${url}/_calls`)).json()).toEqual({ count: 0, log: [] });
    }

    const own = await query(demo.url, demo.token, '{ account { email } }');
    expect(own).toEqual({ data: { account: { email: 'hello@paper-lantern.example' } } });
    const stats = await query(demo.url, demo.adminToken, '{ orderStats { orders } }');
    expect(stats).toEqual({ data: { orderStats: { orders: 8 } } });

    process.child.kill('SIGTERM');
    const { code, stdout, stderr } = await process.finished;
    expect([code, stdout.trimEnd().split('\n').length, stderr]).toEqual([0, 1, '']);
    await Promise.all([demo.url, ...Object.values(demo.services)].map(refuses));
  });

  it.each(['studio', 'organizations', 'forge'] as const)(
    'starts %s with tokens for two, and queries that work as they stand',
    async (name) => {
      const { process, demo } = await startJsonDemo(name);
      const tour = await readTour(name);
      expect(Object.keys(demo.services)).toEqual(tour?.services);
      const callers = new Set<unknown>();
      for (const token of [demo.token, demo.adminToken]) {
        const answer = await query(demo.url, token, '{ me { id } }');
        expect(answer).toEqual({ data: { me: { id: expect.any(String) } } });
        const { me } = answer.data as { me: { id: string } };
        callers.add(me.id);
      }
      expect(callers.size).toBe(2);
      for (const { text } of tour?.queries ?? []) {
        const answer = await query(demo.url, demo.token, text);
        expect(answer).not.toHaveProperty('errors');
        expect(Object.values(answer.data ?? {})).not.toContain(null);
      }
      process.child.kill('SIGTERM');
      const { code, stdout, stderr } = await process.finished;
      expect([code, stdout.trimEnd().split('\n').length, stderr]).toEqual([0, 1, '']);
      await Promise.all([demo.url, ...Object.values(demo.services)].map(refuses));
    },
  );

  it('leaves no service behind when it is killed itself', async () => {
    const { process, demo } = await startJsonDemo();
    process.child.kill('SIGKILL');
    await process.finished;
    await Promise.all(Object.values(demo.services).map(refuses));
  });
});

describe('portico demo', () => {
  it('prints queries and curl lines that work as they stand', async () => {
    const process = startPortico(['demo', '--port', '0'], { cwd });
    let text = '';
    process.child.stdout?.on('data', (chunk: string) => {
      text += chunk;
    });
    await process.line('stdout', /Ctrl-C/);
    const url = /GraphQL +(\S+)\/graphql/.exec(text)?.[1] ?? '';
    const headers = JSON.parse(/^ +(\{"Authorization".*\})$/m.exec(text)?.[1] ?? '') as {
      Authorization: string;
    };
    const token = headers.Authorization.replace('Bearer ', '');

    const tour = await readTour('marketplace');
    expect(tour?.queries).toHaveLength(3);
    for (const { text: printedQuery } of tour?.queries ?? []) {
      expect(text).toContain(printedQuery);
      const answer = await query(url, token, printedQuery);
      expect(answer).not.toHaveProperty('errors');
      expect(Object.values(answer.data ?? {})).not.toContain(null);
    }

    const lines = text.split('\n').filter((line) => line.startsWith('curl '));
    expect(lines).toHaveLength(3);
    for (const line of lines) {
      const response = await runCurlLine(line);
      expect([line, response.status]).toEqual([line, 200]);
      expect(await response.json()).not.toHaveProperty('errors');
    }

    const page = await fetch(`${url}/graphql`, { headers: { accept: 'text/html' } });
    expect(await page.text()).toContain('<!doctype html>');
    process.child.kill('SIGINT');
    expect((await process.finished).code).toBe(0);
  });

  it('refuses an example that is not there yet, and one that it does not know', async () => {
    expect(await runHere(['demo', 'postcards'], cwd)).toEqual({
      code: 1,
      stdout: '',
      stderr: 'the example postcards is not available yet\n',
    });
    expect(await runHere(['demo', 'marketplce'], cwd)).toEqual({
      code: 2,
      stdout: '',
      stderr: 'unknown example "marketplce". Did you mean "marketplace"?\n',
    });
    expect((await runHere(['demo', '--port', 'x'], cwd)).code).toBe(2);
  });

  it('says so if its port is taken, and leaves nothing behind', async () => {
    const server = createServer().listen(0);
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const { code, stdout, stderr } = await runPortico(['demo', '--port', String(port)], { cwd });
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^cannot listen \(.*EADDRINUSE.*\): choose another port with --port\n$/);
    server.close();
  });
});
