import type { ServiceConfig } from '../config/schema/service.ts';
import { type Signal, SignalSource } from '../kernel/abort.ts';
import type { Clock, Timer } from '../kernel/clock.ts';
import { GatewayError } from '../kernel/error.ts';
import { newHexId, newRequestId } from '../kernel/id.ts';
import type { Scope } from '../kernel/scope.ts';
import { createTimeout } from '../policy/timeout.ts';
import { type Answer, Call } from './call.ts';
import type { Transport } from './http-transport.ts';
import type { Target, TargetGroup } from './target.ts';

export interface ProbeResult {
  readonly ok: boolean;
  /** Until the answer's headers, or until it failed. */
  readonly seconds: number;
  /** What came back, in a few words. */
  readonly reason: string;
}

export interface ProberOptions {
  readonly service: string;
  readonly clock: Clock;
  readonly health: ServiceConfig['health'];
  readonly targets: TargetGroup;
  /** A way to the target beside its pool: a probe must not queue behind the calls whose slowness it is to notice. */
  connect(url: string): Transport;
  /** Final headers of a probe. */
  headers(scope: Scope): string[];
}

/** Asks targets how they are: on request, and from time to time if the service has a health path. */
export class Prober {
  readonly #options: ProberOptions;
  readonly #transports = new Map<Target, Transport>();
  readonly #timers = new Map<Target, Timer>();
  readonly #streaks = new Map<Target, { ok: boolean; length: number }>();
  readonly #stop = new SignalSource();

  constructor(options: ProberOptions) {
    this.#options = options;
  }

  /** Begins to watch every target, if there is a path to ask for. */
  start(): void {
    if (this.#options.health.path === '') return;
    for (const target of this.#options.targets.all) void this.#watch(target);
  }

  async stop(): Promise<void> {
    this.#stop.abort(new GatewayError('CLIENT_CLOSED', 'The service is being closed'));
    for (const timer of this.#timers.values()) timer.cancel();
    await Promise.all([...this.#transports.values()].map((transport) => transport.destroy()));
  }

  /** 2xx or 3xx at the health path is well; without a path, anything but a 5xx at the root. */
  async ask(target: Target): Promise<ProbeResult> {
    const { clock, health } = this.#options;
    const begun = clock.now();
    try {
      const status = await this.#get(target);
      const ok = status < (health.path === '' ? 500 : 400);
      return { ok, seconds: (clock.now() - begun) / 1000, reason: `answered ${status}` };
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return { ok: false, seconds: (clock.now() - begun) / 1000, reason };
    }
  }

  async #get(target: Target): Promise<number> {
    const { service, clock, health } = this.#options;
    const scope = ownScope(this.#stop);
    const path = health.path === '' ? '/' : `/${health.path.replace(/^\/+/, '')}`;
    const call = new Call(
      { method: 'GET', path, headers: [], body: null, door: 'rest' },
      this.#options.headers(scope),
      health.timeout,
    );
    const bounded = createTimeout<Call, Answer>({
      clock,
      milliseconds: () => health.timeout,
      cancel: (_call, error) => call.attempt?.cancel(error),
      expired: (ms) => new GatewayError('UPSTREAM_TIMEOUT', `no answer within ${ms} ms`, { service }),
    })((request, within) => this.#transport(target).send(request, within));
    const answer = await bounded(call, scope);
    answer.body.discard();
    return answer.status;
  }

  async #watch(target: Target): Promise<void> {
    const { clock, health, targets } = this.#options;
    const result = await this.ask(target);
    if (this.#stop.aborted) return;
    const streak = this.#streaks.get(target);
    const length = streak?.ok === result.ok ? streak.length + 1 : 1;
    this.#streaks.set(target, { ok: result.ok, length });
    if (length >= (result.ok ? health.healthyAfter : health.unhealthyAfter))
      targets.probed(target, result.ok, `health probe: ${result.reason}`);
    this.#timers.set(
      target,
      clock.after(health.interval, () => void this.#watch(target)),
    );
  }

  #transport(target: Target): Transport {
    let transport = this.#transports.get(target);
    if (!transport) {
      transport = this.#options.connect(target.url);
      this.#transports.set(target, transport);
    }
    return transport;
  }
}

/** The scope of a call that the gateway makes for itself. */
function ownScope(signal: Signal): Scope {
  return {
    signal,
    deadline: Number.POSITIVE_INFINITY,
    requestId: newRequestId(),
    trace: { traceId: newHexId(16), spanId: newHexId(8), flags: '00', state: '', baggage: '' },
    headers: [],
  };
}
