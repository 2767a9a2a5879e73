import { forbidden, insufficientScope } from '../identity/rejection.ts';
import type { Layer } from '../kernel/handler.ts';
import type { Principal } from '../kernel/principal.ts';
import type { Admission } from './admission.ts';
import type { Challenge } from './challenge.ts';

/** Lets through who the entry is for: any one of its roles, and any one of its scopes. Throws UNAUTHENTICATED, FORBIDDEN. */
export function authorise(challenge: Challenge): Layer<Admission, void> {
  return (next) => (admission, scope) => {
    const { auth, roles, scopes } = admission.entry;
    const { principal } = scope;
    if (auth === 'service' && principal?.via !== 'service-key') throw challenge.required(auth);
    if (roles.length === 0 && scopes.length === 0) return next(admission, scope);
    if (principal === undefined) throw challenge.required(auth);
    if (roles.length > 0 && !roles.some((role) => principal.roles.includes(role))) throw forbidden();
    if (scopes.length > 0 && !scopes.some((one) => principal.scopes.includes(one)))
      throw lacksScope(principal);
    return next(admission, scope);
  };
}

/** What is said of a token's scopes says nothing to who has sent none. */
function lacksScope({ via }: Principal): Error {
  return via === 'jwt' || via === 'account' ? insufficientScope() : forbidden();
}
