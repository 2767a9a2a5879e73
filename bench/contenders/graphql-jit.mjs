/** graphql-jit on bare node:http with dataloader: each document compiled once. */
import { buildSchema, parse, validate } from 'graphql';
import { compileQuery } from 'graphql-jit';
import { forwarded } from '../reference/environment.mjs';
import { serveJson } from '../reference/json-server.mjs';
import { createContext } from '../reference/loaders.mjs';
import { resolvers } from '../reference/resolvers.mjs';
import { typeDefs } from '../type-defs.mjs';

const schema = buildSchema(typeDefs);
for (const [type, fields] of Object.entries(resolvers)) {
  for (const [name, resolve] of Object.entries(fields))
    schema.getType(type).getFields()[name].resolve = resolve;
}

const compiled = new Map();
function compile(text) {
  const document = parse(text);
  const [problem] = validate(schema, document);
  if (problem !== undefined) throw problem;
  const result = compileQuery(schema, document);
  compiled.set(text, result);
  return result;
}

serveJson(async (body, { headers }) => {
  const { query: text, variables } = JSON.parse(body);
  const { query, stringify } = compiled.get(text) ?? compile(text);
  return stringify(await query(undefined, createContext(forwarded(headers)), variables));
});
