import { type HostileInput, graphql as post, request } from './hostile-input.ts';

const INVALID = 'GRAPHQL_VALIDATION_FAILED';
const UNREADABLE = 'GRAPHQL_PARSE_FAILED';
const COSTLY = 'OPERATION_TOO_COSTLY';
const INPUT = 'BAD_USER_INPUT';

function repeat(count: number, text: (i: number) => string): string {
  return Array.from({ length: count }, (_, i) => text(i)).join(' ');
}

function nested(depth: number): string {
  return `{ me ${'{ friends '.repeat(depth)}{ id }${' }'.repeat(depth)} }`;
}

/** Fragments that each spread the next one twice: few characters, and twice as many fields with each. */
function doubling(count: number): string {
  const fragments = repeat(
    count,
    (i) => `fragment F${i} on User { a: friends { ...F${i + 1} } b: friends { ...F${i + 1} } }`,
  );
  return `{ me { ...F0 } } ${fragments} fragment F${count} on User { id }`;
}

/** The same without depth: what is spread twice is merged, if whoever looks does not look at each of them. */
function flatDoubling(count: number): string {
  const fragments = repeat(count, (i) => `fragment F${i} on User { ...F${i + 1} ...F${i + 1} }`);
  return `{ me { ...F0 } } ${fragments} fragment F${count} on User { id }`;
}

function query(text: string, more: object = {}): Buffer {
  return post({ query: text, ...more });
}

function bomb(name: string, bytes: Buffer, code: string, status = 400): HostileInput {
  return { name, bytes, code, status };
}

const INTROSPECTION_BOMB = `{ __schema { types ${'{ fields { type '.repeat(30)}{ name }${' } }'.repeat(30)} } }`;

/** Operations and bodies that cost more than they are worth, and tricks with who may ask for what. */
export const graphql: readonly HostileInput[] = [
  bomb('a query 13 deep', query(nested(12)), COSTLY),
  bomb('a query 400 deep', query(nested(400)), COSTLY),
  bomb('a query 20,000 deep', query(`{ ${'a { '.repeat(20_000)}a${' }'.repeat(20_000)} }`), COSTLY),
  bomb('a query that only begins, 100,000 deep', query('{a'.repeat(100_000)), COSTLY),
  bomb(
    'a list value nested 50,000 times',
    query(`{ user(id: ${'['.repeat(50_000)}1${']'.repeat(50_000)}) { id } }`),
    COSTLY,
  ),
  bomb(
    'an object value nested 600 times',
    query(`{ find(filter: ${'{and: '.repeat(600)}{}${'}'.repeat(600)}) { id } }`),
    COSTLY,
  ),
  bomb(
    'a type nested 10,000 times',
    query(`query ($a: ${'['.repeat(10_000)}Int${']'.repeat(10_000)}) { __typename }`),
    COSTLY,
  ),
  bomb('5000 aliases', query(`{ ${repeat(5000, (i) => `a${i}: me { id }`)} }`), COSTLY),
  bomb('31 aliases', query(`{ me { ${repeat(31, (i) => `a${i}: id`)} } }`), COSTLY),
  bomb('21 root fields', query(`{ ${repeat(21, (i) => `a${i}: me { id }`)} }`), COSTLY),
  bomb(
    '21 root fields in a fragment',
    query(`{ ...F } fragment F on Query { ${repeat(21, (i) => `a${i}: me { id }`)} }`),
    COSTLY,
  ),
  bomb('one field 5000 times', query(`{ me { ${'id '.repeat(5000)} } }`), COSTLY),
  bomb('a million tokens', post(`{"query":"{ ${'a '.repeat(500_000)}}"}`), COSTLY),
  bomb('a million tokens that mean nothing', post(`{"query":"${'! '.repeat(500_000)}"}`), COSTLY),
  bomb('a million brackets', post(`{"query":"${'{'.repeat(1_000_000)}"}`), COSTLY),
  bomb('5000 directives on one field', query(`{ me { id ${'@include(if: true) '.repeat(5000)} } }`), COSTLY),
  bomb('300 directives on one field', query(`{ me { id ${'@skip(if: false) '.repeat(200)} } }`), INVALID),
  bomb('a directive that nobody knows', query('{ me { id @boom } }'), INVALID),
  bomb('a fragment that spreads itself', query('{ me { ...F } } fragment F on User { id ...F }'), INVALID),
  bomb(
    'fragments in a circle',
    query(
      '{ me { ...A } } fragment A on User { ...B } fragment B on User { ...C } fragment C on User { ...A }',
    ),
    INVALID,
  ),
  bomb(
    'a fragment in a circle through a field',
    query('{ me { ...A } } fragment A on User { friends { ...A } }'),
    INVALID,
  ),
  bomb('fragments that double 11 times', query(doubling(11)), COSTLY),
  bomb('fragments that double 60 times', query(doubling(60)), COSTLY),
  bomb(
    '500 fragments that nobody uses',
    query(`{ me { id } } ${repeat(300, (i) => `fragment F${i} on User { id }`)}`),
    COSTLY,
  ),
  bomb(
    'overlapping fields, each with each',
    query(
      `{ ${repeat(25, () => 'me { friends { friends { id } friends { id } } friends { friends { id } friends { id } } }')} }`,
    ),
    COSTLY,
  ),
  bomb('operations without names', query('{ me { id } } { me { id } }'), INPUT),
  bomb(
    '600 operations',
    query(
      repeat(600, (i) => `query A${i} { __typename }`),
      { operationName: 'A1' },
    ),
    COSTLY,
  ),
  bomb('an operation that is not there', query('query A { __typename }', { operationName: 'B' }), INPUT),
  bomb(
    'an operation named __proto__',
    query('query A { __typename }', { operationName: '__proto__' }),
    INPUT,
  ),
  bomb('a field named __proto__', query('{ __proto__ }'), INVALID),
  bomb('a field named constructor', query('{ constructor { name } }'), INVALID),
  bomb('a field of a type that is not there', query('{ me { passwordHash } }'), INVALID),
  bomb('introspection', query('{ __schema { types { name } } }'), INVALID),
  bomb('introspection of one type', query('{ __type(name: "User") { fields { name } } }'), INVALID),
  bomb('an introspection bomb', query(INTROSPECTION_BOMB), COSTLY),
  bomb(
    'introspection behind a fragment',
    query('{ ...F } fragment F on Query { __schema { types { name } } }'),
    INVALID,
  ),
  bomb('introspection named otherwise', query('{ a: __schema { types { name } } }'), INVALID),
  bomb('a subscription', query('subscription { me { id } }'), INPUT),
  bomb('a type definition', query('type Query { a: Int }'), INPUT),
  bomb('text without end', query('{ user(id: "'), UNREADABLE),
  bomb('a block text without end', query('{ user(id: """'), UNREADABLE),
  bomb('a unicode escape that is half', query('{ user(id: "\\uD800") { id } }'), UNREADABLE),
  bomb('a unicode escape too high', query('{ user(id: "\\u{110000}") { id } }'), UNREADABLE),
  bomb(
    'a unicode escape of ten thousand digits',
    query(`{ user(id: "\\u{${'0'.repeat(10_000)}41}") { id } }`),
    UNREADABLE,
  ),
  bomb('a NUL in the query', query('{ me \u0000 { id } }'), UNREADABLE),
  bomb('an empty query', query(''), UNREADABLE),
  bomb('a number of 100,000 digits', query(`{ users(first: ${'9'.repeat(100_000)}) { id } }`), INVALID),
  bomb(
    'a number as a variable that is too large',
    query('query ($n: Int) { users(first: $n) { id } }', { variables: { n: 1e300 } }),
    INPUT,
  ),
  bomb(
    'a variable of the wrong type',
    query('query ($n: Int) { users(first: $n) { id } }', { variables: { n: { $gt: 0 } } }),
    INPUT,
  ),
  bomb(
    'a variable nested 20,000 times',
    post(
      `{"query":"query ($f: Filter) { find(filter: $f) { id } }","variables":{"f":${'{"and":['.repeat(20_000)}${']}'.repeat(20_000)}}}`,
    ),
    INPUT,
  ),
  bomb(
    'a variable that nobody knows, nested 100,000 times',
    post(`{"query":"{ nothing }","variables":{"f":${'['.repeat(100_000)}${']'.repeat(100_000)}}}`),
    INVALID,
  ),
  bomb(
    '100,000 wrong items in a variable',
    query('query ($ids: [Int]) { users(ids: $ids) { id } }', {
      variables: { ids: Array.from({ length: 100_000 }, () => 'x') },
    }),
    INPUT,
  ),
  bomb(
    'variables that are a list',
    query('query ($n: Int) { users(first: $n) { id } }', { variables: [1] }),
    INPUT,
  ),
  bomb('variables that are text', query('{ me { id } }', { variables: '{}' }), INPUT),
  bomb('extensions that are text', query('{ me { id } }', { extensions: 'x' }), INPUT),
  bomb(
    '__proto__ in variables',
    post(
      '{"query":"query ($f: Filter) { find(filter: $f) { id } }","variables":{"f":{"__proto__":{"name":"x"}}}}',
    ),
    INPUT,
  ),
  bomb('a body nested 100,000 times', post('['.repeat(100_000)), INPUT),
  bomb('a body of objects nested 100,000 times', post('{"a":'.repeat(100_000)), INPUT),
  bomb('a query that is a number', post('{"query":1}'), INPUT),
  bomb('a query that is a list', post('{"query":["{ me { id } }"]}'), INPUT),
  bomb('a body that is null', post('null'), INPUT),
  bomb('a body that is a number', post('1e999'), INPUT),
  bomb('a body that is text', post('"{ me { id } }"'), INPUT),
  bomb('an empty body', post(''), INPUT),
  bomb('half a body', post('{"query":"{ me'), INPUT),
  bomb(
    'a body in Latin-1',
    post(Buffer.from('{"query":"{ user(id: \\"\u00e9\\") { nothing } }"}', 'latin1')),
    INVALID,
  ),
  bomb('a body in UTF-16', post(Buffer.from('\ufeff{"query":"{ me { id } }"}', 'utf16le')), INPUT),
  bomb('an overlong NUL in the body', post(Buffer.from([0x7b, 0xc0, 0x80, 0x7d])), INPUT),
  bomb('a batch of two', post('[{"query":"{ me { id } }"},{"query":"{ me { id } }"}]'), INPUT),
  bomb(
    'a batch of 10,000',
    post(JSON.stringify(Array.from({ length: 10_000 }, () => ({ query: '{ me { id } }' })))),
    INPUT,
  ),
  bomb(
    'a hash that nobody has registered',
    post({ extensions: { persistedQuery: { version: 1, sha256Hash: 'a'.repeat(64) } } }),
    'PERSISTED_QUERY_NOT_FOUND',
  ),
  bomb(
    'a hash of another query',
    post({
      query: '{ me { id } }',
      extensions: { persistedQuery: { version: 1, sha256Hash: 'a'.repeat(64) } },
    }),
    INPUT,
  ),
  bomb(
    'a hash that is a path',
    post({ extensions: { persistedQuery: { version: 1, sha256Hash: '../../etc/passwd' } } }),
    'PERSISTED_QUERY_NOT_FOUND',
  ),
  bomb(
    'a form',
    request(
      'POST /graphql HTTP/1.1',
      ['Content-Type: application/x-www-form-urlencoded', 'Content-Length: 22'],
      'query=%7Bme%7Bid%7D%7D',
    ),
    'UNSUPPORTED_MEDIA_TYPE',
    415,
  ),
  bomb(
    'text/plain, as other sites can send it',
    request(
      'POST /graphql HTTP/1.1',
      ['Content-Type: text/plain', 'Content-Length: 25'],
      '{"query":"{ me { id } }"}',
    ),
    'UNSUPPORTED_MEDIA_TYPE',
    415,
  ),
  bomb(
    'an upload',
    request(
      'POST /graphql HTTP/1.1',
      ['Content-Type: multipart/form-data; boundary=x', 'Content-Length: 5'],
      '--x--',
    ),
    'UNSUPPORTED_MEDIA_TYPE',
    415,
  ),
  bomb(
    'no content type',
    request('POST /graphql HTTP/1.1', ['Content-Length: 25'], '{"query":"{ me { id } }"}'),
    INPUT,
  ),
  bomb(
    'two content types',
    request(
      'POST /graphql HTTP/1.1',
      ['Content-Type: application/json, text/plain', 'Content-Length: 25'],
      '{"query":"{ me { id } }"}',
    ),
    'UNSUPPORTED_MEDIA_TYPE',
    415,
  ),
  bomb(
    'a mutation by GET',
    request('GET /graphql?query=mutation%7Brename(name:%22x%22)%7Bid%7D%7D HTTP/1.1'),
    'METHOD_NOT_ALLOWED',
    405,
  ),
  bomb(
    'a query by GET from a page of another site',
    request('GET /graphql?query=%7Bme%7Bid%7D%7D HTTP/1.1', [
      'Sec-Fetch-Site: cross-site',
      'Sec-Fetch-Mode: no-cors',
    ]),
    'FORBIDDEN',
    403,
  ),
  bomb(
    'variables by GET that are no JSON',
    request('GET /graphql?query=%7Bme%7Bid%7D%7D&variables=%7B HTTP/1.1'),
    INPUT,
  ),
  bomb('PUT', request('PUT /graphql HTTP/1.1', ['Content-Length: 0']), 'METHOD_NOT_ALLOWED', 405),
  bomb(
    'answers that are pictures',
    request('GET /graphql?query=%7Bme%7Bid%7D%7D HTTP/1.1', ['Accept: image/png']),
    INPUT,
    406,
  ),
  {
    name: 'fragments that double without depth',
    bytes: query(flatDoubling(120)),
    status: 200,
    calls: ['/me?doubling'],
  },
  {
    name: 'a field for those who prove who they are',
    bytes: query('{ secret }'),
    status: 200,
    code: 'UNAUTHENTICATED',
  },
  {
    name: 'a field for admins, by way of a fragment and another name',
    bytes: query('{ ...F } fragment F on Query { a: forAdmins b: forAdmins }'),
    status: 200,
    code: 'UNAUTHENTICATED',
  },
  {
    name: 'one member of the body twice, the second one costly',
    bytes: post(`{"query":"{ __typename }","query":${JSON.stringify(nested(50))}}`),
    status: 400,
    code: COSTLY,
  },
  {
    name: 'an id that climbs',
    bytes: query('{ user(id: "../admin?x=#/") { name } }'),
    status: 200,
    calls: ['/users/..%2Fadmin%3Fx%3D%23%2F'],
  },
  {
    name: 'an id of dots',
    bytes: query('{ user(id: "..") { name } }'),
    status: 200,
    code: 'BAD_USER_INPUT',
  },
  {
    name: 'an id with a line break',
    bytes: query('{ user(id: "a\\r\\nHost: evil.test") { name } }'),
    status: 200,
    calls: ['/users/a%0D%0AHost%3A%20evil.test'],
  },
];
