import type { FieldNode } from 'graphql';
import type { PlanRun } from './plan-run.ts';
import type { Position } from './position.ts';

/** What stands for a value that failed where null may not stand: it takes what is around it along. */
export const FAILED = undefined;

/** A piece of the answer's text, or `FAILED`. */
export type Text = string | typeof FAILED;

/** A place of the answer that a value is written to. */
export interface Site {
  readonly position: Position;
  readonly nodes: readonly FieldNode[];
  /** Whether null may stand here. */
  readonly nullable: boolean;
  /** Text for what is not there. */
  readonly none: Text;
  /** Null here takes everything along up to `data` itself. */
  readonly reachesRoot: boolean;
  /** Tells of an error, and gives the text that stands here instead. */
  fail(error: unknown, run: PlanRun): Text;
}

/** `around`: the object or list that it belongs to; undefined at the root. */
export function createSite(
  position: Position,
  nodes: readonly FieldNode[],
  nullable: boolean,
  around?: Site,
): Site {
  const none = nullable ? 'null' : FAILED;
  return {
    position,
    nodes,
    nullable,
    none,
    reachesRoot: !nullable && (around === undefined || around.reachesRoot),
    fail(error, run) {
      run.report(error, position, nodes);
      return none;
    },
  };
}
