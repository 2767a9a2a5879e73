import { expect, it } from 'vitest';
import { newHexId, newRequestId, newUuidV7 } from '../../src/kernel/id.ts';

it('makes UUIDs of version 7 that sort by time', () => {
  const wall = 1_700_000_000_000;
  const ids = [wall + 2, wall, wall + 1].map(newUuidV7);
  for (const id of ids)
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect([...ids].sort()).toEqual([ids[1], ids[2], ids[0]]);
  expect(Number.parseInt((ids[1] as string).replace('-', '').slice(0, 12), 16)).toBe(wall);
});

it('makes request, trace and span ids', () => {
  expect(newRequestId()).toMatch(/^[0-9a-f]{32}$/);
  expect(newHexId(16)).toMatch(/^[0-9a-f]{32}$/);
  expect(newHexId(8)).toMatch(/^[0-9a-f]{16}$/);
});
