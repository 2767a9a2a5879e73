import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { commandVersion, glibcVersion } from './measure/machine.mjs';
import { underGlibc } from './measure/newer-libc.mjs';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/** The version of an installed package; a few packages hide their package.json from `import`. */
function packageVersion(name) {
  const file = here(`node_modules/${name}/package.json`);
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).version.replace(/^v/, '') : undefined;
}

const node = (file) => () => ({ command: process.execPath, args: [here(`contenders/${file}.mjs`)] });

/** A program of this folder that stands on packages; its label names their versions. */
const program = (name, label, packages = []) => ({
  name,
  label,
  packages,
  start: node(name),
});

/** nginx wants its addresses in the file. */
function startNginx({ port, upstream, folder }) {
  const config = readFileSync(here('nginx/nginx.conf'), 'utf8')
    .replaceAll('@PORT@', String(port))
    .replaceAll('@UPSTREAM@', new URL(upstream).host);
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'nginx.conf');
  writeFileSync(file, process.getuid() === 0 ? `user root;\n${config}` : config);
  return { command: 'nginx', args: ['-p', folder, '-c', file, '-e', join(folder, 'error.log')] };
}

const hive = (tuned) => ({
  start: ({ port }) => ({
    command: process.execPath,
    args: [
      here('node_modules/@graphql-hive/gateway/dist/bin.js'),
      ...['supergraph', here('hive/supergraph.graphql'), '-c', here('hive/gateway.config.mjs')],
      ...['-h', '127.0.0.1', '-p', String(port), '--fork', '0'],
    ],
    env: { HIVE_TUNED: tuned ? '1' : '0' },
  }),
  packages: ['@graphql-hive/gateway'],
});

const tailcallBinary = here('node_modules/@tailcallhq/core-linux-x64-gnu/bin/tailcall');
const tailcallCommand = (args) => underGlibc('2.39', tailcallBinary, args);

function tailcallMissing() {
  if (!existsSync(tailcallBinary)) return 'its binary is published for Linux on x64 only';
  if (tailcallCommand([])) return undefined;
  return `its binary wants glibc 2.39, this system has ${glibcVersion() ?? 'another C library'}`;
}

/** Tailcall reads addresses from its file. `calls`: what is said of every call; `caching`: of all upstreams. */
function startTailcall({ port, upstream, folder, forward }, calls, caching = '') {
  const config = readFileSync(here('tailcall/tailcall.graphql.tmpl'), 'utf8')
    .replaceAll('@PORT@', String(port))
    .replaceAll('@UPSTREAM@', upstream)
    .replaceAll('@CALLS@', calls)
    .replaceAll('@CACHING@', caching)
    .replaceAll('@FORWARD@', forward === '' ? '' : `"${forward}"`);
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'tailcall.graphql');
  writeFileSync(file, config);
  return {
    ...tailcallCommand(['start', file]),
    env: { TC_TRACKER: 'false', TC_LOG_LEVEL: 'error' },
  };
}

const tailcall = (name, label, calls, caching) => ({
  name,
  label,
  packages: ['@tailcallhq/core-linux-x64-gnu'],
  missing: tailcallMissing,
  start: (where) => startTailcall(where, calls, caching),
});

const gatewayConfig = here('portico/gateway.yaml');

const portico = {
  name: 'portico',
  label: `Portico ${JSON.parse(readFileSync(here('../package.json'), 'utf8')).version}`,
  start: ({ folder, cache }) => {
    mkdirSync(folder, { recursive: true });
    return {
      command: process.execPath,
      args: [here('../dist/cli/main.js'), 'start', '--config', gatewayConfig],
      env: { CACHE: String(cache), ACCESS_LOG: join(folder, 'access.log') },
    };
  },
};

/** Everything that is measured. `missing()` tells why it cannot run here, or undefined. */
const contenders = [
  program('ready-made', 'ready-made answer on bare node:http'),
  program('hand', 'written by hand', ['undici']),
  program('hand-joined-calls', 'by hand, identical calls joined', ['undici']),
  program('hand-joined-operations', 'by hand, identical operations joined', ['undici']),
  program('hand-cached', 'by hand, undici’s HTTP cache', ['undici']),
  program('graphql-jit', 'graphql-jit on node:http, dataloader', ['graphql-jit']),
  program('mercurius', 'Mercurius, JIT and loaders', ['mercurius']),
  program('yoga', 'Yoga, dataloader', ['graphql-yoga']),
  program('apollo', 'Apollo Server, dataloader', ['@apollo/server']),
  { name: 'hive', label: 'Hive Gateway', ...hive(false) },
  { name: 'hive-tuned', label: 'Hive Gateway, dedupe and JIT', ...hive(true) },
  tailcall('tailcall', 'Tailcall, batching, nothing joined', ''),
  tailcall('tailcall-default', 'Tailcall, operations joined', ', dedupe: true'),
  tailcall('tailcall-cached', 'Tailcall, HTTP cache', '', 'httpCache: 1000'),
  program('bare-proxy', 'bare undici stream proxy', ['undici']),
  program('fastify-http-proxy', '@fastify/http-proxy', ['@fastify/http-proxy']),
  program('http-proxy-3', 'http-proxy-3', ['http-proxy-3']),
  program('fast-gateway', 'fast-gateway', ['fast-gateway']),
  {
    name: 'nginx',
    label: `nginx ${commandVersion('nginx', ['-v'])?.match(/nginx\/(\S+)/)?.[1] ?? ''}`.trim(),
    missing: () => (commandVersion('nginx', ['-v']) === undefined ? 'nginx is not installed' : undefined),
    start: startNginx,
  },
  portico,
];

/** The label with the packages it stands on and their installed versions. */
const withVersions = ({ label, packages = [], ...rest }) => {
  const installed = packages
    .map((name) => [name, packageVersion(name)])
    .filter(([, version]) => version !== undefined);
  const names = installed.map(([name, version]) => `${name} ${version}`).join(', ');
  return { missing: () => undefined, ...rest, label: names === '' ? label : `${label} (${names})` };
};

/** All contenders by name. */
export const contenderByName = new Map(
  contenders.map((contender) => [contender.name, withVersions(contender)]),
);
