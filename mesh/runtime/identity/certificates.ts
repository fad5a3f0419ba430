import { X509Certificate } from 'node:crypto';
import { readFileSync, unwatchFile, watchFile } from 'node:fs';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import { ConfigError } from '../config.ts';
import type { Logger } from '../log.ts';
import { startedMeter } from '../telemetry.ts';
import { nameIn } from './spiffe.ts';

/** Files of a process' identity, in PEM. Certificate and key are one file, so that they are replaced in one step. */
export const IDENTITY_FILE = 'identity.pem';
export const AUTHORITY_FILE = 'ca.pem';

/** What a process shows, and what it believes others by. */
export interface CertificateSet {
  /** Certificate and private key. */
  readonly identity: Buffer;
  /** Certificates of the authorities that are trusted. */
  readonly authority: Buffer;
  readonly expiresAtMs: number;
}

/** The certificate of this process, taken up anew whenever its files change. */
export interface Certificates {
  readonly name: string;
  readonly current: CertificateSet;
  /** Calls back with each change, until the returned function is called. */
  onChange(listener: (set: CertificateSet) => void): () => void;
  stop(): void;
}

const WATCH_INTERVAL_MS = 1_000;

/** Throws a ConfigError when what is in the folder is not a valid certificate of `name`; later only what is valid is taken up. */
export function openCertificates(folder: string, name: string, log: Logger): Certificates {
  const files = [IDENTITY_FILE, AUTHORITY_FILE].map((file) => join(folder, file));
  const listeners = new Set<(set: CertificateSet) => void>();
  let current: CertificateSet;
  try {
    current = read(folder, name);
  } catch (error) {
    throw new ConfigError(`wrong environment:\n  MESH_IDENTITY ${folder}: ${(error as Error).message}`);
  }

  const reload = () => {
    try {
      const next = read(folder, name);
      if (next.identity.equals(current.identity) && next.authority.equals(current.authority)) return;
      current = next;
      for (const listener of listeners) listener(next);
      log.debug({ expires: new Date(next.expiresAtMs) }, 'certificate renewed');
    } catch (error) {
      log.error({ err: error, expires: new Date(current.expiresAtMs) }, 'the new certificate cannot be used');
    }
  };
  // By looking, not by inotify, which is silent on some volumes of containers.
  for (const file of files) watchFile(file, { persistent: false, interval: WATCH_INTERVAL_MS }, reload);
  // What came between the reading above and the first look is no change to it.
  const afterwards = setTimeout(reload, WATCH_INTERVAL_MS).unref();
  const remaining = startedMeter().createObservableGauge('kreki.identity.expires_in', {
    unit: 's',
    description: 'How long the certificate of the process is still valid',
  });
  const measure: Parameters<typeof remaining.addCallback>[0] = (gauge) =>
    gauge.observe((current.expiresAtMs - Date.now()) / 1_000);
  remaining.addCallback(measure);

  return {
    name,
    get current() {
      return current;
    },
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    stop() {
      clearTimeout(afterwards);
      for (const file of files) unwatchFile(file, reload);
      remaining.removeCallback(measure);
    },
  };
}

function read(folder: string, name: string): CertificateSet {
  const identity = readFileSync(join(folder, IDENTITY_FILE));
  const authority = readFileSync(join(folder, AUTHORITY_FILE));
  const certificate = new X509Certificate(identity);
  const found = nameIn(certificate.subjectAltName);
  if (found !== name) throw new Error(`the certificate is of ${found ?? 'nobody in the mesh'}, not of ${name}`);
  const expiresAtMs = certificate.validToDate.getTime();
  if (expiresAtMs <= Date.now()) throw new Error(`the certificate has expired on ${certificate.validTo}`);
  // Throws when the key is not the certificate's.
  createSecureContext({ cert: identity, key: identity, ca: authority });
  return { identity, authority, expiresAtMs };
}
