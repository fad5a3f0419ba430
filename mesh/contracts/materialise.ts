import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { file_buf_validate_validate } from '@bufbuild/protovalidate/gen/buf/validate/validate_pb.js';
import { descriptorSource } from './descriptor-source.ts';

const GOOGLE = ['api/annotations', 'api/http', 'api/httpbody', 'rpc/error_details'];

/** gRPC's own services, which the edge answers too. */
const GRPC = {
  'grpc/health/v1/health.proto': ['grpc-health-check', 'proto/health/v1/health.proto'],
  'grpc/reflection/v1/reflection.proto': ['@grpc/reflection', 'build/proto/grpc/reflection/v1/reflection.proto'],
  'grpc/reflection/v1alpha/reflection.proto': [
    '@grpc/reflection',
    'build/proto/grpc/reflection/v1alpha/reflection.proto',
  ],
} as const;

/** OTLP; the last release of the exporter that carried the contracts, and only they are used. Fields of newer ones are passed over. */
const OTLP_OWNER = 'opentelemetry-contracts';
const OTLP = [
  'common/v1/common',
  'resource/v1/resource',
  'trace/v1/trace',
  'metrics/v1/metrics',
  'logs/v1/logs',
  'collector/trace/v1/trace_service',
  'collector/metrics/v1/metrics_service',
  'collector/logs/v1/logs_service',
];

/** Writes the third-party contracts that ours import into `folder`, from the npm packages that own them. */
export function materialise(folder: string): void {
  const packageFolder = (name: string) => dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));
  const google = packageFolder('google-proto-files');
  rmSync(folder, { recursive: true, force: true });
  for (const part of ['api', 'rpc']) mkdirSync(join(folder, 'google', part), { recursive: true });
  mkdirSync(join(folder, 'buf/validate'), { recursive: true });
  for (const name of GOOGLE) {
    cpSync(join(google, `google/${name}.proto`), join(folder, `google/${name}.proto`));
  }
  for (const [path, [owner, source]] of Object.entries(GRPC)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    cpSync(join(packageFolder(owner), source), join(folder, path));
  }
  for (const name of OTLP) {
    const path = `opentelemetry/proto/${name}.proto`;
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    cpSync(join(packageFolder(OTLP_OWNER), 'build/protos', path), join(folder, path));
  }
  writeFileSync(join(folder, 'buf/validate/validate.proto'), descriptorSource(file_buf_validate_validate));
}
