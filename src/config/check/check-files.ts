import path from 'node:path';
import type { Problem } from '../../kernel/problem.ts';
import type { LoadedConfig } from '../loaded-config.ts';
import type { Path } from '../source/source.ts';
import { publicKeyFault } from './check-auth.ts';
import { checkBodySchemas } from './check-body-schemas.ts';
import { unreadable } from './unreadable.ts';

interface Reference {
  readonly at: Path;
  readonly file: string;
  /** Why the file's text will not do; undefined if it will. */
  judge?(text: string): string | undefined;
}

/** Reads every file that the configuration names, but for the GraphQL schema, so that a missing one is told at its key and not on first use. */
export async function checkFiles(
  loaded: LoadedConfig,
  readFile: (file: string) => Promise<string>,
): Promise<Problem[]> {
  const checks = references(loaded).map(async ({ at, file, judge }): Promise<Problem[]> => {
    const fault = await readFile(path.resolve(loaded.folder, file)).then(
      (text) => judge?.(text),
      (error: unknown) => unreadable(file, error),
    );
    return fault === undefined ? [] : [{ severity: 'error', at: loaded.positions.at(at), message: fault }];
  });
  const schemas = await checkBodySchemas(loaded, readFile);
  return [...(await Promise.all(checks)).flat(), ...schemas];
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
  const trusted = config.graphql?.trustedDocuments.file ?? '';
  const documents: Reference[] =
    trusted === '' ? [] : [{ at: ['graphql', 'trustedDocuments', 'file'], file: trusted }];
  return [...keys, ...certificates, ...documents];
}
