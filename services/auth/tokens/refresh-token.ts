import { createHash, hkdfSync, randomBytes } from 'node:crypto';
import { seal, unseal } from './sealing.ts';

/** 256 random bits; they mean nothing by themselves. */
export const newRefreshToken = (): string => randomBytes(32).toString('base64url');

/** What is stored of a refresh token. The token is random, so that a fast hash is as safe as a slow one. */
export const hashOf = (token: string): Buffer => createHash('sha256').update(token).digest();

/** A token's successor, readable only by who has the token itself: the database alone does not tell it. */
export const sealSuccessor = (token: string, successor: string): Buffer =>
  seal(keyOf(token), Buffer.from(successor), 'successor');

export const unsealSuccessor = (token: string, sealed: Buffer): string =>
  unseal(keyOf(token), sealed, 'successor').toString();

const keyOf = (token: string): Buffer =>
  Buffer.from(hkdfSync('sha256', token, '', 'kreki.auth.v1 refresh token successor', 32));
