import { create } from '@bufbuild/protobuf';
import { Action, type Permission, PermissionSchema } from '@kreki/gen/kreki/auth/v1/role_pb.js';

const WORDS = [
  [Action.CREATE, 'create'],
  [Action.READ, 'read'],
  [Action.UPDATE, 'update'],
  [Action.DELETE, 'delete'],
] as const;

/** Permissions as tokens and the database have them: sorted, each `resource:action` once. */
export function permissionTexts(permissions: readonly Permission[]): string[] {
  const texts = permissions.flatMap(({ resource, actions }) =>
    actions.map((action) => `${resource}:${wordOf(action)}`),
  );
  return [...new Set(texts)].sort();
}

/** Permissions as the contract has them: one message a resource. */
export function permissionMessages(texts: readonly string[]): Permission[] {
  const resources = Map.groupBy(texts, (text) => text.slice(0, text.indexOf(':')));
  return [...resources].map(([resource, granted]) =>
    create(PermissionSchema, {
      resource,
      actions: WORDS.filter(([, word]) => granted.includes(`${resource}:${word}`)).map(([action]) => action),
    }),
  );
}

function wordOf(action: Action): string {
  const word = WORDS.find(([known]) => known === action)?.[1];
  if (word === undefined) throw new RangeError(`no permission has the action ${action}`);
  return word;
}
