import { suggestion } from '../../kernel/problem.ts';
import { valueAt } from '../describe-issue.ts';
import type { Config } from '../schema/config.ts';
import { type LimitConfig, limitSchema } from '../schema/route.ts';
import type { Path, Source } from '../source/source.ts';
import { type Finding, namesAt, salvage } from './finding.ts';

/** What a message may hold. */
const PLACEHOLDERS = ['limit', 'window'];

/** Limits that hold for nobody, and parts of one that never count or that anybody can get round. All of it warnings. */
export function checkLimits(source: Source, auth: Config['auth']): Finding[] {
  const named = namesAt(source, ['limits']).map((name): Path => ['limits', name]);
  const inline = routesOf(source).flatMap((route, i): Path[] =>
    typeof valueAt(route, ['limit']) === 'object' ? [['routes', i, 'limit']] : [],
  );
  const findings = [...named, ...inline].flatMap((at) => {
    const limit = salvage(limitSchema, source, at);
    if (limit === undefined) return [];
    return [...checkBy(limit, at, source, auth), ...checkMessage(limit, at)];
  });
  return [...checkUse(source, auth), ...findings].map((finding) => ({ ...finding, severity: 'warning' }));
}

function routesOf(source: Source): readonly unknown[] {
  const routes = valueAt(source.value, ['routes']);
  return Array.isArray(routes) ? routes : [];
}

/** `default` holds wherever nothing else is said; any other one has to be asked for. */
function checkUse(source: Source, auth: Config['auth']): Finding[] {
  const routes = routesOf(source).map((route) => valueAt(route, ['limit']));
  const names = namesAt(source, ['limits']);
  // A misspelt name has been told of, and means one of these.
  if (routes.some((limit) => typeof limit === 'string' && !names.includes(limit))) return [];
  const others = auth.accounts.enabled || valueAt(source.value, ['graphql']) !== undefined;
  const isLeft = routes.includes(undefined) || others;
  return names.flatMap((name): Finding[] => {
    if (routes.includes(name) || (name === 'default' && isLeft)) return [];
    const advice = name === 'default' ? 'remove it' : `name it in the \`limit\` of one, or remove it`;
    return [{ path: ['limits', name], on: 'key', message: `no route has the limit "${name}"; ${advice}` }];
  });
}

function checkBy({ by }: LimitConfig, at: Path, source: Source, auth: Config['auth']): Finding[] {
  const address = by.indexOf('ip');
  const proxies = valueAt(source.value, ['server', 'trustedProxies']);
  const hasProxies = Array.isArray(proxies) && proxies.length > 0;
  const hasKeys = auth.apiKeys.enabled || auth.serviceKeys.keys.length > 0;
  return by.flatMap((one, i): Finding[] => {
    const found = (message: string): Finding[] => [{ path: [...at, 'by', i], on: 'value', message }];
    if (address !== -1 && i > address)
      return found(`"${one}" is never looked at, for every request has an address; put ip last`);
    if (one === 'key' && !hasKeys)
      return found('nobody comes with a key here; set auth.apiKeys.enabled, or remove it');
    if (one.startsWith('header:') && !hasProxies)
      return found(
        `anybody who sends another ${one.slice('header:'.length)} is counted anew; count by user, key or ip, or name in server.trustedProxies who sets that header`,
      );
    return [];
  });
}

function checkMessage({ message = '' }: LimitConfig, at: Path): Finding[] {
  return [...message.matchAll(/\{(\w+)\}/g)].flatMap(([text, name = '']): Finding[] => {
    if (PLACEHOLDERS.includes(name)) return [];
    const known = suggestion(name, PLACEHOLDERS) || ' There are {limit} and {window}.';
    return [{ path: [...at, 'message'], on: 'value', message: `${text} stands for nothing.${known}` }];
  });
}
