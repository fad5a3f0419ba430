import { Code } from '@connectrpc/connect';
import { fail } from '@kreki/runtime/errors';

export const certificationExists = () =>
  fail(Code.AlreadyExists, 'CERTIFICATION_EXISTS', 'a certificate with this number of this issuer is known already');
