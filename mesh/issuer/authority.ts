import 'reflect-metadata';
import { createPrivateKey, KeyObject, randomBytes, type webcrypto } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { spiffeId } from '@kreki/runtime/identity/spiffe';
import * as x509 from '@peculiar/x509';
import { writePrivate } from './files.ts';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const DAY_MS = 86_400_000;
const LIFETIME_MS = 3_650 * DAY_MS;
/** An authority that ends sooner is replaced when it is next opened. */
const REMAINDER_MS = 30 * DAY_MS;
/** How far the clock may be set back before what was issued is not valid yet. */
export const BACKDATE_MS = 600_000;

/** The certificate authority of one mesh: whoever has its key can be anybody. */
export interface Authority {
  /** PEM of the certificates that processes trust: its own, and those of authorities it replaced as long as they are valid. */
  readonly trusted: string;
  /** A new key and a certificate for it, in PEM, valid from now for so many milliseconds. */
  issue(name: string, lifetimeMs: number): Promise<string>;
}

/** Opens the authority whose key lies in the folder; makes one when there is none or its time is up. */
export async function openAuthority(folder: string): Promise<Authority> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, 'authority.pem');
  let kept = existsSync(file) ? read(readFileSync(file, 'utf8')) : { certificates: [], key: '' };
  if (!kept.certificates[0] || !lastsLongEnough(kept.certificates[0])) {
    const { certificate, key } = await makeAuthority();
    kept = { certificates: [certificate, ...kept.certificates], key };
    writePrivate(file, pemOf(kept.certificates) + key);
  }
  const [own] = kept.certificates;
  if (!own) throw new Error(`${file} holds no certificate`);
  const signingKey = createPrivateKey(kept.key).toCryptoKey(ALGORITHM, false, ['sign']);
  return {
    trusted: pemOf(kept.certificates),
    async issue(name, lifetimeMs) {
      const keys = await generateKeys();
      const certificate = await x509.X509CertificateGenerator.create({
        serialNumber: serialNumber(),
        subject: `CN=${name}`,
        issuer: own.subjectName,
        notBefore: new Date(Date.now() - BACKDATE_MS),
        notAfter: new Date(Date.now() + lifetimeMs),
        publicKey: keys.publicKey,
        signingKey,
        signingAlgorithm: ALGORITHM,
        extensions: [
          new x509.BasicConstraintsExtension(false, undefined, true),
          new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
          new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth]),
          await x509.AuthorityKeyIdentifierExtension.create(own.publicKey),
          new x509.SubjectAlternativeNameExtension([
            { type: 'url', value: spiffeId(name) },
            { type: 'dns', value: name },
            { type: 'dns', value: 'localhost' },
            { type: 'ip', value: '127.0.0.1' },
            { type: 'ip', value: '::1' },
          ]),
        ],
      });
      return `${certificate.toString('pem')}\n${privatePem(keys)}`;
    },
  };
}

/** The key of the authority, its certificate first, then those of authorities before it; what is over is left out. */
function read(pem: string): { certificates: x509.X509Certificate[]; key: string } {
  const blocks = pem.match(/-----BEGIN ([A-Z ]+)-----[^-]+-----END \1-----\n?/g) ?? [];
  const certificates = blocks
    .filter((block) => block.startsWith('-----BEGIN CERTIFICATE-----'))
    .map((block) => new x509.X509Certificate(block))
    .filter(({ notAfter }) => notAfter.getTime() > Date.now());
  return { certificates, key: blocks.find((block) => block.startsWith('-----BEGIN PRIVATE KEY-----')) ?? '' };
}

async function makeAuthority(): Promise<{ certificate: x509.X509Certificate; key: string }> {
  const keys = await generateKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    // Told apart from the authority before it by more than its key.
    name: `CN=KREKI mesh ${new Date().toISOString()}`,
    notBefore: new Date(Date.now() - DAY_MS),
    notAfter: new Date(Date.now() + LIFETIME_MS),
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate, key: privatePem(keys) };
}

const lastsLongEnough = ({ notBefore, notAfter }: x509.X509Certificate): boolean =>
  notBefore.getTime() < Date.now() && notAfter.getTime() > Date.now() + REMAINDER_MS;

const generateKeys = (): Promise<webcrypto.CryptoKeyPair> =>
  crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);

const pemOf = (certificates: readonly x509.X509Certificate[]): string =>
  `${certificates.map((certificate) => certificate.toString('pem')).join('\n')}\n`;

const privatePem = ({ privateKey }: webcrypto.CryptoKeyPair): string =>
  KeyObject.from(privateKey).export({ type: 'pkcs8', format: 'pem' }).toString();

/** 127 random bits, positive. */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x01;
  return bytes.toString('hex');
}
