import { HOST, type HostileInput, keeping, request } from './hostile-input.ts';

const HIDDEN = `GET /public/hidden HTTP/1.1\r\n${HOST}\r\n\r\n`;
const CHUNKED = 'Transfer-Encoding: chunked';
/** The gateway reads the whole body for this route before it passes anything on. */
const POST = 'POST /buffered HTTP/1.1';
const JSON_TYPE = 'Content-Type: application/json';

/** A chunked body that ends, with a request behind it. */
const ended = `0\r\n\r\n${HIDDEN}`;

function refused(name: string, bytes: string | Buffer, status: HostileInput['status'] = 400): HostileInput {
  return { name, bytes, status };
}

/** A post with these framing headers and this body, which hides a request in it. */
function framed(name: string, headers: readonly string[], body: string): HostileInput {
  return refused(name, keeping(POST, [JSON_TYPE, ...headers], body));
}

/** Requests that two parties could read in two ways (RFC 9112, sections 2.2, 5 to 7 and 11). */
export const smuggling: readonly HostileInput[] = [
  framed('CL.TE', [`Content-Length: ${ended.length}`, CHUNKED], ended),
  framed('TE.CL', [CHUNKED, 'Content-Length: 4'], `3f\r\n${HIDDEN}\r\n0\r\n\r\n`),
  framed('CL.TE with a length of 0', ['Content-Length: 0', CHUNKED], ended),
  framed('TE.TE, one of them nonsense', [CHUNKED, 'Transfer-Encoding: cow'], ended),
  framed('TE.TE, the nonsense first', ['Transfer-Encoding: cow', CHUNKED], ended),
  framed('TE.TE, twice the same', [CHUNKED, CHUNKED], ended),
  framed('TE in a list, chunked last', ['Transfer-Encoding: identity, chunked'], ended),
  framed('TE in a list, chunked first', ['Transfer-Encoding: chunked, identity'], ended),
  framed('TE in a list, twice chunked', ['Transfer-Encoding: chunked, chunked'], ended),
  framed('TE in a list with empty elements', ['Transfer-Encoding: ,chunked'], ended),
  framed('TE xchunked', ['Transfer-Encoding: xchunked'], ended),
  framed('TE in quotes', ['Transfer-Encoding: "chunked"'], ended),
  framed('TE with a parameter', ['Transfer-Encoding: chunked;q=1'], ended),
  framed('TE gzip', ['Transfer-Encoding: gzip'], HIDDEN),
  framed('TE identity with a length', ['Transfer-Encoding: identity', 'Content-Length: 5'], '12345'),
  framed('TE empty', ['Transfer-Encoding:'], ended),
  framed('TE with a vertical tab', ['Transfer-Encoding: \u000bchunked'], ended),
  framed('TE with a space before the colon', ['Transfer-Encoding : chunked'], ended),
  framed('TE with a tab before the colon', ['Transfer-Encoding\t: chunked'], ended),
  framed(
    'TE behind a space at the line\u2019s start',
    [' Transfer-Encoding: chunked', 'Content-Length: 5'],
    '12345',
  ),
  framed('TE on a folded line', ['Transfer-Encoding:', ' chunked'], ended),
  framed('TE behind a bare CR', [`X: y\rTransfer-Encoding: chunked`, 'Content-Length: 5'], '12345'),
  framed('TE behind a bare LF', [`X: y\nTransfer-Encoding: chunked`, 'Content-Length: 5'], '12345'),
  framed(
    'TE with an underscore and a length',
    ['Transfer_Encoding: chunked', CHUNKED, 'Content-Length: 5'],
    ended,
  ),
  refused('TE in HTTP/1.0', keeping('POST /buffered HTTP/1.0', [CHUNKED, 'Connection: keep-alive'], ended)),
  framed('two lengths', ['Content-Length: 5', 'Content-Length: 50'], `12345${HIDDEN}`),
  framed('one length twice', ['Content-Length: 5', 'Content-Length: 5'], `12345${HIDDEN}`),
  framed('a list of lengths', ['Content-Length: 5, 5'], `12345${HIDDEN}`),
  framed('a length with a plus', ['Content-Length: +5'], `12345${HIDDEN}`),
  framed('a negative length', ['Content-Length: -5'], `12345${HIDDEN}`),
  framed('a length in hexadecimal', ['Content-Length: 0x5'], `12345${HIDDEN}`),
  framed('a length with a point', ['Content-Length: 5.0'], `12345${HIDDEN}`),
  framed('a length with an underscore in it', ['Content-Length: 1_0'], `1234567890${HIDDEN}`),
  framed('a length with a space in it', ['Content-Length: 1 0'], `1234567890${HIDDEN}`),
  framed('an empty length', ['Content-Length:'], `12345${HIDDEN}`),
  framed('a length that no number holds', ['Content-Length: 99999999999999999999'], HIDDEN),
  framed('a chunk size with a sign', [CHUNKED], `+5\r\n12345\r\n${ended}`),
  framed('a chunk size with 0x', [CHUNKED], `0x5\r\n12345\r\n${ended}`),
  framed('a chunk size that overflows', [CHUNKED], `10000000000000005\r\n12345\r\n${ended}`),
  framed('a chunk size with a space before it', [CHUNKED], ` 5\r\n12345\r\n${ended}`),
  framed('no chunk size', [CHUNKED], `\r\n12345\r\n${ended}`),
  framed('a chunk longer than it says', [CHUNKED], `3\r\n12345\r\n${ended}`),
  framed('a chunk shorter than it says', [CHUNKED], `7\r\n12345\r\n${ended}`),
  framed('a chunk that ends with a bare LF', [CHUNKED], `5\r\n12345\n${ended}`),
  framed('a chunk size that ends with a bare LF', [CHUNKED], `5\n12345\r\n${ended}`),
  framed('a chunk size that ends with a bare CR', [CHUNKED], `5\r12345\r\n${ended}`),
  framed('a chunk extension with a bare LF', [CHUNKED], `5;a\nb\r\n12345\r\n${ended}`),
  framed('a chunk extension with a NUL', [CHUNKED], `5;a=\u0000\r\n12345\r\n${ended}`),
  framed('a chunk extension without end', [CHUNKED], `5;${'a'.repeat(40_000)}\r\n12345\r\n${ended}`),
  framed('a trailer that breaks the next request', [CHUNKED], `0\r\nX y\r\n\r\n${HIDDEN}`),
  refused('bare LF in the head', `GET /public/lf HTTP/1.1\n${HOST}\n\n`),
  refused('bare CR in the head', `GET /public/cr HTTP/1.1\r${HOST}\r\r`),
  refused('a bare CR in a header', keeping('GET /public/x HTTP/1.1', ['X: a\rX-User-ID: admin'])),
  refused('a NUL in a header', keeping('GET /public/x HTTP/1.1', ['X: a\u0000b'])),
  refused('a NUL in a header name', keeping('GET /public/x HTTP/1.1', ['X\u0000: a'])),
  refused('a folded header', keeping('GET /public/x HTTP/1.1', ['X: a', '\tb'])),
  refused('a header without a colon', keeping('GET /public/x HTTP/1.1', ['X'])),
  refused('a header without a name', keeping('GET /public/x HTTP/1.1', [': a'])),
  refused('a header name with a space', keeping('GET /public/x HTTP/1.1', ['X Y: a'])),
  refused('no Host', 'GET /public/x HTTP/1.1\r\n\r\n'),
  refused('two Hosts', keeping('GET /public/x HTTP/1.1', [HOST, 'Host: evil.test'])),
  refused('two Hosts in one', keeping('GET /public/x HTTP/1.1', ['Host: api.test, evil.test'])),
  refused('a Host with user info', keeping('GET /public/x HTTP/1.1', ['Host: api.test@evil.test'])),
  refused('a Host with a path', keeping('GET /public/x HTTP/1.1', ['Host: api.test/evil'])),
  refused('a Host with a line of its own', keeping('GET /public/x HTTP/1.1', ['Host: api.test%0d%0aX: y'])),
  refused('an unlisted Host', request('GET /public/x HTTP/1.1', ['Host: evil.test']), 421),
  refused('an unlisted host in the target', request('GET http://evil.test/public/x HTTP/1.1', [HOST]), 421),
  refused(
    'another host beside the listed one in the target',
    request('GET http://api.test@evil.test/ HTTP/1.1'),
    400,
  ),
  refused('a listed name that goes on', request('GET /public/x HTTP/1.1', ['Host: api.test.evil.test']), 421),
  refused('another scheme', request('GET file:///etc/passwd HTTP/1.1')),
  refused('a version of two digits', keeping('GET /public/x HTTP/1.10')),
  refused('a version that is none', keeping('GET /public/x HTTP/9.9')),
  refused('a method in small letters', keeping('get /public/x HTTP/1.1')),
  refused('a method with a line break', keeping('GE\r\nT /public/x HTTP/1.1')),
  refused('HTTP/0.9', 'GET /public/x\r\n\r\n'),
  refused('HTTP/2 without asking', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  refused('TLS', Buffer.from('16030100ca010000c60303', 'hex')),
  refused('a tunnel', keeping('CONNECT evil.test:443 HTTP/1.1'), 405),
  refused('TRACE', request('TRACE /public/x HTTP/1.1'), 405),
  refused('an expectation that nobody knows', keeping(POST, ['Expect: 200-ok', 'Content-Length: 0']), 417),
  {
    name: 'a second request in a body that is as long as it says',
    bytes: request('POST /public/smuggled-body HTTP/1.1', [`Content-Length: ${HIDDEN.length}`], HIDDEN),
    status: 200,
    calls: ['/public/smuggled-body'],
  },
  {
    name: 'a second request behind a GET with a length',
    bytes: Buffer.concat([
      keeping('GET /public/get-with-body HTTP/1.1', [`Content-Length: ${HIDDEN.length}`], HIDDEN),
      request('GET /nowhere HTTP/1.1'),
    ]),
    status: 200,
    answers: 2,
    calls: ['/public/get-with-body'],
  },
  {
    name: 'a second request behind one that is refused',
    bytes: Buffer.concat([keeping('GET /public/%00 HTTP/1.1'), keeping('GET /public/behind HTTP/1.1')]),
    status: 400,
  },
  {
    name: 'a chunk that is broken behind one that has been passed on',
    bytes: keeping('POST /public/broken-chunk HTTP/1.1', [CHUNKED], `5\r\n12345\r\n3\r\n12345\r\n${ended}`),
    status: 400,
    mayCall: ['/public/broken-chunk'],
  },
  {
    name: 'two spaces before the version, which can be read in one way only',
    bytes: request('GET /public/two-spaces  HTTP/1.1'),
    status: 200,
    calls: ['/public/two-spaces'],
  },
  {
    name: 'a second request behind an upgrade',
    bytes: Buffer.concat([
      keeping('GET /public/upgrade HTTP/1.1', [
        'Connection: Upgrade',
        'Upgrade: websocket',
        'Sec-WebSocket-Key: x',
      ]),
      request('GET /nowhere HTTP/1.1'),
    ]),
    status: 200,

    calls: ['/public/upgrade'],
  },
  {
    name: 'h2c',
    bytes: request('GET /public/h2c HTTP/1.1', [
      'Connection: Upgrade, HTTP2-Settings',
      'Upgrade: h2c',
      'HTTP2-Settings: AAMAAABkAAQAAP__',
    ]),
    status: 200,
    calls: ['/public/h2c'],
    check: (_answer, seen) => {
      if (seen?.headers.upgrade !== undefined || seen?.headers['http2-settings'] !== undefined)
        throw new Error('the upgrade was passed on');
    },
  },
];
