import { serviceSchema } from '../schema/service.ts';
import type { Source } from '../source/source.ts';
import { checkHeaderRules, type ForbiddenHeaders } from './check-headers.ts';
import { type Finding, namesAt, salvage } from './finding.ts';

/** Header rules, target lists and TLS files of each service. */
export function checkServices(source: Source, forbidden: ForbiddenHeaders): Finding[] {
  return namesAt(source, ['services']).flatMap((name) => {
    const path = ['services', name];
    const service = salvage(serviceSchema, source, path);
    if (service === undefined) return [];
    return [
      ...checkHeaderRules(service.headers, [...path, 'headers'], 'upstream', forbidden),
      ...checkTargets(service.urls, [...path, 'urls']),
      ...checkClientCertificate(service.tls, [...path, 'tls']),
    ];
  });
}

function checkTargets(urls: readonly string[], path: readonly string[]): Finding[] {
  return urls.flatMap((url, i) =>
    urls.indexOf(url) === i
      ? []
      : [
          {
            path: [...path, i],
            on: 'value' as const,
            message: `the target ${url} is listed twice; keep one`,
          },
        ],
  );
}

function checkClientCertificate(
  tls: { readonly cert: string; readonly key: string },
  path: readonly string[],
): Finding[] {
  if ((tls.cert === '') === (tls.key === '')) return [];
  const [given, absent] = tls.cert === '' ? ['key', 'cert'] : ['cert', 'key'];
  return [{ path: [...path, given], on: 'key', message: `tls.${given} needs tls.${absent} beside it` }];
}
