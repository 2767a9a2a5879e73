/**
 * Content security policy of the GraphiQL page (CSP Level 3): it is one file that holds its own scripts, workers, styles
 * and fonts, talks to nobody but the gateway, and can be shown in no frame.
 */
export const GRAPHIQL_POLICY = [
  "default-src 'none'",
  "script-src 'unsafe-inline'",
  "style-src 'unsafe-inline'",
  'img-src data:',
  'font-src data:',
  "connect-src 'self'",
  'worker-src blob:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');
