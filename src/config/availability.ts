import { isDeepStrictEqual } from 'node:util';
import type { Problem } from '../kernel/problem.ts';
import { dotted } from './describe-issue.ts';
import type { Path, Source } from './source/source.ts';

/**
 * Keys that validate but whose behaviour is not built yet. `*` stands for any name or list index.
 * Behind each: the values that ask for nothing; any other one is refused, because a key that is
 * silently ignored is worse than a missing one. Shrinks to nothing as the parts are built.
 */
const NOT_YET: Readonly<Record<string, readonly unknown[]>> = {
  'server.tls.cert': [''],
  'server.tls.key': [''],
  'server.workers': [1],
  'services.*.protocol': ['http'],
  'services.*.proto': [[]],
  'services.*.http2': [false],
  'routes.*.publish': [],
  'routes.*.emit': [[]],
  'routes.*.websocket': [false],
  'registry.enabled': [false],
  'registry.prefix': ['/api'],
  'registry.roles': [['admin']],
  'docs.openapi': [''],
  'docs.swagger': [''],
  'docs.redoc': [''],
  'graphql.responseCache': [false],
  'graphql.subscriptions.sse': [false],
  'graphql.subscriptions.websocket': [false],
  'events.broker': ['memory'],
  'events.kafka.brokers': [[]],
  'events.kafka.clientId': ['portico'],
  'events.zeromq.publish': [''],
  'events.zeromq.subscribe': [[]],
  'events.outbox': [false],
  'telemetry.metrics': [''],
  'telemetry.tracing.otlp': [''],
  'telemetry.tracing.sample': ['100%'],
  'console.path': [''],
  'console.roles': [['admin']],
};

/**
 * An error for each value in the file that asks for something which this version does not do yet.
 * `invalid` are the places (as `dotted` writes them) that the validator has refused already.
 */
export function findUnavailable(source: Source, invalid: ReadonlySet<string>): Problem[] {
  return Object.entries(NOT_YET).flatMap(([pattern, inert]) =>
    matches(source.value, pattern.split('.'), [])
      .filter(
        ({ path, value }) =>
          !invalid.has(dotted(path)) && !inert.some((one) => isDeepStrictEqual(one, value)),
      )
      .map(({ path, value }) => ({
        severity: 'error' as const,
        at: source.positions.key(path),
        message: `${dotted(path)}${shownChoice(value, inert)} is not available yet; remove it`,
      })),
  );
}

/** Names the value where other values of the same key are fine. */
function shownChoice(value: unknown, inert: readonly unknown[]): string {
  return typeof value === 'string' && inert.some((one) => typeof one === 'string' && one !== '')
    ? `: ${value}`
    : '';
}

interface Match {
  readonly path: Path;
  readonly value: unknown;
}

function matches(data: unknown, pattern: readonly string[], path: Path): Match[] {
  const [step, ...rest] = pattern;
  if (step === undefined) return [{ path, value: data }];
  if (typeof data !== 'object' || data === null) return [];
  if (step !== '*') {
    return Object.hasOwn(data, step)
      ? matches((data as Record<string, unknown>)[step], rest, [...path, step])
      : [];
  }
  if (Array.isArray(data)) return data.flatMap((item, i) => matches(item, rest, [...path, i]));
  return Object.entries(data).flatMap(([key, value]) => matches(value, rest, [...path, key]));
}
