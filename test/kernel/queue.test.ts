import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Queue, Queued } from '../../src/kernel/queue.ts';

class Guest extends Queued<Guest> {}

describe('a queue', () => {
  it('has first who came first of those who have not left', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(9), { maxLength: 200 }), (numbers) => {
        const guests = Array.from({ length: 10 }, () => new Guest());
        const queue = new Queue<Guest>();
        let expected: Guest[] = [];
        for (const number of numbers) {
          const guest = guests[number] as Guest;
          const isThere = expected.includes(guest);
          expected = isThere ? expected.filter((one) => one !== guest) : [...expected, guest];
          if (isThere) queue.remove(guest);
          else queue.add(guest);
          expect(queue.first).toBe(expected[0]);
          expect(queue.size).toBe(expected.length);
        }
        for (const guest of expected) {
          expect(queue.first).toBe(guest);
          queue.remove(guest);
        }
        expect(queue.first).toBeUndefined();
      }),
    );
  });

  it('leaves one alone that waits in another queue', () => {
    const [queue, other] = [new Queue<Guest>(), new Queue<Guest>()];
    const guest = new Guest();
    queue.add(guest);
    other.remove(guest);
    expect(queue.first).toBe(guest);
    expect([queue.size, other.size]).toEqual([1, 0]);
  });

  it('ties nobody who has left to anybody', () => {
    const queue = new Queue<Guest>();
    const guests = [new Guest(), new Guest(), new Guest()] as const;
    for (const guest of guests) queue.add(guest);
    queue.remove(guests[1]);
    queue.remove(guests[0]);
    queue.remove(guests[2]);
    for (const guest of guests) expect(guest).toEqual(new Guest());
  });
});
