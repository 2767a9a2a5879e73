import path from 'node:path';
import pc from 'picocolors';
import type { ServiceProcess } from './service-process.ts';
import { accountName, type Tour, type TourRequest } from './tour.ts';

/** All that listens and is ready to be tried. */
export interface Demo {
  readonly tour: Tour;
  /** Base URL of the gateway, without a slash at the end. */
  readonly url: string;
  readonly token: string;
  readonly adminToken: string;
  readonly services: readonly ServiceProcess[];
  /** Folder of the gateway's own database, if it has one. */
  readonly dataDir: string | undefined;
}

/** One line for programs: `{"url","token","adminToken","services":{name:url}}`. */
export function demoAsJson(demo: Demo): string {
  const { url, token, adminToken } = demo;
  const services = Object.fromEntries(demo.services.map((service) => [service.name, service.url]));
  return JSON.stringify({ url, token, adminToken, services });
}

/** What a person reads: addresses, a token, queries and curl lines that work as they stand. */
export function demoAsText(demo: Demo): string {
  const { tour, url, token } = demo;
  const lines = [
    pc.bold(`Portico demo, ${tour.summary}`),
    '',
    `  GraphQL   ${url}/graphql   (GraphiQL in a browser)`,
    `  REST      ${url}${tour.rest}`,
    `  health    ${url}/health`,
    '',
    pc.bold(`Token of ${accountName(tour.signIn.user)}`) + pc.dim(', as GraphiQL wants it under "Headers"'),
    `  ${JSON.stringify({ Authorization: `Bearer ${token}` })}`,
    '',
    pc.bold('Queries for GraphiQL'),
    ...tour.queries.flatMap((query, i) => ['', pc.dim(`# ${i + 1}. ${query.title}`), query.text]),
    '',
    pc.bold('For a shell'),
    ...tour.requests.flatMap((request) => ['', pc.dim(`# ${request.title}`), curlLine(request, url, token)]),
    '',
    ...auditAsText(demo),
    ...servicesAsText(demo),
    '',
    pc.dim('Ctrl-C ends it all.'),
  ];
  return lines.join('\n');
}

/** Where the gateway keeps accounts it has a database, and the audit is in there. */
function auditAsText({ tour, dataDir }: Demo): string[] {
  if (dataDir === undefined) return [];
  const config = path.relative(process.cwd(), tour.config);
  return [
    pc.bold('Who did what'),
    `  DATA_DIR=${quoted(dataDir)} npx portico audit --config ${quoted(config)}`,
    '',
  ];
}

function servicesAsText(demo: Demo): string[] {
  const width = Math.max(...demo.services.map((service) => service.name.length));
  return [
    pc.bold('Services'),
    ...demo.services.map(
      (service) => `  ${service.name.padEnd(width)}  ${service.url}  ${pc.dim(`pid ${service.pid}`)}`,
    ),
    pc.dim('  GET /_calls at a service tells how many calls it has got, DELETE /_calls starts anew.'),
    pc.dim('  Kill one to see what the gateway does; this brings the last one back:'),
    pc.dim(`  ${restartLine(demo)}`),
  ];
}

/** Starts the last service anew, on the port at which the gateway looks for it. */
function restartLine({ tour, services }: Demo): string {
  const service = services.at(-1);
  if (service === undefined) return '';
  const file = path.relative(process.cwd(), tour.start);
  return `npx tsx ${quoted(file)} ${service.name} --port ${new URL(service.url).port}`;
}

/** The request as one line for a POSIX shell. */
export function curlLine(request: TourRequest, url: string, token: string): string {
  const parts = ['curl', '-s'];
  if (request.method !== 'GET' && request.body === undefined) parts.push('-X', request.method);
  parts.push(quoted(`${url}${request.path}`));
  if (request.signedIn) parts.push('-H', quoted(`Authorization: Bearer ${token}`));
  for (const [name, value] of Object.entries(request.headers ?? {}))
    parts.push('-H', quoted(`${name}: ${value}`));
  if (request.body !== undefined) {
    if (request.method !== 'POST') parts.push('-X', request.method);
    parts.push('-H', quoted('Content-Type: application/json'), '-d', quoted(JSON.stringify(request.body)));
  }
  return parts.join(' ');
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
