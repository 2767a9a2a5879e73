import { ServiceError } from '../../service/service.ts';

export type Role = 'owner' | 'admin' | 'member';

export interface User {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly active_org: string | null;
}

export interface Organization {
  readonly id: string;
  readonly name: string;
}

interface Membership {
  readonly org_id: string;
  readonly user_id: string;
  readonly role: Role;
}

interface Invite {
  readonly id: string;
  readonly org_id: string;
  readonly email: string;
  readonly role: Role;
}

/** Users, organisations and who belongs to which: all that the service knows, in memory. */
export class Directory {
  readonly users: User[] = [
    { id: 'u-1', email: 'ada@harbour.example', name: 'Ada Harbour', active_org: 'o-1' },
    { id: 'u-2', email: 'ben@harbour.example', name: 'Ben Harbour', active_org: 'o-1' },
    { id: 'u-3', email: 'cleo@mill.example', name: 'Cleo Mill', active_org: 'o-2' },
  ];
  readonly #organizations: Organization[] = [
    { id: 'o-1', name: 'Harbour Works' },
    { id: 'o-2', name: 'Mill Collective' },
  ];
  #memberships: Membership[] = [
    { org_id: 'o-1', user_id: 'u-1', role: 'owner' },
    { org_id: 'o-1', user_id: 'u-2', role: 'member' },
    { org_id: 'o-2', user_id: 'u-3', role: 'owner' },
  ];
  #invites: Invite[] = [];

  user(id: string): User {
    return found(this.users, id, 'User');
  }

  userByEmail(email: string): User | undefined {
    return this.users.find((user) => user.email === email);
  }

  addUser(email: string, name: string): User {
    if (this.userByEmail(email)) throw new ServiceError(409, 'taken', 'This address is in use');
    const user: User = { id: `u-${this.users.length + 1}`, email, name, active_org: null };
    this.users.push(user);
    return user;
  }

  switchTo(userId: string, orgId: string): User {
    this.roleOf(orgId, userId);
    const user = { ...this.user(userId), active_org: orgId };
    this.users.splice(this.users.indexOf(this.user(userId)), 1, user);
    return user;
  }

  organization(id: string): Organization {
    return found(this.#organizations, id, 'Organisation');
  }

  addOrganization(name: string, ownerId: string): Organization {
    const organization = { id: `o-${this.#organizations.length + 1}`, name };
    this.#organizations.push(organization);
    this.#memberships.push({ org_id: organization.id, user_id: ownerId, role: 'owner' });
    return organization;
  }

  organizationsOf(userId: string): object[] {
    const mine = this.#memberships.filter(({ user_id }) => user_id === userId);
    return mine.map(({ org_id, role }) => ({ ...this.organization(org_id), role }));
  }

  membersOf(orgId: string): object[] {
    const members = this.#memberships.filter(({ org_id }) => org_id === orgId);
    return members.map(({ user_id, role }) => {
      const { name, email } = this.user(user_id);
      return { user_id, name, email, role };
    });
  }

  /** Throws 403 for who does not belong to the organisation, 404 for one that is not there. */
  roleOf(orgId: string, userId: string): Role {
    this.organization(orgId);
    const membership = this.#memberships.find((one) => one.org_id === orgId && one.user_id === userId);
    if (membership === undefined) throw new ServiceError(403, 'no_member', 'You are no member here');
    return membership.role;
  }

  /** Throws 403 for who may not manage its members. */
  assertManager(orgId: string, userId: string): void {
    if (this.roleOf(orgId, userId) === 'member')
      throw new ServiceError(403, 'no_manager', 'Only owners and admins may do this');
  }

  invite(orgId: string, email: string, role: Role): Invite {
    const invite = { id: `i-${orgId}-${email}`, org_id: orgId, email, role };
    this.#invites = [...this.#invites.filter(({ id }) => id !== invite.id), invite];
    return invite;
  }

  accept(inviteId: string, userId: string): Organization {
    const { email } = this.user(userId);
    const invite = this.#invites.find((one) => one.id === inviteId && one.email === email);
    if (invite === undefined) throw new ServiceError(404, 'not_found', 'Invite not found');
    this.#invites = this.#invites.filter((one) => one !== invite);
    this.remove(invite.org_id, userId);
    this.#memberships.push({ org_id: invite.org_id, user_id: userId, role: invite.role });
    return this.organization(invite.org_id);
  }

  remove(orgId: string, userId: string): void {
    this.#memberships = this.#memberships.filter((one) => one.org_id !== orgId || one.user_id !== userId);
  }

  changeRole(orgId: string, userId: string, role: Role): object {
    this.roleOf(orgId, userId);
    this.#memberships = this.#memberships.map((one) =>
      one.org_id === orgId && one.user_id === userId ? { ...one, role } : one,
    );
    return { user_id: userId, role };
  }
}

function found<T extends { readonly id: string }>(all: readonly T[], id: string, what: string): T {
  const one = all.find((candidate) => candidate.id === id);
  if (one === undefined) throw new ServiceError(404, 'not_found', `${what} not found`);
  return one;
}
