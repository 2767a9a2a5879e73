import { account } from './account.ts';
import { cors } from './cors.ts';
import { graphql } from './graphql.ts';
import { headers } from './header.ts';
import type { HostileInput, Means } from './hostile-input.ts';
import { limits } from './limit.ts';
import { paths } from './path.ts';
import { size } from './size.ts';
import { smuggling } from './smuggling.ts';
import { tokens } from './token.ts';

/** All of them, by what they are about. */
export async function hostileInputs(
  means: Means,
): Promise<Readonly<Record<string, readonly HostileInput[]>>> {
  return {
    smuggling,
    paths: paths(means),
    headers: headers(means),
    tokens: await tokens(means),
    graphql,
    cors,
    size,
    accounts: account,
    limits,
  };
}
