import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { post } from '../support/document-client.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { type RestService, startRestService } from '../support/graphql-service.ts';

const SDL = `extend schema @link(url: "https://specs.apollo.dev/connect/v0.4", import: ["@source", "@connect"])
type Query {
  report(year: Int): String @connect(source: "main", http: { GET: "/report" }, selection: "$.text")
    @rateLimit(max: 1, window: "30s", message: "{limit} report in {window} seconds")
  open: String @connect(source: "main", http: { GET: "/open" }, selection: "$.text")
}`;

/** A whole gateway: the limit is the same one, whichever way the field is asked for. */
describe('a field with a limit', () => {
  let service: RestService;
  let gateway: TestGateway;
  const clock = new FakeClock();

  beforeAll(async () => {
    service = await startRestService({
      'GET /report': () => ({ text: 'all well' }),
      'GET /open': () => ({ text: 'open' }),
    });
    const config = JSON.stringify({
      services: { main: { urls: [service.url], cache: false } },
      graphql: {},
      routes: [
        { path: '/report', operation: '{ report }' },
        { path: '/both', operation: '{ report open }' },
      ],
      telemetry: { audit: false },
    });
    gateway = await startGateway({ config, sdl: SDL, clock });
  });
  afterAll(async () => {
    await gateway.close();
    await service.close();
  });

  it('is limited on a route as it is at the GraphQL endpoint', async () => {
    const first = await fetch(`${gateway.url}/report`);
    expect(await first.json()).toEqual({ report: 'all well' });

    const refused = await fetch(`${gateway.url}/report`);
    expect(refused.status).toBe(429);
    expect(refused.headers.get('retry-after')).toBe('30');
    expect(await refused.json()).toMatchObject({ status: 429, detail: '1 report in 30 seconds' });

    const partly = await fetch(`${gateway.url}/both`);
    expect(partly.status).toBe(200);
    expect(partly.headers.get('x-portico-partial')).toBe('1');
    expect(await partly.json()).toEqual({ report: null, open: 'open' });

    const { status, body } = await post(
      { url: `${gateway.url}/graphql` },
      { query: '{ report(year: 1) open }' },
    );
    expect(status).toBe(200);
    expect(body).toMatchObject({
      data: { report: null, open: 'open' },
      errors: [
        {
          message: '1 report in 30 seconds',
          path: ['report'],
          extensions: { code: 'RATE_LIMITED', retryAfter: 30 },
        },
      ],
    });

    clock.advance(30_000);
    expect((await fetch(`${gateway.url}/report`)).status).toBe(200);
    expect(service.calls().filter((call) => call === 'GET /report')).toHaveLength(2);
  });
});
