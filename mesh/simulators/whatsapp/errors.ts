import { randomBytes } from 'node:crypto';

export interface GraphAnswer {
  readonly status: number;
  readonly body: unknown;
}

interface Known {
  readonly status: number;
  readonly title: string;
  readonly details: string;
}

/** Source: https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes */
const known: Readonly<Record<number, Known>> = {
  2: { status: 503, title: 'API Service', details: 'Temporary due to downtime or due to being overloaded.' },
  4: { status: 429, title: 'API Too Many Calls', details: 'The app has reached its API call rate limit.' },
  10: { status: 403, title: 'Permission Denied', details: 'Permission is either not granted or has been removed.' },
  368: { status: 403, title: 'Temporarily blocked for policies violations', details: 'The account violated a policy.' },
  80007: {
    status: 429,
    title: 'Rate limit issues',
    details: 'The WhatsApp Business Account has reached its rate limit.',
  },
  130429: {
    status: 429,
    title: 'Rate limit hit',
    details:
      'Message failed to send because there were too many messages sent from this phone number in a short period of time',
  },
  130472: {
    status: 400,
    title: "User's number is part of an experiment",
    details: "Message was not sent because the user's number is part of an experiment.",
  },
  131000: { status: 500, title: 'Something went wrong', details: 'Message failed to send due to an unknown error.' },
  131005: { status: 403, title: 'Access denied', details: 'Permission is either not granted or has been removed.' },
  131008: {
    status: 400,
    title: 'Required parameter is missing',
    details: 'The request is missing a required parameter.',
  },
  131009: { status: 400, title: 'Parameter value is not valid', details: 'One or more parameter values are invalid.' },
  131016: { status: 500, title: 'Service unavailable', details: 'A service is temporarily unavailable.' },
  131021: {
    status: 400,
    title: 'Recipient cannot be sender',
    details: 'Sender and recipient phone number is the same.',
  },
  131026: { status: 400, title: 'Message undeliverable', details: 'Message Undeliverable.' },
  131031: {
    status: 403,
    title: 'Account has been locked',
    details: 'The account is restricted or could not be verified.',
  },
  131042: {
    status: 400,
    title: 'Business eligibility payment issue',
    details: 'There was an error related to your payment method.',
  },
  131045: {
    status: 500,
    title: 'Incorrect certificate',
    details: 'Message failed to send due to a phone number registration error.',
  },
  131047: {
    status: 400,
    title: 'Re-engagement message',
    details:
      'Message failed to send because more than 24 hours have passed since the customer last replied to this number.',
  },
  131048: {
    status: 429,
    title: 'Spam rate limit hit',
    details:
      'Message failed to send because there are restrictions on how many messages can be sent from this phone number.',
  },
  131049: {
    status: 400,
    title: 'This message was not delivered to maintain healthy ecosystem engagement.',
    details: 'In order to maintain a healthy ecosystem engagement, the message failed to be delivered.',
  },
  131051: { status: 400, title: 'Unsupported message type', details: 'Unsupported message type.' },
  131056: {
    status: 429,
    title: '(Business Account, Consumer Account) pair rate limit hit',
    details:
      'Message failed to send because there were too many messages sent from this phone number to the same phone number in a short period of time.',
  },
  132000: {
    status: 400,
    title: 'Number of parameters does not match the expected number of params',
    details: 'The number of variable parameter values differs from the template.',
  },
  132001: {
    status: 404,
    title: 'Template name does not exist in the translation',
    details: 'The template does not exist in the specified language or has not been approved.',
  },
  132005: { status: 400, title: 'Template hydrated text too long', details: 'Translated text is too long.' },
  132007: {
    status: 400,
    title: 'Template format character policy violated',
    details: 'Template content violates a WhatsApp policy.',
  },
  132012: {
    status: 400,
    title: 'Parameter format does not match format in the created template',
    details: 'Variable parameter values are formatted incorrectly.',
  },
  132015: { status: 400, title: 'Template is paused', details: 'Template is paused due to low quality.' },
  132016: {
    status: 400,
    title: 'Template is disabled',
    details: 'Template has been paused too many times due to low quality.',
  },
  133010: {
    status: 400,
    title: 'Account not registered',
    details: 'Phone number not registered on the WhatsApp Business Platform.',
  },
};

const fallback: Known = { status: 400, title: 'Unknown error', details: 'An unknown error has occurred.' };

/** A WhatsApp error in the Graph API's envelope. */
export function whatsappError(code: number, details?: string): GraphAnswer {
  const { status, title, details: usual } = known[code] ?? fallback;
  return graphError(status, code, `(#${code}) ${title}`, details ?? usual);
}

export function missingParameter(name: string): GraphAnswer {
  return graphError(400, 100, `(#100) The parameter ${name} is required.`);
}

export function invalidParameter(details: string): GraphAnswer {
  return graphError(400, 100, '(#100) Invalid parameter', details);
}

export function invalidToken(): GraphAnswer {
  return graphError(401, 190, 'Invalid OAuth access token - Cannot parse access token');
}

export function unknownObject(id: string): GraphAnswer {
  return {
    status: 400,
    body: {
      error: {
        message:
          `Unsupported post request. Object with ID '${id}' does not exist, cannot be loaded due to missing permissions, or does ` +
          'not support this operation. Please read the Graph API documentation at https://developers.facebook.com/docs/graph-api',
        type: 'GraphMethodException',
        code: 100,
        error_subcode: 33,
        fbtrace_id: traceId(),
      },
    },
  };
}

/** The same error as a `failed` status reports it. */
export function statusError(code: number): unknown {
  const { title, details } = known[code] ?? fallback;
  return {
    code,
    title,
    message: title,
    error_data: { details },
    href: 'https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/',
  };
}

function graphError(status: number, code: number, message: string, details?: string): GraphAnswer {
  return {
    status,
    body: {
      error: {
        message,
        type: 'OAuthException',
        code,
        ...(details !== undefined && { error_data: { messaging_product: 'whatsapp', details } }),
        fbtrace_id: traceId(),
      },
    },
  };
}

function traceId(): string {
  return `A${randomBytes(16).toString('base64url')}`;
}
