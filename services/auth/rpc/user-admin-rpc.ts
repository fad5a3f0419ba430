import type { ServiceImpl } from '@connectrpc/connect';
import type { UserAdminService } from '@kreki/gen/kreki/auth/v1/user_admin_service_pb.js';
import type { Context } from '../context.ts';
import { deactivateUser } from './deactivate-user.ts';
import { getUser } from './get-user.ts';
import { listRoles } from './list-roles.ts';
import { listUsers } from './list-users.ts';
import { updateUserRole } from './update-user-role.ts';
import { upsertRole } from './upsert-role.ts';

export type UserAdminRpc = ServiceImpl<typeof UserAdminService>;

export const userAdminRpc = (context: Context): UserAdminRpc => ({
  listUsers: listUsers(context),
  getUser: getUser(context),
  updateUserRole: updateUserRole(context),
  deactivateUser: deactivateUser(context),
  listRoles: listRoles(context),
  upsertRole: upsertRole(context),
});
