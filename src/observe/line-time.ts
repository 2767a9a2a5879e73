/** Milliseconds since 1970 that `text` is for. */
let shown = -1;
let text = '';
/** The same without the milliseconds, for the seconds that it is for. */
let second = -1;
let untilSecond = '';

/**
 * The `time` of a log line as pino puts it into one: `,"time":"2026-11-21T12:00:00.000Z"`. Many lines are of one
 * millisecond, and most of a second: what is the same for them is not put into words again.
 */
export function timeOfLine(wall: number = Date.now()): string {
  if (wall === shown) return text;
  const seconds = Math.floor(wall / 1000);
  if (seconds !== second) {
    untilSecond = `,"time":"${new Date(seconds * 1000).toISOString().slice(0, -4)}`;
    second = seconds;
  }
  text = `${untilSecond}${String(wall - seconds * 1000).padStart(3, '0')}Z"`;
  shown = wall;
  return text;
}
