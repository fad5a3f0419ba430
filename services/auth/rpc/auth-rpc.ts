import type { ServiceImpl } from '@connectrpc/connect';
import type { AuthService } from '@kreki/gen/kreki/auth/v1/auth_service_pb.js';
import type { Context } from '../context.ts';
import { changePassword } from './change-password.ts';
import { getJwks } from './get-jwks.ts';
import { getMe } from './get-me.ts';
import { listSessions } from './list-sessions.ts';
import { login } from './login.ts';
import { logout } from './logout.ts';
import { refresh } from './refresh.ts';
import { register } from './register.ts';
import { revokeSession } from './revoke-session.ts';
import { updateMe } from './update-me.ts';

export type AuthRpc = ServiceImpl<typeof AuthService>;

export const authRpc = (context: Context): AuthRpc => ({
  register: register(context),
  login: login(context),
  logout: logout(context),
  refresh: refresh(context),
  getMe: getMe(context),
  updateMe: updateMe(context),
  changePassword: changePassword(context),
  listSessions: listSessions(context),
  revokeSession: revokeSession(context),
  getJwks: getJwks(context),
});
