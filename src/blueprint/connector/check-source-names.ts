import type { ServiceConfig } from '../../config/schema/service.ts';
import { errorAt, type Report, type SdlText, warningAt } from '../../connect/directive/sdl-text.ts';
import { suggestion } from '../../kernel/problem.ts';
import type { CollectedConnectors } from './collect-connectors.ts';

/**
 * Reports names of sources that neither the SDL nor the configuration has, each once, where it stands first; and
 * warns of sources that nobody names.
 */
export function checkSourceNames(
  { sources, lacksSources, connects }: CollectedConnectors,
  services: ReadonlyMap<string, ServiceConfig>,
  report: Report,
): void {
  const uses = new Map<string, SdlText[]>();
  for (const text of connects.flatMap(({ directive }) => directive.source ?? [])) {
    uses.set(text.value, [...(uses.get(text.value) ?? []), text]);
  }
  const missing = [...uses].filter(([name]) => !sources.has(name) && !services.has(name));
  for (const [name, texts] of lacksSources ? [] : missing) {
    const [first] = texts;
    if (first === undefined) continue;
    const count = texts.length > 1 ? ` (${texts.length} connectors name it)` : '';
    const known = [...sources.keys(), ...services.keys()];
    report(errorAt(first.at, `there is no source or service "${name}"${count}.${suggestion(name, known)}`));
  }
  // A name that nobody uses is most likely the one that the others were meant to be.
  if (missing.length > 0) return;
  for (const { name, at } of sources.values()) {
    if (!uses.has(name)) report(warningAt(at, `source "${name}" is used by no connector`));
  }
}
