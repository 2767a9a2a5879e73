import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findBrowser, launchBrowser } from '../support/browser.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';

const SDL = `
  extend schema @link(url: "https://specs.apollo.dev/connect/v0.4", import: ["@connect"])
  type Query { greeting(name: String = "world"): String @connect(selection: "$(['hello', $args.name])->joinNotNull(' ')") }
`;

const browser = findBrowser('GraphiQL');

describe.skipIf(browser === undefined)('GraphiQL in a browser', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startGateway({ config: 'services: {}\ngraphql: {}\n', sdl: SDL, development: true });
  });
  afterAll(() => gateway.close());

  it('runs an operation, with nothing fetched from anywhere else', async () => {
    const chrome = await launchBrowser(browser as string);
    try {
      const page = await chrome.newPage();
      const elsewhere: string[] = [];
      page.on('request', (request) => {
        const { origin, protocol } = new URL(request.url());
        if (protocol.startsWith('http') && origin !== gateway.url) elsewhere.push(request.url());
      });
      const complaints: string[] = [];
      page.on('console', (message) => {
        if (message.type() === 'error') complaints.push(message.text());
      });
      const loaded = await page.goto(
        `${gateway.url}/graphql?query=${encodeURIComponent('{ greeting(name: "portico") }')}`,
      );
      await page.locator('.graphiql-execute-button').click();
      await page.locator('.result-window').getByText('hello portico').waitFor();
      expect(elsewhere).toEqual([]);
      expect(loaded?.headers()['content-security-policy']).toContain("frame-ancestors 'none'");
      // As of a policy that the page does not fit.
      expect(complaints).toEqual([]);
      if (process.env.SCREENSHOT) await page.screenshot({ path: process.env.SCREENSHOT });
    } finally {
      await chrome.close();
    }
  });
});
