import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/parse-config.ts';
import { formatProblem } from '../../src/kernel/problem.ts';

/** What is said of this text, with its places. */
function said(text: string): string[] {
  const { problems } = parseConfig({ text: `services: {}\n${text}`, file: 'gateway.yaml', env: {} });
  return problems.map(formatProblem);
}

const ROUTES = 'routes: [{ path: /, respond: {} }]';

describe('limits', () => {
  it('that hold for somebody are nothing to speak of', () => {
    expect(
      said(`limits:
  default: { requests: 1, window: 1m }
  slow: { requests: 1, window: 1m, by: [user, ip], scope: route, message: "{limit} in {window} s" }
routes:
  - { path: /, respond: {} }
  - { path: /slow, limit: slow, respond: {} }
  - { path: /own, limit: { requests: 1, window: 1ms, by: [ip] }, respond: {} }`),
    ).toEqual([]);
    expect(said('limits: { default: { requests: 1, window: 1m } }\ngraphql: {}')).toEqual([]);
  });

  it('that hold for nobody are told of', () => {
    expect(said(`limits: { slow: { requests: 1, window: 1m } }\n${ROUTES}`)).toEqual([
      'gateway.yaml:2:11: warning: no route has the limit "slow"; name it in the `limit` of one, or remove it',
    ]);
    expect(
      said(
        'limits: { default: { requests: 1, window: 1m } }\nroutes: [{ path: /, limit: false, respond: {} }]',
      ),
    ).toEqual(['gateway.yaml:2:11: warning: no route has the limit "default"; remove it']);
  });

  it('that are not there are a fault, with the name that was meant', () => {
    expect(
      said(
        'limits: { default: { requests: 1, window: 1m } }\nroutes: [{ path: /, limit: defualt, respond: {} }]',
      ),
    ).toEqual(['gateway.yaml:3:28: there is no limit "defualt". Did you mean "default"?']);
    expect(said('routes: [{ path: /, limit: constructor, respond: {} }]')).toEqual([
      'gateway.yaml:2:28: there is no limit "constructor". Add it under `limits`.',
    ]);
  });

  it('must have a window, and count by something that can be', () => {
    expect(said(`limits: { default: { requests: 1, window: 0s } }\n${ROUTES}`)).toEqual([
      'gateway.yaml:2:43: limits.default.window: expected a window of 1ms at least, not "0s"',
    ]);
    expect(
      said(`limits: { default: { requests: 1, window: 1m, by: ["header:", "header:a b", usr] } }\n${ROUTES}`),
    ).toEqual([
      'gateway.yaml:2:52: limits.default.by[0]: expected user, key, ip or header:<Name>, not "header:"',
      'gateway.yaml:2:63: limits.default.by[1]: expected user, key, ip or header:<Name>, not "header:a b"',
      'gateway.yaml:2:77: limits.default.by[2]: expected user, key, ip or header:<Name>, not "usr"',
    ]);
    expect(said(`limits: { default: { requests: 1, window: 1m, by: [] } }\n${ROUTES}`)).toHaveLength(1);
  });

  it.each([
    ['[ip, user]', '56: warning: "user" is never looked at, for every request has an address; put ip last'],
    ['[key, ip]', '52: warning: nobody comes with a key here; set auth.apiKeys.enabled, or remove it'],
    [
      '["header:X-Tenant"]',
      '52: warning: anybody who sends another X-Tenant is counted anew; count by user, key or ip, or name in server.trustedProxies who sets that header',
    ],
  ])('by %s get a warning', (by, message) => {
    expect(said(`limits: { default: { requests: 1, window: 1m, by: ${by} } }\n${ROUTES}`)).toEqual([
      `gateway.yaml:2:${message}`,
    ]);
  });

  it('by a header are fine where it is known who sets it', () => {
    expect(
      said(
        `server: { trustedProxies: [10.0.0.0/8] }\nlimits: { default: { requests: 1, window: 1m, by: ["header:X-Tenant"] } }\n${ROUTES}`,
      ),
    ).toEqual([]);
  });

  it('say what their message means by names that there are', () => {
    expect(
      said(
        `limits: { default: { requests: 1, window: 1m, message: "{limt} per {time} {} {limit}" } }\n${ROUTES}`,
      ),
    ).toEqual([
      'gateway.yaml:2:56: warning: {limt} stands for nothing. Did you mean "limit"?',
      'gateway.yaml:2:56: warning: {time} stands for nothing. There are {limit} and {window}.',
    ]);
  });
});
