import { EmergencyStatus, OfferStatus, ResponseStatus } from '@kreki/gen/kreki/emergency/v1/emergency_pb.js';

/** The auditor's own idea of the states, apart from the code it judges. */
export const isOpen = (status: number): boolean =>
  status >= EmergencyStatus.PENDING && status <= EmergencyStatus.RESPONDING;

export const isActive = (status: number): boolean =>
  status >= ResponseStatus.ACCEPTED && status <= ResponseStatus.ARRIVED;

export const emergencyStatus = (status: number): string => EmergencyStatus[status] ?? String(status);
export const offerStatus = (status: number): string => OfferStatus[status] ?? String(status);
export const responseStatus = (status: number): string => ResponseStatus[status] ?? String(status);

export const time = (ms: number | null | undefined): string =>
  ms == null ? 'never' : new Date(ms).toISOString().slice(11, 23);
