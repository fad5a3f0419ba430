import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { file_buf_validate_validate } from '@bufbuild/protovalidate/gen/buf/validate/validate_pb.js';
import { descriptorSource } from './descriptor-source.ts';

const GOOGLE = ['api/annotations', 'api/http', 'api/httpbody', 'rpc/error_details'];

/** Writes the third-party contracts that ours import into `folder`, from the npm packages that own them. */
export function materialise(folder: string): void {
  const google = dirname(createRequire(import.meta.url).resolve('google-proto-files/package.json'));
  rmSync(folder, { recursive: true, force: true });
  for (const part of ['api', 'rpc']) mkdirSync(join(folder, 'google', part), { recursive: true });
  mkdirSync(join(folder, 'buf/validate'), { recursive: true });
  for (const name of GOOGLE) {
    cpSync(join(google, `google/${name}.proto`), join(folder, `google/${name}.proto`));
  }
  writeFileSync(join(folder, 'buf/validate/validate.proto'), descriptorSource(file_buf_validate_validate));
}
