import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { METHOD_NAMES } from '../../src/connect/mapping/method-table.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { type HttpService, json, startHttpService } from '../support/http-service.ts';

/* Every method and operator of the mapping language, each in a field of its own, through a whole gateway. */

const DATA = {
  id: 7,
  name: '  Ida Lund ',
  city: 'Oslo',
  nothing: null,
  count: 10,
  price: '0x1f',
  raw: '{"a":[1,2]}',
  tags: ['new', null, 'sale', 'old'],
  list: [
    { sku: 'a', size: 'S', stock: 3 },
    { sku: 'b', size: 'XL', stock: 0 },
  ],
  deep: { 'odd key': { last_seen: 1, 'is-on': true }, level: { two: 'below' } },
  'first name': 'Ida',
};

/** Name of the field, its mapping, and what comes of it. */
const METHODS: readonly (readonly [string, string, unknown])[] = [
  // Text
  ['slice', 'city->slice(1, 3)', 'sl'],
  ['size', 'tags->size', 4],
  ['split', '"a,b,c"->split(",", 2)', ['a', 'b']],
  ['trim', 'name->trim', 'Ida Lund'],
  ['trimStart', 'name->trimStart', 'Ida Lund '],
  ['trimEnd', 'name->trimEnd', '  Ida Lund'],
  ['toString', 'count->toString', '10'],
  ['parseInt', 'price->slice(2)->parseInt(16)', 31],
  ['jsonStringify', 'deep.level->jsonStringify', '{"two":"below"}'],
  ['jsonParse', 'raw->jsonParse', { a: [1, 2] }],
  ['joinNotNull', 'tags->joinNotNull("|")', 'new|sale|old'],
  // Lists
  ['first', 'tags->first', 'new'],
  ['last', 'tags->last', 'old'],
  [
    'map',
    'list->map({ id: @.sku, left: @.stock->sub(1) })',
    [
      { id: 'a', left: 2 },
      { id: 'b', left: -1 },
    ],
  ],
  ['filter', 'list->filter(@.stock->gt(0)).sku', ['a']],
  ['find', 'list->find(@.size->eq("XL")) { sku }', { sku: 'b' }],
  ['contains', 'tags->contains("sale")', true],
  ['in', 'city->in(["Oslo", "Bergen"])', true],
  ['get', 'list->get(-1)->get("sku")', 'b'],
  // Objects
  ['entries', 'deep.level->entries', [{ key: 'two', value: 'below' }]],
  ['keys', 'deep->keys', ['odd key', 'level']],
  ['values', 'deep.level->values', ['below']],
  ['has', 'deep->has("level")', true],
  ['keysToCamelCase', "deep.'odd key'->keysToCamelCase", { lastSeen: 1, isOn: true }],
  [
    'keysToCamelCaseDeep',
    'deep->keysToCamelCaseDeep',
    { oddKey: { lastSeen: 1, isOn: true }, level: { two: 'below' } },
  ],
  // Values
  ['echo', 'count->echo([@, $.city])', [10, 'Oslo']],
  ['typeof', 'tags->typeof', 'array'],
  ['match', 'city->match(["Bergen", "west"], ["Oslo", "east"], [@, "elsewhere"])', 'east'],
  ['matchIf', 'count->matchIf([@->gt(20), "many"], [@->gt(5), "some"], [true, "few"])', 'some'],
  ['as', 'city->as($city)->echo({ here: $city, size: $city->size })', { here: 'Oslo', size: 4 }],
  ['eq', 'count->eq(10)', true],
  ['ne', 'count->ne(10)', false],
  ['gt', 'count->gt(10)', false],
  ['gte', 'count->gte(10)', true],
  ['lt', 'city->lt("Paris")', true],
  ['lte', 'count->lte(9)', false],
  ['and', 'count->gt(1)->and(count->lt(11), $(true))', true],
  ['or', 'count->gt(11)->or(city->eq("Oslo"))', true],
  ['not', 'count->gt(1)->not', false],
  ['add', 'count->add(1, 2)', 13],
  ['sub', 'count->sub(1, 2)', 7],
  ['mul', 'count->mul(2, 3)', 60],
  ['div', 'count->div(4)', 2.5],
  ['mod', 'count->mod(4)', 2],
];

const OPERATORS: readonly (readonly [string, string, unknown])[] = [
  ['path', 'deep.level.two', 'below'],
  ['throughList', '$.list.sku', ['a', 'b']],
  ['quotedKey', "$.'first name'", 'Ida'],
  [
    'subSelection',
    'list { id: sku stock }',
    [
      { id: 'a', stock: 3 },
      { id: 'b', stock: 0 },
    ],
  ],
  ['group', '{ a: city b: { c: count } }', { a: 'Oslo', b: { c: 10 } }],
  [
    'commas',
    '{ a: city, b: [count, -1.5, null, false, "x"], }',
    { a: 'Oslo', b: [10, -1.5, null, false, 'x'] },
  ],
  ['literal', '$("text")', 'text'],
  ['grouping', '$(nothing ?? missing)->echo("never")', null],
  ['optional', 'missing?.below?.further ?? "none"', 'none'],
  ['coalesceNull', 'nothing ?? missing ?? city', 'Oslo'],
  ['coalesceMissing', 'missing ?! nothing ?! city', null],
  ['spread', '{ ...deep.level also: count ...list->first { sku } }', { two: 'below', also: 10, sku: 'a' }],
  [
    'nestedAt',
    'list->map(@.size->echo({ size: @, length: @->size }))',
    [
      { size: 'S', length: 1 },
      { size: 'XL', length: 2 },
    ],
  ],
  ['comment', 'city # what stands behind the sign is not read', 'Oslo'],
];

/** Variables, with what the gateway gives them here. */
const VARIABLES: readonly (readonly [string, string, unknown])[] = [
  ['args', '$args.word->size', 5],
  ['allArgs', '$args', { word: 'words' }],
  ['status', '$status', 200],
  ['response', "$response.headers.'x-shop'->first", 'main'],
  ['request', "$request.headers.'x-caller'->first", 'test'],
  ['context', '$context.user.id ?? "nobody"', 'nobody'],
  ['config', '$config.region', 'north'],
  ['env', '$env.STAGE', 'dev'],
];

const ALL = [...METHODS, ...OPERATORS, ...VARIABLES];

const SCHEMA = `
extend schema
  @link(url: "https://specs.apollo.dev/connect/v0.4", import: ["@source", "@connect"])
  @source(name: "shop", http: { baseURL: "http://shop.test" })
type Query {
  all(word: String = "words"): All
    @connect(
      source: "shop"
      http: { GET: "/all" }
      selection: """
${ALL.map(([name, mapping]) => `      ${name}: ${mapping}`).join('\n')}
      own: id
      """
    )
}
type All {
${ALL.map(([name]) => `  ${name}: JSON`).join('\n')}
  own: ID
  this: String @connect(selection: "$this.own->toString->echo({ id: @ })->jsonStringify")
}
`;

let service: HttpService;
let gateway: TestGateway;
let all: Record<string, unknown>;

beforeAll(async () => {
  service = await startHttpService(json(DATA, 200, { 'x-shop': 'main' }));
  gateway = await startGateway({
    sdl: SCHEMA,
    config: `services: { shop: { urls: ["${service.url}"], config: { region: north } } }\ngraphql: {}\n`,
    env: { STAGE: 'dev' },
  });
  const response = await fetch(`${gateway.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-caller': 'test' },
    body: JSON.stringify({ query: `{ all { ${ALL.map(([name]) => name).join(' ')} own this } }` }),
  });
  const answer = (await response.json()) as { data: { all: Record<string, unknown> }; errors?: unknown };
  expect(answer.errors).toBeUndefined();
  all = answer.data.all;
});
afterAll(async () => {
  await gateway.close();
  await service.close();
});

describe('every method', () => {
  test.each(METHODS)('->%s: %s', (name, _mapping, value) => {
    expect(all[name]).toEqual(value);
  });

  test('that there is has its line', () => {
    expect(METHODS.map(([name]) => name).sort()).toEqual([...METHOD_NAMES].sort());
  });
});

describe('every operator', () => {
  test.each(OPERATORS)('%s: %s', (name, _mapping, value) => {
    expect(all[name]).toEqual(value);
  });
});

describe('every variable', () => {
  test.each(VARIABLES)('$%s: %s', (name, _mapping, value) => {
    expect(all[name]).toEqual(value);
  });

  test('$this, in a connector that calls nobody', () => {
    expect(all.this).toBe('{"id":"7"}');
    expect(service.requests).toHaveLength(1);
  });
});
