import { literalPattern } from '../blueprint/route/literal-pattern.ts';
import type { Config } from '../config/schema/config.ts';
import type { Phase } from '../guard/create-guard.ts';
import type { Door, Inbound, RenderError } from '../guard/inbound.ts';
import type { TableRow } from '../rest/route-table.ts';
import type { HealthReport } from './health-report.ts';

export interface HealthOptions {
  readonly health: Config['health'];
  readonly report: () => Promise<HealthReport>;
  readonly phase: () => Phase;
  readonly renderError: RenderError;
}

/**
 * The endpoints for those who watch the gateway: `/health` for people and dashboards, `/livez` (the process answers)
 * and `/readyz` (send traffic) for orchestrators. The latter two call nobody: a sick service is no reason to restart
 * the gateway or to take it out of rotation.
 */
export function createHealth(options: HealthOptions): TableRow[] {
  const { health, report, phase, renderError } = options;
  const row = (path: string, door: Door): TableRow => ({
    pattern: literalPattern(path),
    methods: ['GET'],
    entry: { label: `GET ${path}`, auth: 'none', roles: [], scopes: [], isProbe: true, door, renderError },
  });
  const full: Door = async (inbound) => {
    const current = await report();
    sendStatus(inbound, current.status === 'unhealthy' ? 503 : 200, current);
  };
  const live: Door = async (inbound) => sendStatus(inbound, 200, { status: 'live' });
  const ready: Door = async (inbound) => {
    const running = phase() === 'running';
    sendStatus(inbound, running ? 200 : 503, { status: running ? 'ready' : 'draining' });
  };
  return [
    ...[health.path, ...health.aliases].map((path) => row(path, full)),
    row(health.live, live),
    row(health.ready, ready),
  ];
}

function sendStatus({ method, response }: Inbound, status: number, body: object): void {
  const bytes = Buffer.from(JSON.stringify(body));
  response.writeHead(status, {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': bytes.length,
    'Cache-Control': 'no-store',
  });
  response.end(method === 'HEAD' ? undefined : bytes);
}
