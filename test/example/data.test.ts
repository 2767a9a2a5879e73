import { describe, expect, it } from 'vitest';
import { loadData } from '../../examples/marketplace/services/data.ts';

type Row = Readonly<Record<string, string | number | null>>;

const keysOf = (file: string, key = 'id') => new Set(loadData<Row>(file).map((row) => String(row[key])));

describe('the data of the five services', () => {
  it.each([
    ['gigs', 'seller_id', 'users'],
    ['gigs', 'seller_id', 'sellers'],
    ['gigs', 'category_id', 'categories'],
    ['orders', 'gig_id', 'gigs'],
    ['orders', 'buyer_id', 'users'],
    ['orders', 'seller_id', 'users'],
    ['reviews', 'gig_id', 'gigs'],
    ['reviews', 'order_id', 'orders'],
    ['reviews', 'author_id', 'users'],
    ['proposals', 'client_id', 'users'],
    ['proposals', 'freelancer_id', 'users'],
    ['posts', 'author_id', 'users'],
    ['posts', 'channel_id', 'channels'],
    ['comments', 'author_id', 'users'],
    ['comments', 'post_id', 'posts'],
    ['feeds', 'channel_id', 'channels'],
    ['products', 'seller_id', 'sellers'],
    ['products', 'category_id', 'categories'],
    ['notifications', 'user_id', 'users'],
  ])('%s: every %s is one of the %s', (file, column, target) => {
    const known = keysOf(target);
    const lost = loadData<Row>(file).filter((row) => row[column] !== null && !known.has(String(row[column])));
    expect(lost).toEqual([]);
  });

  it('feeds point to what exists', () => {
    const kinds = { post: keysOf('posts'), gig: keysOf('gigs'), product: keysOf('products', 'sku') };
    const lost = loadData<Row>('feeds').filter(
      (row) => !kinds[row.kind as keyof typeof kinds].has(String(row.target_id)),
    );
    expect(lost).toEqual([]);
  });

  it("the copies of sellers agree with the users, and an order's seller with its gig's", () => {
    const users = new Map(loadData<Row>('users').map((user) => [user.id, user]));
    for (const seller of loadData<Row>('sellers')) expect(users.get(seller.id ?? 0)).toMatchObject(seller);
    const gigs = new Map(loadData<Row>('gigs').map((gig) => [gig.id, gig]));
    for (const order of loadData<Row>('orders')) {
      expect(gigs.get(order.gig_id ?? 0)?.seller_id).toBe(order.seller_id);
    }
  });
});
