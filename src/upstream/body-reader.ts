import type { GatewayError } from '../kernel/error.ts';

/** Who takes the bytes. `write` gives false when it wants no more for now. */
export interface BodyReader {
  write(chunk: Buffer): boolean;
  end(): void;
  fail(error: GatewayError): void;
}
