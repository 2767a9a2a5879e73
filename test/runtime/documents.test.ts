import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { ConfigurationError } from '../../src/kernel/configuration-error.ts';
import { formatProblem } from '../../src/kernel/problem.ts';
import { readBlueprint } from '../../src/runtime/read-blueprint.ts';
import { persistedQuery, post, sha256 } from '../support/document-client.ts';
import { startGateway, type TestGateway, type TestGatewayOptions } from '../support/gateway.ts';
import { type RestService, startRestService } from '../support/graphql-service.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const SDL = `extend schema @link(url: "https://specs.apollo.dev/connect/v0.4", import: ["@source", "@connect"])
type Query {
  hello: String @connect(source: "main", http: { GET: "/hello" }, selection: "$.text")
  few: String @connect(source: "main", http: { GET: "/hello" }, selection: "$.text") @rateLimit(max: 1, window: "1h")
}`;
const HELLO = 'query Hello { hello }';
const FEW = 'query Few { few }';

let service: RestService;
let gateway: TestGateway | undefined;

beforeAll(async () => {
  service = await startRestService({ 'GET /hello': () => ({ text: 'Hello' }) });
});
afterAll(() => service.close());
afterEach(() => gateway?.close());

function config(trusted: object, more: object = {}): string {
  return JSON.stringify({
    services: { main: { urls: [service.url] } },
    graphql: { trustedDocuments: trusted },
    telemetry: { audit: false },
    ...more,
  });
}

const file = (...documents: string[]) =>
  JSON.stringify(Object.fromEntries(documents.map((one) => [sha256(one), one])));

async function start(options: Omit<TestGatewayOptions, 'sdl'>): Promise<{ readonly url: string }> {
  gateway = await startGateway({ sdl: SDL, ...options });
  return { url: `${gateway.url}/graphql` };
}

it('takes the file of trusted documents as it is when the gateway reloads', async () => {
  const trusted = { file: 'trusted/documents.json', only: true };
  const files = { 'trusted/documents.json': file(HELLO) };
  const api = await start({ config: config(trusted), files });
  const ask = async (document: string) => (await post(api, { extensions: persistedQuery(document) })).body;
  expect(await ask(HELLO)).toEqual({ data: { hello: 'Hello' } });
  expect(await ask(FEW)).toMatchObject({ errors: [{ message: 'PersistedQueryNotFound' }] });
  await gateway?.reload({ files: { 'trusted/documents.json': file(FEW) } });
  expect(await ask(FEW)).toEqual({ data: { few: 'Hello' } });
  expect(await ask(HELLO)).toMatchObject({ errors: [{ message: 'PersistedQueryNotFound' }] });
});

it('stays with the old one if the new one is faulty', async () => {
  const files = { 'documents.json': file(HELLO) };
  const api = await start({ config: config({ file: 'documents.json' }), files });
  const faulty = { 'documents.json': `{\n  "a": "{ helo }"\n}` };
  const fault: unknown = await gateway?.reload({ files: faulty }).catch((error: unknown) => error);
  expect(fault).toBeInstanceOf(ConfigurationError);
  expect((fault as ConfigurationError).problems.map(formatProblem)).toEqual([
    expect.stringMatching(
      /\/documents\.json:2:11: document "a": Cannot query field "helo" on type "Query"\. Did you mean "hello"\?$/,
    ),
  ]);
  expect((await post(api, { documentId: sha256(HELLO) })).body).toEqual({ data: { hello: 'Hello' } });
});

it('does not start with a file that is not there', async () => {
  const failed = startGateway({ config: config({ file: 'no-such.json' }), sdl: SDL });
  await expect(failed).rejects.toThrow('the file no-such.json cannot be read (ENOENT)');
});

it('is told of faulty documents together with what else is wrong', async () => {
  const folder = await temporaryFolder();
  await folder.write('schema.graphql', SDL);
  await folder.write('trusted.json', file('{ nothing }'));
  const trusted = { graphql: { schema: ['schema.graphql'], trustedDocuments: { file: 'trusted.json' } } };
  const yaml = await folder.write('gateway.yaml', config({}, { ...trusted, sevices: {} }));
  const failed = readBlueprint(yaml, {});
  const told = await failed.catch((error: ConfigurationError) =>
    error.problems.map(({ message }) => message),
  );
  expect(told).toContainEqual(expect.stringContaining('sevices'));
  expect(told).toContainEqual(expect.stringContaining('nothing'));
  await folder.remove();
});

it('holds what clients have sent, and what has been counted, over a reload', async () => {
  const api = await start({ config: config({}) });
  const extensions = persistedQuery(FEW);
  expect((await post(api, { query: FEW, extensions })).body).toEqual({ data: { few: 'Hello' } });
  await gateway?.reload({ config: config({}, { health: { path: '/up' } }) });
  expect((await post(api, { extensions })).body).toMatchObject({
    data: { few: null },
    errors: [{ extensions: { code: 'RATE_LIMITED' } }],
  });
});

it('tells what the schema has no more of a document that clients have sent', async () => {
  const api = await start({ config: config({}) });
  const extensions = persistedQuery(FEW);
  await post(api, { query: FEW, extensions });
  await gateway?.reload({ sdl: SDL.replace(/ few: .*/, '') });
  expect((await post(api, { extensions })).body).toMatchObject({
    errors: [{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }],
  });
});

it('answers operations of its own routes whatever documents are trusted', async () => {
  const files = { 'documents.json': file(FEW) };
  const routes = [{ path: '/hello', operation: '{ hello }', auth: 'none' }];
  await start({ config: config({ file: 'documents.json', only: true }, { routes }), files });
  const response = await fetch(`${gateway?.url}/hello`);
  expect(await response.json()).toEqual({ hello: 'Hello' });
});
