import type { MessageInitShape } from '@bufbuild/protobuf';
import type { RoleSchema } from '@kreki/gen/kreki/auth/v1/role_pb.js';
import type { StoredRole } from '../store/roles.ts';
import { permissionMessages } from './permissions.ts';

export const roleMessage = ({ name, description, permissions }: StoredRole): MessageInitShape<typeof RoleSchema> => ({
  name,
  description,
  permissions: permissionMessages(permissions),
});
