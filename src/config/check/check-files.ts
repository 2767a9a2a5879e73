import path from 'node:path';
import type { Problem } from '../../kernel/problem.ts';
import type { LoadedConfig } from '../loaded-config.ts';
import type { Path } from '../source/source.ts';
import { publicKeyFault } from './check-auth.ts';

interface Reference {
  readonly at: Path;
  readonly file: string;
  /** Why the file's text will not do; undefined if it will. */
  judge?(text: string): string | undefined;
}

/** Reads every file that the configuration names, so that a missing one is told at its key and not on first use. */
export async function checkFiles(
  loaded: LoadedConfig,
  readFile: (file: string) => Promise<string>,
): Promise<Problem[]> {
  const checks = references(loaded).map(async ({ at, file, judge }): Promise<Problem[]> => {
    const fault = await readFile(path.resolve(loaded.folder, file)).then(
      (text) => judge?.(text),
      (error: unknown) =>
        `the file ${file} cannot be read (${errorCode(error)}); its path starts at the configuration's folder`,
    );
    return fault === undefined ? [] : [{ severity: 'error', at: loaded.positions.at(at), message: fault }];
  });
  return (await Promise.all(checks)).flat();
}

function references({ config }: LoadedConfig): Reference[] {
  const keys = config.auth.jwt.flatMap((jwt, i): Reference[] =>
    jwt.publicKey === undefined || jwt.publicKey.includes('-----BEGIN')
      ? []
      : [
          {
            at: ['auth', 'jwt', i, 'publicKey'],
            file: jwt.publicKey,
            judge: (text) =>
              text.includes('-----BEGIN')
                ? publicKeyFault(text, jwt.algorithms)
                : 'this file holds no PEM text',
          },
        ],
  );
  const certificates = Object.entries(config.services).flatMap(([name, service]) =>
    (['ca', 'cert', 'key'] as const)
      .filter((key) => service.tls[key] !== '')
      .map((key): Reference => ({ at: ['services', name, 'tls', key], file: service.tls[key] })),
  );
  const schemas = config.routes.flatMap((route, i): Reference[] =>
    typeof route.schema === 'string'
      ? [{ at: ['routes', i, 'schema'], file: route.schema, judge: jsonFault }]
      : [],
  );
  return [...keys, ...certificates, ...schemas];
}

function jsonFault(text: string): string | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    return `this file is not JSON: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
