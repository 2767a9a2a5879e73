import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { curlLine, type Demo, demoAsJson, demoAsText } from '../../src/cli/demo/guide.ts';
import { readTour, urlVariable } from '../../src/cli/demo/tour.ts';
import { curlArguments } from '../support/shell.ts';

describe('a curl line', () => {
  it('reaches the program as it was meant, whatever is in it', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme-ascii' }),
        fc.dictionary(fc.string({ minLength: 1 }), fc.string()),
        (path, body) => {
          const request = { title: '', method: 'POST', path: `/${path}`, signedIn: true, body };
          const [, url, , authorization, , , , data] = curlArguments(
            curlLine(request, 'http://host', 'tok.en'),
          );
          expect(url).toBe(`http://host/${path}`);
          expect(authorization).toBe('Authorization: Bearer tok.en');
          expect(JSON.parse(data ?? '')).toEqual(body);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('says the method only where curl would choose another', () => {
    const request = { title: '', path: '/a', signedIn: false };
    expect(curlArguments(curlLine({ ...request, method: 'GET' }, 'http://h', ''))).toEqual([
      '-s',
      'http://h/a',
    ]);
    const methods = [
      { ...request, method: 'DELETE' },
      { ...request, method: 'PUT', body: {} },
    ].map((one) => curlArguments(curlLine(one, 'http://h', '')));
    expect(methods[0]).toContain('DELETE');
    expect(methods[1]).toContain('PUT');
  });
});

describe('the guide', () => {
  it('has everything that a visitor needs', async () => {
    const tour = await readTour('marketplace');
    if (tour === undefined) throw new Error('the marketplace has no tour');
    const services = [{ name: 'user-service', url: 'http://127.0.0.1:5', pid: 77, stop: async () => {} }];
    const demo: Demo = {
      tour,
      url: 'http://localhost:4000',
      token: 'aa.bb.cc',
      adminToken: 'dd.ee.ff',
      services,
      dataDir: undefined,
    };

    expect(JSON.parse(demoAsJson(demo))).toEqual({
      url: 'http://localhost:4000',
      token: 'aa.bb.cc',
      adminToken: 'dd.ee.ff',
      services: { 'user-service': 'http://127.0.0.1:5' },
    });
    expect(demoAsJson(demo)).not.toContain('\n');

    const text = demoAsText(demo);
    expect(tour.queries).toHaveLength(3);
    expect(tour.requests).toHaveLength(3);
    for (const query of tour.queries) expect(text).toContain(query.text);
    for (const request of tour.requests) expect(text).toContain(curlLine(request, demo.url, demo.token));
    expect(text).toContain('http://localhost:4000/graphql');
    expect(text).toContain('{"Authorization":"Bearer aa.bb.cc"}');
    expect(text).toContain('pid 77');
  });

  it('is not there for an example that has no tour yet', async () => {
    expect(await readTour('postcards')).toBeUndefined();
  });

  it('names the variable that moves a service', () => {
    expect(urlVariable('user-service')).toBe('USER_SERVICE_URL');
  });
});
