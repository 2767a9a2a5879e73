import { once } from 'node:events';
import { PassThrough, Writable } from 'node:stream';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { GatewayError } from '../../src/kernel/error.ts';
import { IncomingBody, type IncomingBodyOptions } from '../../src/upstream/body.ts';
import { Content, ContentBody } from '../../src/upstream/content-body.ts';
import { failureOf } from './harness.ts';

class Wire {
  watched = 0;
  resumed = 0;
  aborted: Error | undefined;
  readonly body: IncomingBody;

  constructor(options: Partial<IncomingBodyOptions> = {}) {
    this.body = new IncomingBody(
      { watch: () => this.watched++, resume: () => this.resumed++, abort: (error) => (this.aborted = error) },
      { service: 'users', encoding: undefined, decodeBytes: false, length: undefined, ...options },
    );
  }

  /** Sends everything at once, as a small answer comes. */
  whole(...chunks: (string | Buffer)[]): IncomingBody {
    for (const chunk of chunks) this.body.push(Buffer.from(chunk));
    this.body.end();
    return this.body;
  }
}

const broken = () => new GatewayError('UPSTREAM_INVALID', 'broken');
const BOM = Buffer.from([0xef, 0xbb, 0xbf]);

describe('json', () => {
  it('parses what came in pieces, with or without a byte order mark', async () => {
    expect(await new Wire().whole('{"a":', '"ä"}').json(100)).toEqual({ a: 'ä' });
    expect(await new Wire().whole(BOM, '[1]').json(100)).toEqual([1]);
  });

  it('is undefined for no body at all', async () => {
    expect(await new Wire().whole().json(100)).toBeUndefined();
  });

  it('fails on anything else', async () => {
    for (const text of ['<html>', '{"a":1', ' ', 'NaN', '\u0000']) {
      const error = await failureOf(new Wire().whole(text).json(100));
      expect([error.code, error.service]).toEqual(['UPSTREAM_INVALID', 'users']);
    }
  });

  it('undoes an encoding', async () => {
    const text = '{"compressed":true}';
    const ways = {
      gzip: gzipSync(text),
      br: brotliCompressSync(text),
      deflate: deflateSync(text),
      'deflate ': deflateRawSync(text),
      'gzip, br': brotliCompressSync(gzipSync(text)),
      Identity: Buffer.from(text),
    };
    for (const [encoding, data] of Object.entries(ways))
      expect(await new Wire({ encoding }).whole(data).json(1000)).toEqual({ compressed: true });
  });

  it('fails on a bomb, a damaged and an unknown encoding', async () => {
    const bomb = gzipSync(Buffer.alloc(1_000_000, 0x20));
    expect((await failureOf(new Wire({ encoding: 'gzip' }).whole(bomb).json(10_000))).code).toBe(
      'UPSTREAM_INVALID',
    );
    expect((await failureOf(new Wire({ encoding: 'gzip' }).whole('no').json(100))).code).toBe(
      'UPSTREAM_INVALID',
    );
    expect((await failureOf(new Wire({ encoding: 'zebra' }).whole('no').json(100))).code).toBe(
      'UPSTREAM_INVALID',
    );
  });
});

describe('bytes', () => {
  it('stops at the limit, and lets the connection go', async () => {
    const known = new Wire({ length: 101 });
    expect((await failureOf(known.body.bytes(100))).code).toBe('UPSTREAM_INVALID');
    expect(known.aborted).toBeDefined();
    const unknown = new Wire();
    const early = unknown.body.push(Buffer.alloc(60));
    const reading = failureOf(unknown.body.bytes(100));
    unknown.body.push(Buffer.alloc(41));
    expect(early).toBe(true);
    expect((await reading).code).toBe('UPSTREAM_INVALID');
    expect(unknown.aborted).toBeDefined();
    expect((await failureOf(new Wire().whole(Buffer.alloc(101)).bytes(100))).code).toBe('UPSTREAM_INVALID');
    const waiting = new Wire();
    waiting.body.push(Buffer.alloc(101));
    expect((await failureOf(waiting.body.bytes(100))).code).toBe('UPSTREAM_INVALID');
  });

  it('are as on the wire for a route, and decoded for a field', async () => {
    const data = gzipSync('plain');
    expect(await new Wire({ encoding: 'gzip' }).whole(data).bytes(100)).toEqual(data);
    const decoded = await new Wire({ encoding: 'gzip', decodeBytes: true }).whole(data).bytes(100);
    expect(decoded.toString()).toBe('plain');
  });

  it('fail as the body fails, before or after reading began', async () => {
    const one = new Wire();
    one.body.fail(broken());
    expect((await failureOf(one.body.bytes(100))).message).toBe('broken');
    const two = new Wire();
    const reading = failureOf(two.body.bytes(100));
    two.body.fail(broken());
    expect((await reading).message).toBe('broken');
  });

  it('can be had once', async () => {
    const body = new Wire().whole('x');
    await body.bytes(10);
    expect((await failureOf(body.json(10))).code).toBe('INTERNAL');
  });
});

describe('before anybody reads', () => {
  it('takes in a little, then waits', () => {
    const { body } = new Wire();
    expect(body.push(Buffer.alloc(60_000))).toBe(true);
    expect(body.push(Buffer.alloc(60_000))).toBe(false);
    expect(body.paused).toBe(true);
  });

  it('goes on when somebody does', async () => {
    const wire = new Wire();
    wire.body.push(Buffer.alloc(70_000));
    const bytes = wire.body.bytes(1_000_000);
    expect(wire.resumed).toBe(1);
    wire.body.end();
    expect((await bytes).length).toBe(70_000);
  });
});

describe('pipe', () => {
  it('goes no faster than the sink', async () => {
    const wire = new Wire();
    const taken: number[] = [];
    let takeMore = () => {};
    const sink = new Writable({
      highWaterMark: 10,
      write: (chunk: Buffer, _encoding, callback) => {
        taken.push(chunk.length);
        takeMore = callback;
      },
    });
    const piped = wire.body.pipe(sink);
    expect(wire.body.push(Buffer.alloc(20))).toBe(false);
    expect(wire.resumed).toBe(0);
    const drained = once(sink, 'drain');
    takeMore();
    await drained;
    expect(wire.resumed).toBe(1);
    wire.body.end();
    await piped;
    expect(taken).toEqual([20]);
    expect(sink.writableFinished).toBe(true);
  });

  it('destroys the sink if the service breaks off', async () => {
    const wire = new Wire();
    const sink = new PassThrough();
    const piped = failureOf(wire.body.pipe(sink));
    wire.body.push(Buffer.from('half'));
    wire.body.fail(broken());
    expect((await piped).message).toBe('broken');
    expect(sink.destroyed).toBe(true);
    expect(sink.writableEnded).toBe(false);
  });

  it('gives the rest up if the sink closes early, or was closed before', async () => {
    for (const early of [true, false]) {
      const wire = new Wire();
      const sink = new PassThrough();
      if (early) sink.destroy();
      const piped = failureOf(wire.body.pipe(sink));
      sink.destroy();
      expect((await piped).code).toBe('CLIENT_CLOSED');
      expect(wire.aborted).toMatchObject({ code: 'CLIENT_CLOSED' });
    }
  });
});

describe('stream', () => {
  it('gives everything, with back-pressure', async () => {
    const wire = new Wire();
    const stream = wire.body.stream();
    expect(wire.body.push(Buffer.alloc(70_000))).toBe(false);
    const read: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => read.push(chunk));
    await once(stream, 'data');
    await new Promise((resolve) => setImmediate(resolve));
    expect(wire.resumed).toBe(1);
    wire.body.end();
    await once(stream, 'end');
    expect(Buffer.concat(read)).toHaveLength(70_000);
  });

  it('passes a break on, and a reader that leaves back', async () => {
    const one = new Wire();
    const failed = once(one.body.stream(), 'error');
    one.body.fail(broken());
    expect((await failed)[0]).toMatchObject({ message: 'broken' });
    const two = new Wire();
    two.body.stream().destroy();
    await new Promise((resolve) => setImmediate(resolve));
    expect(two.aborted).toMatchObject({ code: 'CLIENT_CLOSED' });
  });
});

describe('onDone', () => {
  it('calls back once, however it ends', () => {
    const endings: ((wire: Wire) => void)[] = [
      (wire) => wire.body.end(),
      (wire) => wire.body.fail(broken()),
      (wire) => wire.body.discard(),
    ];
    for (const end of endings) {
      const wire = new Wire();
      let calls = 0;
      wire.body.onDone(() => calls++);
      end(wire);
      wire.body.discard();
      wire.body.end();
      wire.body.onDone(() => (calls += 10));
      expect(calls).toBe(11);
    }
  });
});

describe('the watch over silence', () => {
  it('begins when somebody waits for the end, and not at all where there is none to wait for', () => {
    const open = new Wire();
    open.body.push(Buffer.from('half'));
    expect(open.watched).toBe(0);
    open.body.onDone(() => {});
    open.body.onDone(() => {});
    expect(open.watched).toBe(1);
    const whole = new Wire();
    whole.whole('all').onDone(() => {});
    expect(whole.watched).toBe(0);
  });
});

describe('keep', () => {
  it('copies the whole while somebody else reads it, if it is small enough', async () => {
    const wire = new Wire();
    const kept: string[] = [];
    wire.body.push(Buffer.from('ab'));
    wire.body.keep(4, (bytes) => kept.push(bytes.toString()));
    const read = wire.body.bytes(100);
    wire.body.push(Buffer.from('cd'));
    wire.body.end();
    expect((await read).toString()).toBe('abcd');
    expect(kept).toEqual(['abcd']);
    const large = new Wire();
    large.body.keep(3, (bytes) => kept.push(bytes.toString()));
    large.whole('ab', 'cd');
    const cut = new Wire();
    cut.body.keep(100, (bytes) => kept.push(bytes.toString()));
    cut.body.push(Buffer.from('ab'));
    cut.body.fail(broken());
    expect(kept).toHaveLength(1);
  });
});

describe('a content that several read', () => {
  const shared = (text: string) => {
    let loads = 0;
    const content = new Content('users', undefined, async () => {
      loads++;
      return Buffer.from(text);
    });
    return { content, loads: () => loads };
  };

  it('is loaded and parsed once for all', async () => {
    const { content, loads } = shared('{"a":1}');
    const bodies = [1, 2, 3].map(() => new ContentBody(content));
    const values = await Promise.all(bodies.map((body) => body.json(100)));
    expect(values[0]).toEqual({ a: 1 });
    expect(values[1]).toBe(values[0]);
    expect(loads()).toBe(1);
  });

  it('goes into a sink and through a stream whole', async () => {
    const { content } = shared('hello');
    const sink = new PassThrough();
    await new ContentBody(content).pipe(sink);
    expect(sink.read()?.toString()).toBe('hello');
    const chunks = await new ContentBody(content).stream().toArray();
    expect(Buffer.concat(chunks).toString()).toBe('hello');
  });

  it('goes into a sink before anything else happens, if it has come already', async () => {
    const { content, loads } = shared('not asked for');
    content.have(Buffer.from('hello'));
    const sink = new PassThrough();
    const body = new ContentBody(content);
    let done = false;
    body.onDone(() => (done = true));
    const piped = body.pipe(sink);
    expect([sink.writableEnded, done]).toEqual([true, true]);
    await piped;
    expect(sink.read()?.toString()).toBe('hello');
    expect((await new ContentBody(content).bytes(10)).toString()).toBe('hello');
    expect(loads()).toBe(0);
  });

  it('holds each reader to its own limit', async () => {
    const { content } = shared('0123456789');
    expect((await failureOf(new ContentBody(content).bytes(9))).code).toBe('UPSTREAM_INVALID');
    expect(await new ContentBody(content).bytes(10)).toHaveLength(10);
  });

  it('lets one reader leave and serves the others', async () => {
    const { content } = shared('x');
    const [one, two] = [new ContentBody(content), new ContentBody(content)];
    const left = failureOf(one.bytes(10));
    one.abandon(new GatewayError('CLIENT_CLOSED', 'left'));
    expect((await left).code).toBe('CLIENT_CLOSED');
    expect((await failureOf(one.bytes(10))).code).toBe('CLIENT_CLOSED');
    expect((await two.bytes(10)).toString()).toBe('x');
  });
});
