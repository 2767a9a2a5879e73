/**
 * The services behind the gateways, in one process: answers are serialised once and written straight to the
 * socket, so that what is measured is the gateway. Node's own HTTP server would be the bottleneck before nginx.
 *
 *   node upstream.mjs [--port 0] [--delay 20] [--cache] [--unlike]
 *
 * prints `{"port":…}` when it listens. GET /_calls tells what was asked since DELETE /_calls.
 */
import { createServer } from 'node:net';
import { parseArgs } from 'node:util';
import * as data from './dataset.mjs';

const { values: options } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    delay: { type: 'string', default: '0' },
    cache: { type: 'boolean', default: false },
    unlike: { type: 'boolean', default: false },
  },
});
const delay = Number(options.delay);

const extraHead = options.cache ? 'Cache-Control: max-age=60\r\n' : '';

/** Stands for a number that is another one in each answer, in a member that nobody asks for. */
const SERIAL = '0'.repeat(12);

/** The bytes of a whole response. */
function response(status, value, head = extraHead) {
  const json = JSON.stringify(value);
  const body = options.unlike ? json.replace('{', `{"serial":"${SERIAL}",`) : json;
  return Buffer.from(
    `HTTP/1.1 ${status}\r\nContent-Type: application/json; charset=utf-8\r\n${head}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

const collections = {
  users: data.users,
  orders: data.orders,
  products: data.products,
  suppliers: data.suppliers,
  cities: data.cities,
  countries: data.countries,
};

const answers = new Map([
  ['/posts', response('200 OK', data.posts)],
  ['/sheet', response('200 OK', data.sheet)],
  ['/catalogue', response('200 OK', data.catalogue)],
  ['/greeting', response('200 OK', data.greeting)],
]);
for (const [name, things] of Object.entries(collections)) {
  answers.set(`/${name}`, response('200 OK', things));
  for (const thing of things) answers.set(`/${name}/${thing.id}`, response('200 OK', thing));
}
const notFound = response('404 Not Found', {});

/** Lists by id, `/users?id=1&id=2`: which ids are asked differs, so these are made when first asked and kept. */
function selectById(url) {
  const { pathname, searchParams } = new URL(url, 'http://upstream');
  const things = collections[pathname.slice(1)];
  // One proxy adds an empty query to a path that had none.
  if (things === undefined) return answers.get(pathname) ?? notFound;
  const ids = new Set(searchParams.getAll('id').map(Number));
  return response('200 OK', ids.size === 0 ? things : things.filter((thing) => ids.has(thing.id)));
}

function answerFor(url) {
  let bytes = answers.get(url);
  if (bytes === undefined) {
    bytes = selectById(url);
    if (answers.size < 10_000) answers.set(url, bytes);
  }
  return bytes;
}

let serial = 0;

/** With `--unlike` no answer's bytes are those of one before. */
function unlikeOthers(bytes) {
  const at = bytes.indexOf(SERIAL);
  if (at === -1) return bytes;
  const copy = Buffer.from(bytes);
  serial += 1;
  copy.write(String(serial).padStart(SERIAL.length, '0'), at, 'latin1');
  return copy;
}

let calls = { total: 0, authorized: 0 };

/** Answers for the runner itself; undefined for what a gateway asks. */
function control(method, url) {
  if (url !== '/_calls') return undefined;
  if (method === 'DELETE') calls = { total: 0, authorized: 0 };
  return response('200 OK', calls, '');
}

/** Answers that wait for their time, the earliest first: all wait equally long. */
const waiting = [];

function reply(socket, bytes) {
  if (delay === 0) {
    socket.write(bytes);
    return;
  }
  waiting.push({ due: performance.now() + delay, socket, bytes });
  if (waiting.length === 1) wait();
}

const pause = new Int32Array(new SharedArrayBuffer(4));
/** Milliseconds: sleeping so long at a time leaves the core to the load generator. A nap may take half as long again. */
const NAP = 0.1;

/**
 * Node's timers come up to two milliseconds late, which would be a tenth of what is measured: the rest is slept through
 * in naps, between which new requests are read, and the last bit is waited for awake.
 */
function wait() {
  const rest = waiting[0].due - performance.now();
  if (rest > 2) {
    setTimeout(wait, rest - 2);
  } else if (rest > 0) {
    if (rest > 2 * NAP) Atomics.wait(pause, 0, 0, NAP);
    setImmediate(wait);
  } else {
    const { socket, bytes } = waiting.shift();
    if (!socket.destroyed) socket.write(bytes);
    if (waiting.length > 0) wait();
  }
}

function serve(socket, head) {
  const firstLine = head.slice(0, head.indexOf('\r\n'));
  const [method, url] = firstLine.split(' ', 2);
  const forRunner = control(method, url);
  if (forRunner !== undefined) {
    socket.write(forRunner);
    return;
  }
  calls.total += 1;
  if (/\r\nauthorization:/i.test(head)) calls.authorized += 1;
  const bytes = answerFor(url);
  reply(socket, options.unlike ? unlikeOthers(bytes) : bytes);
}

// Requests here have no body: GET and DELETE without one. A gateway that sends a body gets its connection cut,
// which the check of its answers shows.
const server = createServer({ noDelay: true }, (socket) => {
  let pending = '';
  socket.setEncoding('latin1');
  socket.on('error', () => socket.destroy());
  socket.on('data', (text) => {
    pending += text;
    for (let end = pending.indexOf('\r\n\r\n'); end !== -1; end = pending.indexOf('\r\n\r\n')) {
      const head = pending.slice(0, end + 2);
      pending = pending.slice(end + 4);
      if (/\r\n(transfer-encoding:|content-length: *[1-9])/i.test(head)) socket.destroy();
      else serve(socket, head);
    }
  });
});
server.listen(Number(options.port), '127.0.0.1', () => {
  process.stdout.write(`${JSON.stringify({ port: server.address().port })}\n`);
});
