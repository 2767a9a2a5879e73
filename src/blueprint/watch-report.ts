import type { Report } from '../connect/directive/sdl-text.ts';

/** A report that passes everything on and knows whether an error was among it. */
export interface WatchedReport {
  readonly report: Report;
  readonly failed: () => boolean;
}

/** Tells afterwards whether something is in order: what is built on something faulty need not be judged, too. */
export function watchReport(report: Report): WatchedReport {
  let failed = false;
  const watched: Report = (problem) => {
    failed ||= problem.severity === 'error';
    report(problem);
  };
  return { report: watched, failed: () => failed };
}
