const DURATION_UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
const SIZE_UNITS: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1024,
  mb: 1024 ** 2,
  gb: 1024 ** 3,
};

/** `250ms`, `30s`, `5m`, `1h`, `30d` → milliseconds; undefined if it is none of these. */
export function parseDuration(text: string): number | undefined {
  return parseQuantity(text, /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/, DURATION_UNITS);
}

/** `512b`, `512kb`, `1mb`, `1gb` (powers of 1024) → bytes; undefined if it is none of these. */
export function parseSize(text: string): number | undefined {
  return parseQuantity(text, /^(\d+(?:\.\d+)?)(b|kb|mb|gb)$/i, SIZE_UNITS);
}

/** `50%` → 0.5; undefined if it is not a percentage from 0 to 100. */
export function parsePercent(text: string): number | undefined {
  const value = parseQuantity(text, /^(\d+(?:\.\d+)?)(%)$/, { '%': 0.01 });
  return value !== undefined && value <= 1 ? value : undefined;
}

function parseQuantity(
  text: string,
  pattern: RegExp,
  units: Readonly<Record<string, number>>,
): number | undefined {
  const match = pattern.exec(text);
  const factor = units[match?.[2]?.toLowerCase() ?? ''];
  if (match?.[1] === undefined || factor === undefined) return undefined;
  const value = Number(match[1]) * factor;
  return Number.isSafeInteger(Math.round(value)) ? value : undefined;
}
