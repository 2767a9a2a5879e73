import { type Choice, happens } from './choice.ts';
import type { AnswerModel, ArgumentModel, ObjectModel } from './schema-model.ts';
import { bareKey } from './select-type.ts';

/** The arguments of a field with a connector: mostly none, else some of each kind. */
export function argumentsOf(connect: Choice): readonly ArgumentModel[] {
  const all: readonly ArgumentModel[] = [
    { name: 'n', type: 'Int', initial: happens(connect, 80, 50) ? '3' : undefined },
    { name: 's', type: 'String!', initial: happens(connect, 81, 50) ? '"d"' : undefined },
    { name: 'l', type: '[ID!]', initial: happens(connect, 82, 50) ? '["1", "2"]' : undefined },
    { name: 'm', type: 'Mood', initial: happens(connect, 83, 50) ? 'BAD' : undefined },
    { name: 'f', type: 'Filter', initial: happens(connect, 84, 50) ? '{ a: 1 }' : undefined },
    { name: 'any', type: 'Any', initial: undefined },
  ];
  if (!happens(connect, 85, 45)) return [];
  return all.filter((_one, at) => happens(connect, 86 + at, 30));
}

/** The inside of `http: { … }` for a call that sends the arguments along. */
export function requestText(
  path: string,
  args: readonly ArgumentModel[],
  { connect, mutates }: { readonly connect: Choice; readonly mutates: boolean },
): string {
  const headers = happens(connect, 9, 15)
    ? ', headers: [{ name: "x-tenant", from: "x-tenant" }, { name: "x-fixed", value: "{$config.region}" }]'
    : '';
  const post = mutates || happens(connect, 10, 12);
  const asValues = args.map(({ name }) =>
    name === 'f' ? 'fa: $args.f.a fb: $args.f.b' : `${name}: $args.${name}`,
  );
  if (post)
    return `POST: "${path}"${asValues.length === 0 ? '' : `, body: ${JSON.stringify(asValues.join(' '))}`}${headers}`;
  const simple = args.filter(({ name }) => name === 'n' || name === 's');
  if (args.length > 0 && simple.length === args.length) {
    return `GET: "${path}?${args.map(({ name }) => `${name}={$args.${name}}`).join('&')}"${headers}`;
  }
  return `GET: "${path}"${args.length === 0 ? '' : `, queryParams: ${JSON.stringify(asValues.join(' '))}`}${headers}`;
}

/** The same for a call for many entities: one of several ways to send their keys, if they are bare. */
export function batchRequest(
  path: string,
  key: ObjectModel['key'],
  way: number,
): { http: string; keyIn: AnswerModel['keyIn'] } {
  const bare = bareKey({ key });
  if (bare === undefined) {
    const keys = key.map((one) => (one.length === 1 ? one[0] : `${one[0] ?? ''} { ${one[1] ?? ''} }`));
    return { http: `POST: "${path}", body: "keys: $batch { ${keys.join(' ')} }"`, keyIn: 'body' };
  }
  if (way === 1) return { http: `GET: "${path}?ids={$batch.${bare}->joinNotNull(',')}"`, keyIn: 'joined' };
  if (way === 2) return { http: `POST: "${path}", body: "keys: $batch.${bare}"`, keyIn: 'body' };
  return { http: `GET: "${path}", queryParams: "id: $batch.${bare}"`, keyIn: 'query' };
}
