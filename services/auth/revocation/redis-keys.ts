const PREFIX = 'kreki:auth:';

/** Names the run of Redis that was filled last; another run may have lost what it was told. */
export const EPOCH_KEY = `${PREFIX}revocation-epoch`;

export const sessionSubject = (sessionId: string): string => `session:${sessionId}`;
export const userSubject = (userId: string): string => `user:${userId}`;
export const roleSubject = (role: string): string => `role:${role}`;

/** The key under which the edge looks a subject up. */
export const redisKey = (subject: string): string =>
  subject.startsWith('session:') ? `${PREFIX}revoked:${subject}` : `${PREFIX}valid-after:${subject}`;
