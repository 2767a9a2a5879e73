import type { Scope } from './scope.ts';

/** Anything that answers a request of type `Q` with an `S`, within a scope. Throws `GatewayError` on an expected failure. */
export type Handler<Q, S> = (request: Q, scope: Scope) => Promise<S>;

/** A policy: wraps a handler and gives back one of the same shape. Options are checked once, when the layer is built. */
export type Layer<Q, S> = (next: Handler<Q, S>) => Handler<Q, S>;

/**
 * Builds one handler out of layers, the first one outermost.
 * A layer that is off is left out of the list (`undefined`), so that it costs nothing.
 */
export function compose<Q, S>(
  layers: readonly (Layer<Q, S> | undefined)[],
  core: Handler<Q, S>,
): Handler<Q, S> {
  return layers.reduceRight<Handler<Q, S>>((next, layer) => (layer ? layer(next) : next), core);
}
