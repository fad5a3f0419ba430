import { categories, LIMITS, severities } from '../shared/contract.ts';

const between = (limit: number) => ({ type: 'number', minimum: -limit, maximum: limit });
const text = { type: 'string' };
const number = { type: 'number' };

const request = {
  type: 'object',
  required: ['location'],
  properties: {
    location: {
      type: 'object',
      required: ['latitude', 'longitude'],
      properties: {
        latitude: between(LIMITS.latitude),
        longitude: between(LIMITS.longitude),
        accuracyMeters: { type: 'number', minimum: 0, maximum: LIMITS.accuracyMeters },
      },
    },
    severity: { enum: Object.keys(severities) },
    category: { enum: Object.keys(categories) },
    description: { type: 'string', maxLength: LIMITS.description },
    requestId: { type: 'string', format: 'uuid' },
  },
};

const location = {
  type: 'object',
  properties: { latitude: number, longitude: number, accuracyMeters: number },
};

const emergency = {
  type: 'object',
  properties: {
    id: text,
    requesterId: text,
    location,
    severity: text,
    category: text,
    description: text,
    status: text,
    respondersNeeded: { type: 'integer' },
    searchRadiusMeters: number,
    version: text,
    createTime: text,
  },
};

/** What Fastify compiles at its start: a validator of the request, and a serializer of the answer. */
export const panicSchema = { body: request, response: { 200: { type: 'object', properties: { emergency } } } };
