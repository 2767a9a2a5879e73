/** What to say of a file that the configuration names and that cannot be read. */
export function unreadable(file: string, error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  return `the file ${file} cannot be read (${code}); its path starts at the configuration's folder`;
}
