import { expect, it } from 'vitest';
import { compose, type Layer } from '../../src/kernel/handler.ts';
import type { Scope } from '../../src/kernel/scope.ts';

const scope = {} as Scope;
const tag =
  (name: string): Layer<string, string> =>
  (next) =>
  async (request, s) =>
    `${name}(${await next(request, s)})`;

it('puts the first layer outermost and leaves out what is off', async () => {
  const handler = compose([tag('a'), undefined, tag('b')], async (request: string) => request);
  expect(await handler('x', scope)).toBe('a(b(x))');
});

it('adds nothing when every layer is off', () => {
  const core = async (request: string) => request;
  expect(compose([undefined], core)).toBe(core);
});
