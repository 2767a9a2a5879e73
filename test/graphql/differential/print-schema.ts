import { type FieldModel, MOODS, type ObjectModel, printType, type SchemaModel } from './schema-model.ts';

/** The model as SDL, as a user would write it. */
export function printSchema(model: SchemaModel): string {
  const link =
    'extend schema\n  @link(url: "https://specs.apollo.dev/connect/v0.4", import: ["@source", "@connect"])\n';
  const sources = ['s0', 's1']
    .map((name) => `  @source(name: "${name}", http: { baseURL: "http://${name}.test" }${model.source})`)
    .join('\n');
  const abstracts = model.abstracts.map(({ name, kind, members, fields }) =>
    kind === 'union' ? `union ${name} = ${members.join(' | ')}` : `interface ${name} ${block(fields)}`,
  );
  return [
    link + sources,
    'scalar Any',
    `enum Mood { ${MOODS.join(' ')} }`,
    'input Filter { a: Int = 3, b: [String!], m: Mood }',
    `type Query ${block(model.queries)}`,
    ...(model.mutations.length === 0 ? [] : [`type Mutation ${block(model.mutations)}`]),
    ...abstracts,
    ...model.objects.map(printObject),
  ].join('\n');
}

function printObject({ name, interfaces, policy, connectors, key, fields, kind }: ObjectModel): string {
  const implementing = interfaces.length === 0 ? '' : ` implements ${interfaces.join(' & ')}`;
  const keys =
    kind === 'entity'
      ? ` @key(fields: "${key.map((path) => (path.length === 1 ? path[0] : `${path[0] ?? ''} { ${path[1] ?? ''} }`)).join(' ')}")`
      : '';
  const own = connectors.map(({ text }) => `\n  @connect(${text})`).join('');
  return `type ${name}${implementing}${keys} ${policy}${own} ${block(fields)}`;
}

function block(fields: readonly FieldModel[]): string {
  return `{\n${fields.map(printField).join('\n')}\n}`;
}

function printField({ name, args, type, policy, connectors }: FieldModel): string {
  const given = args.map(
    (arg) => `${arg.name}: ${arg.type}${arg.initial === undefined ? '' : ` = ${arg.initial}`}`,
  );
  const brackets = given.length === 0 ? '' : `(${given.join(', ')})`;
  const own = connectors.map(({ text }) => `\n    @connect(${text})`).join('');
  return `  ${name}${brackets}: ${printType(type)} ${policy}${own}`;
}
