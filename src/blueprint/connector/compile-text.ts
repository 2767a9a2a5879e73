import { errorAt, type Report, type SdlText, warningAt } from '../../connect/directive/sdl-text.ts';
import { compileMapping } from '../../connect/mapping/compile-mapping.ts';
import type { Compiled, ConnectVersion, Mapping, VariableUse } from '../../connect/mapping/mapping.ts';
import { compileStringTemplate, type StringTemplate } from '../../connect/template/string-template.ts';
import { parseTemplate } from '../../connect/template/template-part.ts';
import { compileUrlTemplate, type UrlTemplate } from '../../connect/template/url-template.ts';
import type { Position } from '../../kernel/problem.ts';
import { bindMapping } from './bind-mapping.ts';
import { insertedFault } from './check-inserted.ts';
import {
  availableVariables,
  CONNECTOR_VARIABLES,
  checkVariables,
  type Role,
  type VariableContext,
} from './check-variables.ts';
import { findInputReads, type InputRead } from './find-input-reads.ts';

/** A use of a variable and where it is written. */
export interface PlacedUse extends VariableUse {
  readonly at: Position;
}

/** `/users/$args.id` is a path like any other, and hardly meant to be. */
function warnOfBareVariable(text: SdlText, offset: number, report: Report): void {
  const behind = text.value.slice(offset).split('{')[0] ?? '';
  const found = BARE_VARIABLE.exec(behind);
  if (found === null) return;
  const message = `${found[0]} is sent as it is written: a value stands in braces, as in {${found[0]}}`;
  report(warningAt(text.positionOf(offset + found.index), message));
}

const BARE_VARIABLE = /\$(?:args|this|batch|config|context|env|request)\b(?:\.\w+)*/;

/** Compiles the texts of one directive: reports their faults at their places, checks and binds their variables. */
export interface TextCompiler {
  mapping(text: SdlText | undefined, kind: 'selection' | 'expression', role: Role): Mapping | undefined;
  url(text: SdlText, role: Role): UrlTemplate | undefined;
  template(text: SdlText): StringTemplate | undefined;
  /** Every use found so far. */
  readonly uses: readonly PlacedUse[];
}

/** A compiler for texts that stand under one element and one version of the specification. */
export function createTextCompiler(
  version: ConnectVersion,
  context: Omit<VariableContext, 'role'>,
): TextCompiler {
  // All of them are let through here, so that a misplaced one gets a message that says what to do.
  const options = { version, allow: CONNECTOR_VARIABLES };
  const optionsFor = (role: Role) => ({ ...options, offer: availableVariables({ ...context, role }) });
  const uses: PlacedUse[] = [];
  function settle<T extends { readonly uses: readonly VariableUse[] }>(
    text: SdlText,
    compiled: Compiled<T>,
    role: Role,
  ): T | undefined {
    for (const { severity, message, offset } of compiled.problems) {
      context.report({ severity, at: text.positionOf(offset), message });
    }
    if (compiled.value === undefined) return undefined;
    checkVariables(compiled.value.uses, text, { ...context, role });
    for (const use of compiled.value.uses) uses.push({ ...use, at: text.positionOf(use.offset) });
    return compiled.value;
  }
  function checkReads(text: SdlText, role: Role, reads: readonly InputRead[]): void {
    if (role === 'response' && context.hasAnswer) return;
    for (const { text: name, offset } of reads) {
      const why = role === 'response' ? 'a connector without http has none' : 'there is none yet';
      const what = `${name} would be read from the answer, but ${why}; begin with a variable such as `;
      const example = name === '$' || name === '@' ? '$args' : `$args.${name}`;
      context.report(errorAt(text.positionOf(offset), what + example));
    }
  }
  /** The expressions of a template read nothing either, and each must give a single value. */
  function checkParts(text: SdlText, role: Role): void {
    for (const part of parseTemplate(text.value, options).parts) {
      if (part.kind === 'text') {
        warnOfBareVariable(text, part.offset, context.report);
        continue;
      }
      const fault = insertedFault(part.mapping.source, version, context.owner, context.schema);
      if (fault !== undefined) context.report(errorAt(text.positionOf(part.offset), fault));
      const reads = findInputReads(part.mapping.source, version, 'expression');
      checkReads(
        text,
        role,
        reads.map((read) => ({ ...read, offset: read.offset + part.offset })),
      );
    }
  }
  return {
    uses,
    mapping(text, kind, role) {
      if (text === undefined) return undefined;
      checkReads(text, role, findInputReads(text.value, version, kind));
      const mapping = settle(text, compileMapping(text.value, { ...optionsFor(role), kind }), role);
      return mapping === undefined ? undefined : bindMapping(mapping, context.config, context.env);
    },
    url(text, role) {
      checkParts(text, role);
      return settle(text, compileUrlTemplate(text.value, optionsFor(role)), role);
    },
    template(text) {
      checkParts(text, 'request');
      return settle(text, compileStringTemplate(text.value, optionsFor('request')), 'request');
    },
  };
}
