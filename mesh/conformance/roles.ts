/**
 * The roles of a mesh that begins anew, as KREKI ID's migrations make them. `docs/authorization.md` is rendered from this, and a test holds it
 * against a mesh that runs.
 */
export const SEEDED_ROLES: Readonly<Record<string, readonly string[]>> = {
  public: ['emergencies:create', 'volunteers:create'],
  volunteer: ['emergencies:create', 'responses:create', 'responses:update', 'volunteers:create', 'volunteers:update'],
  dispatcher: [
    'certifications:update',
    'deliveries:read',
    'dispatch:read',
    'emergencies:create',
    'emergencies:read',
    'emergencies:update',
    'statistics:read',
    'volunteers:read',
  ],
  patient: ['emergencies:create'],
  operator: ['emergencies:create'],
  facility_admin: ['emergencies:create'],
  platform: ['mesh:read', 'mesh:update'],
  admin: [
    'audit:read',
    ...everything('certifications', 'deliveries', 'dispatch', 'emergencies'),
    'mesh:read',
    'mesh:update',
    ...everything('responses', 'roles', 'statistics', 'users', 'volunteers'),
  ],
};

function everything(...resources: readonly string[]): string[] {
  return resources.flatMap((resource) =>
    ['create', 'delete', 'read', 'update'].map((action) => `${resource}:${action}`),
  );
}
