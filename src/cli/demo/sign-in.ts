import { type Account, accountName, type Tour } from './tour.ts';

/** Signs in through the gateway's own REST route and gives the access token. Throws if there is none in the answer. */
export async function signIn(url: string, how: Tour['signIn'], account: Account): Promise<string> {
  const response = await fetch(`${url}${how.path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(account),
  });
  const text = await response.text();
  const token = response.ok ? (JSON.parse(text) as Record<string, unknown>)[how.token] : undefined;
  if (typeof token === 'string') return token;
  throw new Error(`signing in as ${accountName(account)} failed: ${response.status} ${text}`);
}
