import { Code } from '@connectrpc/connect';
import { byPrivilege } from '@kreki/runtime/audit/audited';
import { personOf } from '@kreki/runtime/caller';
import { fail } from '@kreki/runtime/errors';
import type { Context } from '../context.ts';
import { loadProfile } from '../store/profiles.ts';
import type { Rpc } from './rpc.ts';

/** Whoever may read a profile also sees its position: the volunteer, and those who may read them all. */
export const getProfile =
  (context: Context): Rpc<'getProfile'> =>
  async ({ volunteerId }, call) => {
    const person = personOf(call);
    const id = volunteerId === 'me' ? person.userId : volunteerId.toLowerCase();
    if (id !== person.userId) {
      if (!person.can('volunteers:read')) {
        throw fail(Code.PermissionDenied, 'NOT_YOUR_PROFILE', 'you may read your own profile only');
      }
      byPrivilege(call);
    }
    return { volunteer: await loadProfile(context, id) };
  };
