import type { Clock } from '../kernel/clock.ts';
import { GatewayError } from '../kernel/error.ts';
import type { Handler } from '../kernel/handler.ts';
import type { Pick } from './balance.ts';
import type { Answer, Call } from './call.ts';
import { isFailure } from './failure.ts';
import type { Target, TargetGroup } from './target.ts';
import type { UpstreamObserver } from './upstream.ts';

export interface SendOptions {
  readonly service: string;
  readonly clock: Clock;
  readonly targets: TargetGroup;
  readonly pick: Pick;
  readonly observer: UpstreamObserver | undefined;
}

/**
 * The innermost handler: chooses a target, sends the call over its transport, and keeps count of what is under way
 * there and how it went. UPSTREAM_UNREACHABLE with status 503 if no target is fit.
 */
export function createSend(options: SendOptions): Handler<Call, Answer> {
  const { service, clock, targets, pick, observer } = options;

  const report = (target: Target, begun: number, status: number | undefined) =>
    observer?.attempt?.({ service, target: target.url, status, seconds: (clock.now() - begun) / 1000 });

  return (call, scope) => {
    const candidates = targets.candidates(call.tried);
    if (candidates.length === 0) return Promise.reject(noTarget(service));
    const target = pick(candidates);
    if (call.tried) call.tried.push(target);
    else call.tried = [target];
    target.inFlight++;
    const begun = clock.now();
    return target.transport.send(call, scope).then(
      (answer) => {
        answer.body.onDone(target.leave);
        if (isFailure(answer)) targets.failed(target);
        else targets.succeeded(target);
        report(target, begun, answer.status);
        return answer;
      },
      (error) => {
        target.leave();
        if (isFailure(error)) targets.failed(target);
        report(target, begun, undefined);
        throw error;
      },
    );
  };
}

function noTarget(service: string): GatewayError {
  return new GatewayError('UPSTREAM_UNREACHABLE', `The service ${service} has no healthy target`, {
    service,
    status: 503,
  });
}
