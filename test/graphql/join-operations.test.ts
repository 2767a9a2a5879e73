import type { Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../support/fake-clock.ts';
import { startGateway, type TestGateway, type TestGatewayOptions } from '../support/gateway.ts';
import { startGateway as startEngine } from '../support/graphql-gateway.ts';
import { Reply, type RestService, startRestService } from '../support/graphql-service.ts';
import { openRaw, parseAnswer, type RawAnswer } from '../support/raw-http.ts';
import { mintToken, TEST_SECRET } from '../support/token.ts';

const SDL = `
extend schema @link(url: "https://specs.apollo.dev/connect/v0.4", import: ["@source", "@connect"])
type Query {
  thing(id: ID = "1", size: Float): Thing
    @connect(source: "main", http: { GET: "/things/{$args.id}", queryParams: "size: $args.size" }, selection: "id told")
  tenant: String @connect(source: "main", http: { GET: "/things/t", headers: [{ name: "x-of", from: "x-tenant" }] }, selection: "$.told")
  lingo: String @connect(source: "main", http: { GET: "/things/l", queryParams: "l: $request.headers.'x-lingo'->first" }, selection: "$.told")
  nosy: String @connect(source: "main", http: { GET: "/things/n" }, selection: "$request.headers->jsonStringify")
  numbered: String @connect(source: "main", http: { GET: "/things/c" }, selection: "$context.requestId")
  mine: String @connect(source: "main", http: { GET: "/things/m" }, selection: "$context.user.id")
  private: Thing @connect(source: "main", http: { GET: "/things/p" }, selection: "id told") @authenticated
  broken: String! @connect(source: "main", http: { GET: "/broken" }, selection: "$.told")
  owned: Owned @connect(source: "main", http: { GET: "/things/o" }, selection: "id told owner: { id: owner }")
  marker: String @connect(source: "marker", http: { GET: "/things/marker" }, selection: "$.told")
}
type Thing { id: ID! told: String }
type Owned { id: ID! told: String owner: Owner }
type Owner @connect(source: "owners", http: { GET: "/things/{$this.id}" }, selection: "id told") { id: ID! told: String }
type Mutation { change: String @connect(source: "main", http: { POST: "/things/x" }, selection: "$.told") }
`;

/** A service whose answers wait until they are let go; `told` is what it has been told of the caller. */
interface Gated extends RestService {
  open(): void;
}

let closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.reverse()) await close();
  closing = [];
});

async function gated(): Promise<Gated> {
  let open = () => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  const thing = async ({
    headers,
    segments,
  }: {
    headers: Record<string, unknown>;
    segments: readonly string[];
  }) => {
    await gate;
    const told = ['x-user-id', 'accept-language', 'x-of'].map((name) => headers[name] ?? '-').join(' ');
    return { id: segments[1], told, owner: 'own' };
  };
  const service = await startRestService({
    'GET /things/*': thing,
    'POST /things/*': thing,
    'GET /broken': async () => {
      await gate;
      return new Reply(500, {});
    },
  });
  closing.push(() => service.close());
  return Object.assign(service, { open });
}

interface World {
  readonly main: Gated;
  readonly gateway: TestGateway;
  /** A connection of its own. */
  line(): Promise<Line>;
}

/** Calls of the service are not joined: what is, is joined above. */
async function world(
  options: {
    auth?: string;
    graphql?: string;
    more?: string;
    server?: string;
  } & Partial<TestGatewayOptions> = {},
): Promise<World> {
  const [main, marker] = [await gated(), await gated()];
  marker.open();
  const urls = (service: Gated, more = '') =>
    `{ urls: ["${service.url}"], dedupe: false, timeout: 1h, retry: { attempts: 0 }${more} }`;
  const gateway = await startGateway({
    sdl: SDL,
    config: `
auth: { jwt: [{ secret: "${TEST_SECRET}" }], default: none${options.auth ?? ''} }
server: { requestTimeout: 60s }
services:
  main: ${urls(main)}
  marker: ${urls(marker)}
  owners: ${urls(marker, ', headers: { forward: [x-tenant] }')}
graphql: { schema: schema/*.graphql${options.graphql ?? ''} }
${options.more ?? ''}`,
    ...(options.clock && { clock: options.clock }),
  });
  closing.push(() => gateway.close());
  return { main, gateway, line: async () => new Line(await openRaw(gateway.port), marker) };
}

interface Asked {
  /** Path and query of a GET; then there is nothing else. */
  readonly get?: string;
  readonly query?: string;
  readonly variables?: string;
  readonly operationName?: string;
  /** Flat. */
  readonly headers?: readonly string[];
}

/** A client that sends all its requests at once and gets the answers in their order. */
class Line {
  readonly socket: Socket;
  readonly #marker: Gated;
  #text = '';
  #wake = () => {};

  constructor(socket: Socket, marker: Gated) {
    this.socket = socket;
    this.#marker = marker;
    closing.push(async () => void socket.destroy());
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => {
      this.#text += chunk.toString('latin1');
      this.#wake();
    });
  }

  /** Resolves when the gateway has taken all of them on: one of its own kind behind them has got through to a service. */
  async send(...requests: readonly (Asked | string)[]): Promise<void> {
    const before = this.#marker.requests.length;
    this.socket.write(requests.map(write).join('') + write(`{ m${before}: marker }`));
    await this.#marker.received(before + 1);
  }

  /** The next `count` answers to what was sent, and drops that of the marker behind them. */
  async answers(count: number): Promise<RawAnswer[]> {
    const answers: RawAnswer[] = [];
    while (answers.length < count + 1) {
      const answer = this.#take();
      if (answer !== undefined) answers.push(answer);
      else
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
    }
    return answers.slice(0, count);
  }

  #take(): RawAnswer | undefined {
    const end = this.#text.indexOf('\r\n\r\n') + 4;
    if (end === 3) return undefined;
    const { headers } = parseAnswer(this.#text);
    const length = end + Number(headers['content-length']);
    if (this.#text.length < length) return undefined;
    const answer = parseAnswer(this.#text.slice(0, length));
    this.#text = this.#text.slice(length);
    return answer;
  }
}

function write(asked: Asked | string): string {
  const {
    query = '{ thing { id told } }',
    variables,
    operationName,
    headers = [],
  } = typeof asked === 'string' ? { query: asked } : asked;
  if (typeof asked === 'object' && asked.get !== undefined)
    return `GET ${asked.get} HTTP/1.1\r\nHost: test\r\n\r\n`;
  const body = `{"query":${JSON.stringify(query)}${variables === undefined ? '' : `,"variables":${variables}`}${
    operationName === undefined ? '' : `,"operationName":"${operationName}"`
  }}`;
  const lines = [
    'POST /graphql HTTP/1.1',
    'Host: test',
    'Content-Type: application/json',
    `Content-Length: ${body.length}`,
  ];
  for (let i = 0; i < headers.length; i += 2) lines.push(`${headers[i]}: ${headers[i + 1]}`);
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
}

/** What comes of requests that are in flight together: how many calls, and the answers' bodies. */
async function together({ main, line }: World, ...requests: readonly (Asked | string)[]) {
  const one = await line();
  await one.send(...requests);
  main.open();
  const answers = await one.answers(requests.length);
  return { calls: main.requests.length, answers, bodies: answers.map(({ body }) => body) };
}

const bearer = async (sub: string) => ['Authorization', `Bearer ${await mintToken({ sub })}`] as const;

/** Tokens that have been verified before, which takes time. */
async function bearers(on: World, ...subs: readonly string[]): Promise<(readonly string[])[]> {
  const headers = await Promise.all(subs.map(bearer));
  for (const one of headers) {
    const line = await on.line();
    await line.send({ query: '{ __typename }', headers: one });
    await line.answers(1);
  }
  return headers;
}

describe('identical queries in flight', () => {
  it('are run once, and all get the same bytes', async () => {
    const { calls, bodies, answers } = await together(
      await world(),
      ...Array.from({ length: 50 }, () => ({})),
    );
    expect(calls).toBe(1);
    expect(new Set(bodies)).toEqual(new Set(['{"data":{"thing":{"id":"1","told":"- - -"}}}']));
    expect(new Set(answers.map(({ headers }) => headers['x-request-id'])).size).toBe(50);
  });

  it('are each run where that is switched off', async () => {
    const { calls } = await together(await world({ graphql: ', dedupe: false' }), {}, {}, {});
    expect(calls).toBe(3);
  });

  it('are joined by whatever connection and door they come', async () => {
    const query = '{ thing { id told } }';
    const on = await world({ more: `routes: [{ path: /thing, operation: "${query}" }]` });
    const [one, other] = [await on.line(), await on.line()];
    await one.send(query, { get: `/graphql?query=${encodeURIComponent(query)}` });
    await other.send({ get: '/thing' }, { query: '{ thing { id told } }' });
    expect(on.main.requests.length).toBe(1);
    on.main.open();
    const data = '{"thing":{"id":"1","told":"- - -"}}';
    expect((await one.answers(2)).map(({ body }) => body)).toEqual([`{"data":${data}}`, `{"data":${data}}`]);
    expect((await other.answers(2)).map(({ body }) => body)).toEqual([data, `{"data":${data}}`]);
  });

  it('share an error with the id of the request that ran', async () => {
    const asked = [1, 2, 3].map((n) => ({ query: '{ broken }', headers: ['X-Request-ID', `request-${n}`] }));
    const { calls, bodies } = await together(await world(), ...asked);
    expect(calls).toBe(1);
    expect(new Set(bodies).size).toBe(1);
    expect(JSON.parse(bodies[2] as string)).toMatchObject({
      data: null,
      errors: [{ extensions: { code: 'UPSTREAM_STATUS', requestId: 'request-1' } }],
    });
  });

  it('begin anew once there is an answer', async () => {
    const on = await world();
    await together(on, {});
    await together(on, {});
    expect(on.main.requests.length).toBe(2);
  });
});

describe('variables', () => {
  const query = 'query Q($id: ID, $size: Float) { thing(id: $id, size: $size) { id } }';
  it('join if they are equal in whatever order and spelling', async () => {
    const variables = [
      '{"id":"7","size":1.50}',
      '{ "size" : 15e-1, "id" : "\\u0037" }',
      '{"id":"0","id":"7","size":1.5}',
    ];
    const { calls } = await together(await world(), ...variables.map((one) => ({ query, variables: one })));
    expect(calls).toBe(1);
  });

  it('part if they differ in anything', async () => {
    const variables = [
      '{"id":"1"}',
      '{"id":"2"}',
      '{"id":null}',
      '{"id":"1","size":1}',
      '{"id":"1","size":null}',
      '{"id":"null"}',
    ];
    const { calls, bodies } = await together(
      await world(),
      ...variables.map((one) => ({ query, variables: one })),
    );
    expect(calls).toBe(6);
    expect(bodies[1]).toContain('"id":"2"');
  });

  it('that are no numbers any more are not taken for null', async () => {
    const variables = ['{"id":"1","size":null}', '{"id":"1","size":1e400}'];
    const { bodies } = await together(await world(), ...variables.map((one) => ({ query, variables: one })));
    expect(bodies[0]).toBe('{"data":{"thing":{"id":"1"}}}');
    expect(bodies[1]).toContain('BAD_USER_INPUT');
  });

  it('are looked at beside the operation itself', async () => {
    const two = 'query A { thing { id } } query B { thing { told } }';
    const asked = ['A', 'B', 'A'].map((operationName) => ({ query: two, operationName }));
    const { calls, bodies } = await together(await world(), ...asked);
    expect(calls).toBe(2);
    expect(bodies).toEqual([
      '{"data":{"thing":{"id":"1"}}}',
      '{"data":{"thing":{"told":"- - -"}}}',
      '{"data":{"thing":{"id":"1"}}}',
    ]);
  });
});

describe('headers', () => {
  const withHeader = (query: string, name: string, ...values: readonly string[]) =>
    values.map((value) => ({ query, headers: [name, value] }));

  it('that every call forwards keep queries apart', async () => {
    const asked = withHeader('{ thing { told } }', 'Accept-Language', 'de', 'fr', 'de');
    const { calls, bodies } = await together(await world(), ...asked, '{ thing { told } }');
    expect(calls).toBe(3);
    expect(bodies.map((body) => /"- (.*) -"/.exec(body)?.[1])).toEqual(['de', 'fr', 'de', '-']);
  });

  it('that a connector copies keep queries apart, in whatever spelling', async () => {
    const asked = [
      ...withHeader('{ tenant }', 'X-TENANT', 'a', 'b'),
      ...withHeader('{ tenant }', 'x-tenant', 'a'),
    ];
    const { calls, bodies } = await together(await world(), ...asked);
    expect(calls).toBe(2);
    expect(bodies.map((body) => /(.)"}}$/.exec(body)?.[1])).toEqual(['a', 'b', 'a']);
  });

  it('that come in several lines are not taken for one', async () => {
    const { calls } = await together(
      await world(),
      { query: '{ tenant }', headers: ['x-tenant', 'a, b'] },
      { query: '{ tenant }', headers: ['x-tenant', 'a', 'x-tenant', 'b'] },
      { query: '{ tenant }', headers: ['x-tenant', 'b', 'x-tenant', 'a'] },
    );
    expect(calls).toBe(3);
  });

  it('that a mapping looks at keep queries apart', async () => {
    const { calls } = await together(await world(), ...withHeader('{ lingo }', 'X-Lingo', 'de', 'fr', 'de'));
    expect(calls).toBe(2);
  });

  it('that a call farther down may forward keep queries apart', async () => {
    const { calls } = await together(
      await world(),
      ...withHeader('{ owned { owner { told } } }', 'X-Tenant', 'a', 'b'),
    );
    expect(calls).toBe(2);
  });

  it('that nothing looks at keep nobody apart', async () => {
    const asked = [
      ...withHeader('{ thing { told } }', 'X-Tenant', 'a', 'b'),
      ...withHeader('{ thing { told } }', 'Cookie', 'a=1'),
    ];
    const { calls } = await together(await world(), ...asked);
    expect(calls).toBe(1);
  });

  it.each([
    '{ nosy }',
    '{ numbered }',
    '{ a: thing { id } numbered }',
    '{ ...F } fragment F on Query { nosy }',
  ])('and ids that may be of the one request alone keep everybody apart: %s', async (query) => {
    const { bodies } = await together(await world(), query, { query, headers: ['X-Mine', '1'] });
    expect(bodies[1]).not.toBe(bodies[0]);
  });
});

describe('callers', () => {
  it('are kept apart where calls tell of them', async () => {
    const on = await world();
    const [ada, bob] = await bearers(on, 'ada', 'bob');
    const query = '{ thing { told } }';
    const asked = [ada, bob, ada, []].map((headers) => ({ query, headers: headers ?? [] }));
    const { calls, bodies } = await together(on, ...asked);
    expect(calls).toBe(3);
    expect(bodies.map((body) => /told":"(\S+)/.exec(body)?.[1])).toEqual(['ada', 'bob', 'ada', '-']);
  });

  it('are kept apart where two tokens of one user say different things', async () => {
    const on = await world();
    const claims = [{ sub: 'ada' }, { sub: 'ada', roles: ['admin'] }];
    const tokens = await Promise.all(claims.map((one) => mintToken(one)));
    const asked = tokens.map((token) => ({ headers: ['Authorization', `Bearer ${token}`] }));
    for (const { headers } of asked) {
      const line = await on.line();
      await line.send({ query: '{ __typename }', headers });
      await line.answers(1);
    }
    expect((await together(on, ...asked)).calls).toBe(2);
  });

  it.each(['{ mine }', '{ private { id } }'])(
    'are kept apart where the query looks at them: %s',
    async (query) => {
      const on = await world({ auth: ', forward: {}' });
      const [ada, bob] = await bearers(on, 'ada', 'bob');
      const asked = [ada, bob, ada, []].map((headers) => ({ query, headers: headers ?? [] }));
      const { bodies } = await together(on, ...asked);
      expect(bodies[2]).toBe(bodies[0]);
      expect(bodies[3]).not.toBe(bodies[0]);
      if (query === '{ mine }')
        expect(bodies).toEqual(
          ['ada', 'bob', 'ada'].map((id) => `{"data":{"mine":"${id}"}}`).concat('{"data":{"mine":null}}'),
        );
      else expect(bodies[3]).toContain('UNAUTHENTICATED');
    },
  );

  it('are joined where nothing looks at them', async () => {
    const on = await world({ auth: ', forward: {}' });
    const [ada, bob] = await bearers(on, 'ada', 'bob');
    const asked = [ada, bob, []].map((headers) => ({ headers: headers ?? [] }));
    const { calls } = await together(on, ...asked);
    expect(calls).toBe(1);
  });
});

describe('what is never joined', () => {
  it('mutations', async () => {
    const { calls } = await together(await world(), 'mutation { change }', 'mutation { change }');
    expect(calls).toBe(2);
  });

  it("queries that reach a resolver of one's own", async () => {
    const main = await gated();
    main.open();
    let runs = 0;
    let both = () => {};
    const meeting = new Promise<void>((resolve) => {
      both = resolve;
    });
    const resolve = async () => {
      runs++;
      if (runs === 2) both();
      await meeting;
      return `run ${runs}`;
    };
    const api = await startEngine({
      sdl: `
        type Query { thing: Thing @connect(source: "main", http: { GET: "/things/1" }, selection: "id") }
        type Thing { id: ID! own: String }`,
      services: { main: main.url },
      resolvers: { file: 'resolvers.ts', fields: new Map([['Thing.own', { resolve, requires: [] }]]) },
    });
    closing.push(() => api.close());
    // Each waits for the other one's run.
    const answers = await Promise.all([1, 2].map(() => api.query('{ thing { own } }')));
    expect(answers.map(({ body }) => body.data)).toEqual([1, 2].map(() => ({ thing: { own: 'run 2' } })));
  });
});

describe('a client that leaves', () => {
  it('takes nobody along, even if it was the first', async () => {
    const { main, line } = await world();
    const [first, second] = [await line(), await line()];
    await first.send({});
    await second.send({});
    first.socket.destroy();
    // Known to be gone when another of its kind is: connections are closed in their order.
    const third = await line();
    await third.send({});
    expect(main.requests).toHaveLength(1);
    main.open();
    expect((await second.answers(1))[0]?.body).toContain('"id":"1"');
    expect((await third.answers(1))[0]?.body).toContain('"id":"1"');
    expect(main.requests[0]?.aborted).toBe(false);
  });

  it('ends the run if it was the last, and who comes then gets another one', async () => {
    const { main, line } = await world();
    const [first, second] = [await line(), await line()];
    await first.send({});
    await second.send({});
    first.socket.destroy();
    second.socket.destroy();
    await main.aborted(1);
    expect(main.requests).toHaveLength(1);
    const third = await line();
    await third.send({});
    expect(main.requests).toHaveLength(2);
    main.open();
    expect((await third.answers(1))[0]?.body).toContain('"id":"1"');
  });
});

describe('a deadline', () => {
  it('ends the wait of the one whose it is, and not the run for the others', async () => {
    const clock = new FakeClock();
    const { main, line } = await world({ clock });
    const [early, late] = [await line(), await line()];
    await early.send({});
    await clock.pass(30_000);
    await late.send({});
    await clock.pass(30_000);
    const [answer] = await early.answers(1);
    expect(answer?.status).toBe(200);
    expect(JSON.parse(answer?.body as string)).toMatchObject({
      data: { thing: null },
      errors: [{ extensions: { code: 'UPSTREAM_TIMEOUT' } }],
    });
    main.open();
    expect((await late.answers(1))[0]?.body).toBe('{"data":{"thing":{"id":"1","told":"- - -"}}}');
    expect(main.requests).toHaveLength(1);
  });
});
