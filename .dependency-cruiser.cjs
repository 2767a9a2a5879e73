/** The floors of the house: a file imports only from floors below its own, or from its own folder. */
const FLOORS = [
  ['kernel'],
  ['storage'],
  ['identity', 'limits', 'events', 'observe', 'policy'],
  ['config', 'connect'],
  ['blueprint'],
  ['guard', 'upstream'],
  ['graphql', 'rest'],
  ['admin', 'runtime'],
];

const folder = (name) => `^src/${name}/`;

const floorRules = FLOORS.flatMap((neighbours, floor) =>
  neighbours.map((name) => {
    const above = FLOORS.slice(floor + 1).flat();
    const beside = neighbours.filter((other) => other !== name);
    return {
      name: `floor-${floor}-${name}`,
      comment: `${name}/ stands on floor ${floor}: no import from above, none from a neighbour.`,
      severity: 'error',
      from: { path: folder(name) },
      to: { path: [...above, ...beside].map(folder).concat('^src/gateway\\.ts$', folder('cli')) },
    };
  }),
);

module.exports = {
  forbidden: [
    ...floorRules,
    {
      name: 'gateway-wires-only',
      comment: 'gateway.ts is used by cli/ and never the other way round.',
      severity: 'error',
      from: { path: '^src/gateway\\.ts$' },
      to: { path: folder('cli') },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'tests-stay-outside',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|examples|bench)/' },
    },
    {
      name: 'no-unlisted-packages',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'unknown', 'undetermined'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { conditionNames: ['import', 'node', 'default'], exportsFields: ['exports'] },
  },
};
