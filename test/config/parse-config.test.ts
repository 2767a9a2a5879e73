import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LoadedConfig } from '../../src/config/loaded-config.ts';
import { parseConfig } from '../../src/config/parse-config.ts';
import { formatProblem } from '../../src/kernel/problem.ts';

const SERVICE = 'services: { users: { urls: [http://localhost:8001] } }\n';

function parse(text: string, env: Record<string, string> = {}) {
  return parseConfig({ text, file: 'gateway.yaml', env });
}

function load(text: string, env: Record<string, string> = {}): LoadedConfig {
  const { loaded, problems } = parse(text, env);
  if (loaded === undefined) throw new Error(problems.map(formatProblem).join('\n'));
  return loaded;
}

function messages(text: string, env: Record<string, string> = {}): string[] {
  return parse(text, env).problems.map(formatProblem);
}

describe('defaults', () => {
  it('needs only services and graphql, and gives everything else the contract’s default', () => {
    const { config } = load(`${SERVICE}graphql: {}`);
    expect(config.server).toMatchObject({
      host: '0.0.0.0',
      port: 4000,
      bodyLimit: 1_048_576,
      requestTimeout: 60_000,
    });
    expect(config.services.users).toMatchObject({
      timeout: 30_000,
      retry: { attempts: 1, budget: 0.2, methods: ['GET', 'HEAD', 'OPTIONS'] },
      breaker: { failureRate: 0.5, window: 10_000, minimum: 20, openFor: 5000 },
      headers: { forward: ['accept-language'] },
    });
    expect(config.graphql).toMatchObject({
      path: '/graphql',
      schema: ['schema/**/*.graphql'],
      auth: 'optional',
    });
  });

  it('takes an empty map of services, for sources that only the schema names', () => {
    expect(load('services: {}\ngraphql: {}').config.services).toEqual({});
  });

  it('reads JSON, tabs and all', () => {
    const text = JSON.stringify({ $schema: './gateway.schema.json', services: {}, graphql: {} }, null, '\t');
    expect(load(text).config.graphql?.path).toBe('/graphql');
  });
});

describe('environment variables', () => {
  it('puts them into any value; an unquoted one keeps YAML’s typing', () => {
    const text = `server: { port: \${PORT}, host: "\${HOST}", securityHeaders: \${SAFE} }
services: { users: { urls: ["http://\${HOST}:\${PORT}/v1"] } }
graphql: {}`;
    const { config } = load(text, { PORT: '8080', HOST: 'localhost', SAFE: 'false' });
    expect(config.server).toMatchObject({ port: 8080, host: 'localhost', securityHeaders: false });
    expect(config.services.users?.urls).toEqual(['http://localhost:8080/v1']);
  });

  it('takes the default where the variable is unset or empty', () => {
    const text = `server: { port: \${PORT:-4001}, host: \${HOST:-127.0.0.1} }\nservices: {}\ngraphql: {}`;
    expect(load(text, { HOST: '' }).config.server).toMatchObject({ port: 4001, host: '127.0.0.1' });
  });

  it('takes a default with punctuation without quotes, inside braces too', () => {
    const text = `services: { users: { urls: [\${USERS:-http://localhost:8001/a,b#c}] } }\ngraphql: {}`;
    expect(messages(text)).toEqual([
      'gateway.yaml:1:29: services.users.urls[0]: a service URL has no query and no fragment, which ${USERS} does not give',
    ]);
    expect(load(text.replace('#c', '')).config.services.users?.urls).toEqual(['http://localhost:8001/a,b']);
  });

  it('leaves $${ as a plain ${', () => {
    const text = `${SERVICE}routes: [{ path: /price, respond: { body: "$\${NAME} \${NAME}" } }]`;
    expect(load(text, { NAME: 'x' }).config.routes[0]?.respond?.body).toBe('${NAME} x');
  });

  it('takes a secret of digits as the text it is', () => {
    const secret = '12345678901234567890123456789012';
    const text = `auth: { jwt: [{ secret: \${SECRET}, audience: \${AUDIENCE} }] }\nservices: {}\ngraphql: {}`;
    const { config } = load(text, { SECRET: secret, AUDIENCE: '007' });
    expect(config.auth.jwt[0]).toMatchObject({ secret, audience: '007' });
  });

  it('never shows the value of a variable in a message', () => {
    const text = 'server: { bodyLimit: "${SECRET}" }\nservices: {}\ngraphql: {}';
    const [message] = messages(text, { SECRET: 'hunter2' });
    expect(message).toContain('${SECRET}');
    expect(message).not.toContain('hunter2');
  });

  it('does not read names that every object has', () => {
    const [message] = messages(`server: { host: "\${constructor}" }\n${SERVICE}graphql: {}`);
    expect(message).toContain('constructor is not set');
  });
});

describe('YAML', () => {
  it('follows anchors and aliases', () => {
    const text = `services:
  users: &plain { urls: [http://localhost:8001], timeout: 3s }
  content: *plain
graphql: {}`;
    expect(load(text).config.services.content?.timeout).toBe(3000);
  });

  it('takes in other maps by merge keys; what a map says itself wins, then the first one', () => {
    const { config, positions } = load(`services:
  users: &base { urls: [http://localhost:8001], timeout: 3s, connectTimeout: 1s }
  content: &fast { urls: [http://localhost:8002], timeout: 1s, idleTimeout: 9s }
  both: { <<: [*base, *fast], urls: [http://localhost:8003] }
  text: { urls: [http://localhost:8004], config: { "<<": as it stands } }
graphql: {}`);
    expect(config.services.both).toMatchObject({
      urls: ['http://localhost:8003'],
      timeout: 3000,
      connectTimeout: 1000,
      idleTimeout: 9000,
    });
    expect(config.services.text?.config).toEqual({ '<<': 'as it stands' });
    expect(positions.at(['services', 'both', 'idleTimeout'])).toMatchObject({ line: 3, column: 77 });
  });

  it('reads an unquoted path with parameters inside braces', () => {
    const { config } = load(`${SERVICE}routes: [{ path: /users/{id}/posts/{post}, service: users }]`);
    expect(config.routes[0]?.path).toBe('/users/{id}/posts/{post}');
  });

  it('refuses a text that would exhaust the parser, at once', () => {
    expect(messages('['.repeat(100_000))).toEqual([
      'gateway.yaml:1:201: this is nested too deeply to be a configuration',
    ]);
    expect(messages('- '.repeat(20_000))).toHaveLength(1);
  });
});

describe('what an editor may have saved', () => {
  it('counts lines that end with CR LF, and no byte order mark', () => {
    expect(messages('\uFEFFservces: {}\r\nservices: {}\r\n\r\ngraphql: { pth: / }\r\n')).toEqual([
      'gateway.yaml:1:1: unknown key "servces". Did you mean "services"?',
      'gateway.yaml:4:12: unknown key "pth" in graphql. Did you mean "path"?',
    ]);
  });

  it('says so where it is no UTF-8', () => {
    const utf16 = Buffer.from(SERVICE, 'utf16le').toString('utf8');
    expect(messages(utf16)).toEqual(['gateway.yaml:1:1: this is no text in UTF-8']);
  });
});

describe('positions', () => {
  const { positions } = load(`services:
  users:
    urls: [http://localhost:8001]
    headers: { set: { X-A: b } }
routes:
  - path: /users
    service: users
`);

  it('finds keys and values', () => {
    expect(positions.at(['services', 'users', 'urls', 0])).toEqual({
      file: 'gateway.yaml',
      line: 3,
      column: 12,
    });
    expect(positions.key(['services', 'users', 'headers', 'set', 'X-A'])).toMatchObject({
      line: 4,
      column: 23,
    });
    expect(positions.at(['routes', 0, 'service'])).toMatchObject({ line: 7, column: 14 });
    expect(positions.key(['routes', 0])).toMatchObject({ line: 6, column: 5 });
  });

  it('gives the nearest key above for what is not in the file', () => {
    expect(positions.at(['services', 'users', 'breaker', 'window'])).toMatchObject({ line: 2, column: 3 });
    expect(positions.key(['graphql'])).toMatchObject({ line: 1, column: 1 });
  });
});

describe('warnings', () => {
  it('warns of a secret that can be guessed, and still loads', () => {
    const { loaded, problems } = parse('auth: { jwt: [{ secret: short }] }\nservices: {}\ngraphql: {}');
    expect(loaded).toBeDefined();
    expect(problems.map(formatProblem)).toEqual([
      expect.stringMatching(
        /^gateway\.yaml:1:25: warning: the secret has 5 bytes and can be guessed; give it at least 32/,
      ),
    ]);
  });

  it('wants a longer secret for a longer hash', () => {
    const text = (secret: string) =>
      `auth: { jwt: [{ secret: ${secret}, algorithms: [HS512] }] }\nservices: {}\ngraphql: {}`;
    expect(messages(text('x'.repeat(63)))).toHaveLength(1);
    expect(messages(text('x'.repeat(64)))).toHaveLength(0);
  });
});

describe('keys of later parts', () => {
  it('takes the values that ask for nothing', () => {
    const text = `${SERVICE}graphql: { responseCache: false, limits: { calls: 0 }, subscriptions: { sse: false } }
storage: { redis: "", dataDir: .portico }
registry: { enabled: false }
limits: {}
events: { broker: memory }
docs: { openapi: "" }
telemetry: { metrics: "", audit: false, tracing: { otlp: "" } }`;
    expect(messages(text)).toEqual([]);
  });
});

describe('the example of the contract', () => {
  it('is valid apart from what is not available yet', () => {
    const text = readFileSync(new URL('example.yaml', import.meta.url), 'utf8');
    const others = messages(text).filter((message) => !message.includes('not available yet'));
    expect(others).toEqual([]);
  });
});

describe('any text', () => {
  const inside = (text: string) => {
    const lines = text.split('\n');
    for (const { at } of parse(text, { HOME: '/root' }).problems) {
      expect(at.line).toBeGreaterThanOrEqual(1);
      expect(at.line).toBeLessThanOrEqual(lines.length);
      expect(at.column).toBeGreaterThanOrEqual(1);
      expect(at.column).toBeLessThanOrEqual((lines[at.line - 1] ?? '').length + 1);
    }
  };

  it('gives problems inside the file and never throws', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), inside), { numRuns: 300 });
  });

  it('nor for text that looks like YAML', () => {
    const piece = fc.constantFrom(
      ...[
        'services',
        'routes',
        'graphql',
        'auth',
        'jwt',
        'path',
        'users',
        'urls',
        'limit',
        ': ',
        ':',
        '\n',
        '\n  ',
      ],
      ...[
        '- ',
        '{',
        '}',
        '[',
        ']',
        ', ',
        '"',
        "'",
        '*a',
        '&a ',
        '!t ',
        '| ',
        '> ',
        '#',
        '? ',
        '---\n',
        '...\n',
        '%Y',
      ],
      ...[
        '${HOME}',
        '${',
        '$${',
        '${NO:-',
        '/x/{id}',
        '\t',
        '<<',
        '__proto__',
        '1',
        'true',
        'null',
        '\r\n',
        '﻿',
      ],
    );
    const text = fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(''));
    fc.assert(fc.property(text, inside), { numRuns: 1500 });
  });

  it('nor for any JSON value at the keys of the file', () => {
    const keys = ['server', 'auth', 'services', 'routes', 'graphql', 'limits', 'health', 'telemetry'];
    const value = fc.dictionary(fc.constantFrom(...keys), fc.jsonValue({ maxDepth: 4 }));
    fc.assert(
      fc.property(value, (data) => inside(JSON.stringify(data, null, 1))),
      { numRuns: 500 },
    );
  });
});
