import { valueAt } from '../describe-issue.ts';
import { serviceHeadersSchema, serviceTlsSchema } from '../schema/service.ts';
import type { Path, Source } from '../source/source.ts';
import { checkHeaderRules, type ForbiddenHeaders } from './check-headers.ts';
import { type Finding, namesAt, salvage } from './finding.ts';

/** Header rules, target lists and TLS files of each service. */
export function checkServices(source: Source, forbidden: ForbiddenHeaders): Finding[] {
  return namesAt(source, ['services']).flatMap((name) => {
    const path = ['services', name];
    const headers = salvage(serviceHeadersSchema, source, [...path, 'headers']);
    const tls = salvage(serviceTlsSchema, source, [...path, 'tls']);
    return [
      ...(headers ? checkHeaderRules(headers, [...path, 'headers'], 'own', forbidden) : []),
      ...(tls ? checkClientCertificate(tls, [...path, 'tls']) : []),
      ...checkTargets(source, [...path, 'urls']),
    ];
  });
}

function checkTargets(source: Source, path: Path): Finding[] {
  const urls = valueAt(source.value, path);
  if (!Array.isArray(urls)) return [];
  return urls.flatMap((url: unknown, i) =>
    urls.indexOf(url) === i || source.isBroken([...path, i])
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
