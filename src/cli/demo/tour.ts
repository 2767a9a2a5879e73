import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

/** What is sent to sign in; the first field names the account. */
const account = z.record(z.string(), z.string());

const tourSchema = z.strictObject({
  summary: z.string(),
  config: z.string().describe('The gateway configuration, relative to the example.'),
  start: z.string().describe('Program that runs one service, named by its first argument.'),
  services: z.array(z.string()).min(1),
  rest: z.string().default('/api/…').describe('Where the REST routes are, as it is shown.'),
  accounts: z
    .array(
      z.strictObject({
        username: z.string(),
        password: z.string(),
        roles: z.array(z.string()),
        scopes: z.array(z.string()),
      }),
    )
    .default([])
    .describe("Accounts that the gateway itself keeps; none where the example's services have them."),
  signIn: z.strictObject({
    path: z.string(),
    token: z.string().describe('Field of the answer that holds the access token.'),
    user: account,
    admin: account,
  }),
  queries: z.array(z.strictObject({ title: z.string(), file: z.string(), signedIn: z.boolean() })),
  requests: z.array(
    z.strictObject({
      title: z.string(),
      method: z.string(),
      path: z.string(),
      signedIn: z.boolean(),
      headers: z.record(z.string(), z.string()).optional(),
      body: z.json().optional(),
    }),
  ),
});

export type Account = z.output<typeof account>;

/** The username, the address: whatever an example's accounts are known by. */
export function accountName(account: Account): string {
  return Object.values(account)[0] ?? '';
}

export type TourRequest = z.output<typeof tourSchema>['requests'][number];

/** What `portico demo` needs to know of an example; file names are absolute, queries are GraphQL texts. */
export interface Tour extends Omit<z.output<typeof tourSchema>, 'queries'> {
  readonly queries: readonly { readonly title: string; readonly signedIn: boolean; readonly text: string }[];
}

/** Every example that the command knows; those without a `tour.json` are not available yet. */
export const EXAMPLES = ['studio', 'postcards', 'marketplace', 'organizations', 'forge'] as const;
export type ExampleName = (typeof EXAMPLES)[number];

// The same three levels up from the source tree and from the built package.
const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** Reads `tour.json` and the queries of an example; undefined if it has none. */
export async function readTour(name: ExampleName): Promise<Tour | undefined> {
  const folder = path.join(ROOT, 'examples', name);
  const text = await readFile(path.join(folder, 'tour.json'), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const tour = tourSchema.parse(JSON.parse(text));
  const queries = tour.queries.map(async ({ title, signedIn, file }) => ({
    title,
    signedIn,
    text: (await readFile(path.join(folder, file), 'utf8')).trim(),
  }));
  return {
    ...tour,
    config: path.resolve(folder, tour.config),
    start: path.resolve(folder, tour.start),
    queries: await Promise.all(queries),
  };
}

/** Environment variable that gives a service its URL: `user-service` → `USER_SERVICE_URL`. */
export function urlVariable(service: string): string {
  return `${service.replaceAll('-', '_').toUpperCase()}_URL`;
}
