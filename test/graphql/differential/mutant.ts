import { Kind, type SelectionNode } from 'graphql';
import type { OperationArguments, OperationOutcome } from '../../../src/graphql/executor.ts';
import type { Upstream } from '../../../src/upstream/upstream.ts';
import { type CreateExecutor, createGeneral } from './executor-pair.ts';

type Change = (
  outcome: OperationOutcome,
  args: OperationArguments,
) => OperationOutcome | Promise<OperationOutcome>;

/** The general executor with a fault built into what it gives. */
function faulty(change: Change): CreateExecutor {
  return (host) => {
    const general = createGeneral(host);
    return { execute: async (args) => change(await general.execute(args), args) };
  };
}

type Data = Record<string, unknown>;

/** The fault is in the data, if there is any. */
function faultyData(change: (data: Data, args: OperationArguments) => unknown): CreateExecutor {
  return faulty((outcome, args) => {
    if (outcome.data === undefined || outcome.data === 'null') return outcome;
    return { ...outcome, data: JSON.stringify(change(JSON.parse(outcome.data) as Data, args)) };
  });
}

/** The value with one change to the first thing in it that `change` makes something else of. */
function changeFirst(value: unknown, change: (value: unknown) => unknown): unknown {
  let done = false;
  const visit = (one: unknown): unknown => {
    if (done) return one;
    const changed = change(one);
    if (changed !== one) {
      done = true;
      return changed;
    }
    if (Array.isArray(one)) return one.map(visit);
    if (typeof one !== 'object' || one === null) return one;
    return Object.fromEntries(Object.entries(one).map(([name, inner]) => [name, visit(inner)]));
  };
  return visit(value);
}

function swapFields(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value);
  return entries.length < 2 ? value : Object.fromEntries([...entries.slice(1), ...entries.slice(0, 1)]);
}

function forgetAlias(data: Data, { document }: OperationArguments): unknown {
  const aliases = new Map<string, string>();
  const collect = (nodes: readonly SelectionNode[]): void => {
    for (const node of nodes) {
      if (node.kind === Kind.FIELD && node.alias) aliases.set(node.alias.value, node.name.value);
      if (node.kind !== Kind.FRAGMENT_SPREAD) collect(node.selectionSet?.selections ?? []);
    }
  };
  for (const one of document.definitions) if ('selectionSet' in one) collect(one.selectionSet.selections);
  return changeFirst(data, (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    const aliased = Object.keys(value).find((name) => aliases.has(name));
    if (aliased === undefined) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, inner]) => [name === aliased ? aliases.get(name) : name, inner]),
    );
  });
}

/** Every call goes out twice. */
const callTwice: CreateExecutor = (host) => {
  const twice = ([name, upstream]: [string, Upstream]): [string, Upstream] => [
    name,
    {
      ...upstream,
      call: async (request, scope) => {
        const [answer] = await Promise.all([upstream.call(request, scope), upstream.call(request, scope)]);
        return answer;
      },
    },
  ];
  return createGeneral({ ...host, upstreams: new Map([...host.upstreams].map(twice)) });
};

/** Executors with one fault each, by what the fault is. */
export const MUTANTS: Readonly<Record<string, CreateExecutor>> = {
  'swaps two fields': faultyData((data) => changeFirst(data, swapFields)),
  'forgets an alias': faultyData(forgetAlias),
  'gives a number as text': faultyData((data) =>
    changeFirst(data, (value) => (typeof value === 'number' ? String(value) : value)),
  ),
  'leaves out a null item': faultyData((data) =>
    changeFirst(data, (value) =>
      Array.isArray(value) && value.includes(null) ? value.filter(Boolean) : value,
    ),
  ),
  'hands no null on': faultyData((data) => changeFirst(data, (value) => (value === null ? {} : value))),
  'writes a line separator as an escape': faulty((outcome) => ({
    ...outcome,
    data: outcome.data?.replaceAll('\u2028', '\\u2028'),
  })),
  'drops an error': faulty((outcome) => ({ ...outcome, errors: outcome.errors.slice(1) })),
  'drops all errors': faulty((outcome) => ({ ...outcome, errors: [] })),
  'tells an error twice': faulty((outcome) => ({
    ...outcome,
    errors: [...outcome.errors, ...outcome.errors.slice(0, 1)],
  })),
  'says something else': faulty((outcome) => ({
    ...outcome,
    errors: outcome.errors.map(({ path, locations, extensions, message }) => ({
      path,
      locations,
      extensions,
      message: `${message}!`,
    })),
  })),
  'loses the places in the text': faulty((outcome) => ({
    ...outcome,
    errors: outcome.errors.map(({ message, path, extensions, originalError }) => ({
      message,
      path,
      extensions,
      originalError,
    })),
  })),
  'counts items from one': faulty((outcome) => ({
    ...outcome,
    errors: outcome.errors.map((error) => ({
      message: error.message,
      locations: error.locations,
      extensions: error.extensions,
      originalError: error.originalError,
      path: error.path?.map((step) => (typeof step === 'number' ? step + 1 : step)),
    })),
  })),
  'forgets fallbacks': faulty((outcome) => ({ ...outcome, fallbacks: [] })),
  'calls twice': callTwice,
  'gives no data where it is null': faulty((outcome) =>
    outcome.data === 'null' ? { ...outcome, data: undefined } : outcome,
  ),
  'never ends when something failed': faulty((outcome) =>
    outcome.errors.length === 0 ? outcome : new Promise(() => {}),
  ),
  'throws when something failed': faulty((outcome) => {
    if (outcome.errors.length > 0) throw new Error('failed');
    return outcome;
  }),
};
