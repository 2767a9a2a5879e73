import { GatewayError } from '../../kernel/error.ts';
import type { Explanation } from '../plan/explain-operation.ts';
import { Appraisal, type CallBound } from './appraisal.ts';
import { countTokens } from './count-tokens.ts';
import { callExcess, costExcess, type LimitSettings, measureExcesses, tokenExcess } from './excess.ts';
import type { LayoutSource } from './lay-out.ts';
import { type Measures, measureDocument } from './measure-document.ts';
import type { Cost } from './weigh.ts';

/** All that limits look at in one operation, and what they would say of it. */
export interface Assessment {
  readonly explanation: Explanation;
  readonly tokens: number;
  readonly measures: Measures;
  /** Undefined: what the variables say of the lists is not enough; `refused` has more. */
  readonly cost: Cost | undefined;
  readonly calls: CallBound | undefined;
  /** Why it would not be run; empty: it would. */
  readonly refused: readonly string[];
}

/** Looks at a valid operation as a client's would be looked at before it is run. `text` is the whole document. */
export function assessOperation(source: LayoutSource, text: string, limits: LimitSettings): Assessment {
  const measures = measureDocument(source.document).get(source.operation) as Measures;
  const tokens = countTokens(text);
  const excesses = [...measureExcesses(measures, limits)];
  if (limits.tokens > 0 && tokens > limits.tokens) excesses.unshift(tokenExcess(limits, tokens));
  const appraisal = new Appraisal(source);
  let cost: Cost | undefined;
  let calls: CallBound | undefined;
  try {
    cost = appraisal.cost(source.variables);
    calls = appraisal.calls(source.variables);
    for (const one of [costExcess(cost, limits), callExcess(calls.total, limits)])
      if (one) excesses.push(one);
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    excesses.push(error);
  }
  const { explanation } = appraisal;
  return { explanation, tokens, measures, cost, calls, refused: excesses.map(({ message }) => message) };
}
