const FCM_ERROR = 'type.googleapis.com/google.firebase.fcm.v1.FcmError';
const BAD_REQUEST = 'type.googleapis.com/google.rpc.BadRequest';
const ERROR_INFO = 'type.googleapis.com/google.rpc.ErrorInfo';

export interface FcmAnswer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Record<string, string>;
}

export interface FieldViolation {
  readonly field: string;
  readonly description: string;
}

function answer(status: number, canonical: string, message: string, details: unknown[]): FcmAnswer {
  return { status, body: { error: { code: status, message, status: canonical, details } } };
}

function fcmError(errorCode: string) {
  return { '@type': FCM_ERROR, errorCode };
}

/** JSON that does not fit the request's schema: Google's front end answers, before FCM sees it. */
export function malformed(message: string, violations: readonly FieldViolation[] = []): FcmAnswer {
  const details = violations.length > 0 ? [{ '@type': BAD_REQUEST, fieldViolations: violations }] : [];
  return answer(400, 'INVALID_ARGUMENT', message, details);
}

/** A well-formed request that FCM itself refuses. */
export function invalidArgument(message: string, violations: readonly FieldViolation[]): FcmAnswer {
  return answer(400, 'INVALID_ARGUMENT', message, [
    fcmError('INVALID_ARGUMENT'),
    { '@type': BAD_REQUEST, fieldViolations: violations },
  ]);
}

export function unauthenticated(): FcmAnswer {
  return answer(
    401,
    'UNAUTHENTICATED',
    'Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid ' +
      'authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.',
    [{ '@type': ERROR_INFO, reason: 'ACCESS_TOKEN_TYPE_UNSUPPORTED', domain: 'googleapis.com' }],
  );
}

export function wrongProject(project: string): FcmAnswer {
  return answer(
    403,
    'PERMISSION_DENIED',
    `Permission 'cloudmessaging.messages.create' denied on resource '//cloudresourcemanager.googleapis.com/projects/${project}' (or it may not exist).`,
    [{ '@type': ERROR_INFO, reason: 'IAM_PERMISSION_DENIED', domain: 'cloudresourcemanager.googleapis.com' }],
  );
}

export function senderIdMismatch(): FcmAnswer {
  return answer(403, 'PERMISSION_DENIED', 'SenderId mismatch', [fcmError('SENDER_ID_MISMATCH')]);
}

export function unregistered(): FcmAnswer {
  return answer(404, 'NOT_FOUND', 'Requested entity was not found.', [fcmError('UNREGISTERED')]);
}

export function quotaExceeded(): FcmAnswer {
  return answer(429, 'RESOURCE_EXHAUSTED', 'Message rate exceeded for the device or the project.', [
    fcmError('QUOTA_EXCEEDED'),
  ]);
}

export function internal(): FcmAnswer {
  return answer(500, 'INTERNAL', 'Internal error encountered.', [fcmError('INTERNAL')]);
}

/** @param retryAfterMs what Retry-After says, rounded up to seconds. */
export function unavailable(retryAfterMs = 1_000): FcmAnswer {
  return {
    ...answer(503, 'UNAVAILABLE', 'The service is currently unavailable.', [fcmError('UNAVAILABLE')]),
    headers: { 'retry-after': String(Math.ceil(retryAfterMs / 1_000)) },
  };
}

/** The answer for an HTTP status that somebody asked for by number. */
export function byStatus(status: number): FcmAnswer {
  switch (status) {
    case 400:
      return invalidArgument('Request contains an invalid argument.', []);
    case 401:
      return unauthenticated();
    case 403:
      return senderIdMismatch();
    case 404:
      return unregistered();
    case 429:
      return quotaExceeded();
    case 500:
      return internal();
    case 503:
      return unavailable();
    default:
      return answer(status >= 400 && status < 600 ? status : 500, 'UNKNOWN', `Error ${status}`, []);
  }
}
