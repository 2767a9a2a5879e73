import { valueAt } from '../describe-issue.ts';
import type { Source } from '../source/source.ts';
import type { Finding } from './finding.ts';

/** Keys of `graphql` that mean nothing without each other. */
export function checkGraphql(source: Source): Finding[] {
  const path = ['graphql', 'trustedDocuments', 'only'];
  const file = valueAt(source.value, ['graphql', 'trustedDocuments', 'file']) ?? '';
  if (valueAt(source.value, path) !== true || file !== '') return [];
  const message =
    'graphql.trustedDocuments.only: without a file there is nothing to answer; name one with graphql.trustedDocuments.file';
  return [{ path, on: 'key', message }];
}
