import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const PLACES = [
  process.env.CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** Path of a browser on this machine, or undefined after saying aloud what is skipped. In CI there must be one. */
export function findBrowser(what: string): string | undefined {
  const found = PLACES.find((place) => place !== undefined && place !== '' && existsSync(place));
  if (found !== undefined) return found;
  const message = `no Chromium found (set CHROMIUM to its path), so this is not tried in a browser: ${what}`;
  if (process.env.CI) throw new Error(message);
  console.warn(`SKIPPED: ${message}`);
  return undefined;
}

/** A headless browser without any connection of its own to the outside. */
export function launchBrowser(executablePath: string): Promise<Browser> {
  return chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
    ],
  });
}
