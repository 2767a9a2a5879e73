import { describe, expect, it } from 'vitest';
import { formatTraceparent, readRequestId, readTrace } from '../../src/guard/trace.ts';

const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';

describe('readRequestId', () => {
  it.each(['a', 'A-z_0.9:x', 'x'.repeat(128)])('keeps %j', (id) => {
    expect(readRequestId(['x-Request-ID', id])).toBe(id);
  });

  it.each([[''], ['x'.repeat(129)], ['a b'], ['a,b'], ['é'], ['<script>']])('replaces %j', (id) => {
    expect(readRequestId(['X-Request-ID', id])).toMatch(/^[0-9a-f]{32}$/);
  });

  it('makes a new one each time', () => {
    expect(readRequestId([])).not.toBe(readRequestId([]));
  });
});

describe('readTrace', () => {
  it('continues the trace of the client with a span of its own', () => {
    const trace = readTrace([
      'traceparent',
      `00-${TRACE_ID}-${PARENT}-01`,
      'tracestate',
      'a=1',
      'Tracestate',
      'b=2',
      'baggage',
      'tenant=7',
    ]);
    expect(trace).toMatchObject({ traceId: TRACE_ID, flags: '01', state: 'a=1,b=2', baggage: 'tenant=7' });
    expect(trace.spanId).toMatch(/^[0-9a-f]{16}$/);
    expect(trace.spanId).not.toBe(PARENT);
    expect(formatTraceparent(trace)).toBe(`00-${TRACE_ID}-${trace.spanId}-01`);
  });

  it('keeps the decision not to sample', () => {
    expect(readTrace(['traceparent', `00-${TRACE_ID}-${PARENT}-00`]).flags).toBe('00');
  });

  it('reads what later versions have in common with this one', () => {
    expect(readTrace(['traceparent', `cc-${TRACE_ID}-${PARENT}-01-more`]).traceId).toBe(TRACE_ID);
  });

  it.each([
    `00-${TRACE_ID}-${PARENT}`,
    `00-${TRACE_ID}-${PARENT}-01-more`,
    `ff-${TRACE_ID}-${PARENT}-01`,
    `00-${'0'.repeat(32)}-${PARENT}-01`,
    `00-${TRACE_ID}-${'0'.repeat(16)}-01`,
    `00-${TRACE_ID.toUpperCase()}-${PARENT}-01`,
    `00-${TRACE_ID}x-${PARENT}-01`,
    'junk',
  ])('begins a new trace instead of %j, without the state of the old one', (parent) => {
    const trace = readTrace(['traceparent', parent, 'tracestate', 'a=1', 'baggage', 'tenant=7']);
    expect(trace.traceId).not.toBe(TRACE_ID);
    expect(trace).toMatchObject({
      traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
      state: '',
      baggage: 'tenant=7',
    });
  });

  it('begins a new trace if two are named', () => {
    const parent = `00-${TRACE_ID}-${PARENT}-01`;
    expect(readTrace(['traceparent', parent, 'traceparent', parent]).traceId).not.toBe(TRACE_ID);
  });

  it('drops baggage over the limit whole', () => {
    expect(readTrace(['baggage', 'x'.repeat(8193)]).baggage).toBe('');
  });
});
