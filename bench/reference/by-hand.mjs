import { greeting } from '../dataset.mjs';
import { operations } from '../workload.mjs';
import { byIds } from './get-json.mjs';

async function postsWithUsers(call, headers) {
  const posts = await call('/posts', headers);
  const users = await call(
    byIds(
      '/users',
      posts.map((post) => post.userId),
    ),
    headers,
  );
  const byId = new Map(users.map(({ id, name, email }) => [id, { id, name, email }]));
  return {
    data: {
      posts: posts.map(({ id, userId, title }) => ({ id, userId, title, user: byId.get(userId) ?? null })),
    },
  };
}

async function titles(call, headers) {
  const posts = await call('/posts', headers);
  return { data: { posts: posts.map(({ title }) => ({ title })) } };
}

/** A program for exactly these three operations, by their text: `(call, headers)` → the answer. */
export const programs = new Map([
  [operations.Q1.query, postsWithUsers],
  [operations.Q2.query, titles],
  [operations.Q3.query, async () => ({ data: { greeting } })],
]);
