/**
 * What belongs to somebody. The contract says who may call an RPC; this says whose things they may then touch with it. Every RPC with an
 * id in its request is here, or among those whose permission alone decides.
 */

/** What a person has to do with an object; the owner is who made it. */
export type Relation = 'owner' | 'responder' | 'asked';

export type Kind = 'emergency' | 'session' | 'profile' | 'device' | 'notification';

/** Who is concerned. */
export interface Concern {
  readonly kind: Kind;
  /** To whom it is open, by what they have to do with it. */
  readonly open: readonly Relation[];
  /** The permission that opens everybody's. */
  readonly openedBy?: string;
}

export interface ObjectRule extends Concern {
  /** The request's field that names the object. */
  readonly field: string;
  /** What all others are told, of an object that exists as of one that does not; `ok` where it is passed over in silence. */
  readonly refusal: string;
  /** Who has this permission learns that an object does not exist. */
  readonly learnsAbsence?: string;
}

const emergency = {
  kind: 'emergency',
  field: 'id',
  refusal: 'permission_denied NOT_YOUR_EMERGENCY',
  learnsAbsence: 'emergencies:read',
} as const;

export const OBJECT_RULES: Readonly<Record<string, ObjectRule>> = {
  'kreki.auth.v1.AuthService/RevokeSession': {
    kind: 'session',
    field: 'session_id',
    open: ['owner'],
    refusal: 'not_found SESSION_NOT_FOUND',
  },
  'kreki.volunteer.v1.VolunteerService/GetProfile': {
    kind: 'profile',
    field: 'volunteer_id',
    open: ['owner'],
    openedBy: 'volunteers:read',
    refusal: 'permission_denied NOT_YOUR_PROFILE',
    learnsAbsence: 'volunteers:read',
  },
  'kreki.emergency.v1.EmergencyService/Get': {
    ...emergency,
    open: ['owner', 'responder', 'asked'],
    openedBy: 'emergencies:read',
  },
  'kreki.emergency.v1.EmergencyService/Watch': {
    ...emergency,
    open: ['owner', 'responder'],
    openedBy: 'emergencies:read',
  },
  'kreki.emergency.v1.EmergencyService/Respond': { ...emergency, open: ['responder', 'asked'] },
  'kreki.emergency.v1.EmergencyService/UpdateResponse': { ...emergency, open: ['responder'] },
  'kreki.emergency.v1.EmergencyService/Complete': {
    ...emergency,
    open: ['responder'],
    openedBy: 'emergencies:update',
  },
  'kreki.emergency.v1.EmergencyService/Cancel': { ...emergency, open: ['owner'], openedBy: 'emergencies:update' },
  'kreki.notification.v1.NotificationService/UnregisterDevice': {
    kind: 'device',
    field: 'device_id',
    open: ['owner'],
    refusal: 'ok',
  },
  'kreki.notification.v1.NotificationService/MarkRead': {
    kind: 'notification',
    field: 'notification_ids',
    open: ['owner'],
    refusal: 'ok',
  },
};

/** RPCs open to everybody who is signed in that list things: each sees those that concern them. */
export const LIST_RULES: Readonly<Record<string, Concern>> = {
  'kreki.auth.v1.AuthService/ListSessions': { kind: 'session', open: ['owner'] },
  'kreki.emergency.v1.EmergencyService/ListActive': {
    kind: 'emergency',
    open: ['owner', 'responder', 'asked'],
    openedBy: 'emergencies:read',
  },
  'kreki.notification.v1.NotificationService/ListNotifications': { kind: 'notification', open: ['owner'] },
};

/** RPCs with an id in their request for which all things are alike: who may call them at all may do so with anybody's. */
export const PERMISSION_ALONE: ReadonlySet<string> = new Set([
  'kreki.auth.v1.AuthAuditService/ListAuditEntries',
  'kreki.auth.v1.DirectoryService/BatchGetContacts',
  'kreki.auth.v1.PrivacyService/EraseUser',
  'kreki.auth.v1.PrivacyService/GetErasure',
  'kreki.auth.v1.UserAdminService/DeactivateUser',
  'kreki.auth.v1.UserAdminService/GetUser',
  'kreki.auth.v1.UserAdminService/UpdateUserRole',
  'kreki.emergency.v1.EmergencyAuditService/ListAuditEntries',
  'kreki.emergency.v1.EmergencyService/ListDispatchDecisions',
  'kreki.notification.v1.NotificationAuditService/ListAuditEntries',
  'kreki.notification.v1.NotificationService/ListDeliveries',
  'kreki.privacy.v1.PersonalDataService/CheckErasure',
  'kreki.privacy.v1.PersonalDataService/Erase',
  'kreki.privacy.v1.PersonalDataService/Export',
  'kreki.volunteer.v1.VolunteerAuditService/ListAuditEntries',
  'kreki.volunteer.v1.VolunteerService/FindNearby',
  'kreki.volunteer.v1.VolunteerService/VerifyCertification',
]);

/** RPCs that end the session or the account they are called with. */
export const ENDS_CALLER: ReadonlySet<string> = new Set(['kreki.auth.v1.AuthService/Logout']);
