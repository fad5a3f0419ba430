/** Looks for phone numbers and e-mail addresses of known people in what lies on disk, in every form that a person could read them in. */
import { globSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** What is looked for: the addresses of a mesh on one machine have one domain, its phone numbers these operators' prefixes. */
const DOMAIN = '@kreki.example';
const PHONE = /628(?:11|12|13)\d{8,9}/g;

const hex = (text: string) => Buffer.from(text, 'latin1').toString('hex');
const numbers = (text: string) => [...text].map((char) => char.charCodeAt(0)).join(',');
/** Base64 of a text at each of the three places that it may have in a group, without what depends on its neighbours. */
const base64 = (text: string) =>
  [0, 1, 2].map((offset) => {
    const encoded = Buffer.from('\0'.repeat(offset) + text).toString('base64');
    return encoded.slice(offset === 0 ? 0 : offset + 1, -4);
  });

const DOMAIN_FORMS = [DOMAIN, hex(DOMAIN), numbers(DOMAIN), ...base64(DOMAIN)];
const PHONE_FORMS: readonly (readonly [form: RegExp, read: (found: string) => string])[] = [
  [PHONE, (found) => found],
  // The local way to write it.
  [/(?<!\d)08(?:11|12|13)\d{8,9}/g, (found) => `62${found.slice(1)}`],
  [/363238(?:3\d){9,11}/g, (found) => Buffer.from(found, 'hex').toString('latin1')],
  [/\b54,50,56,49,(?:\d\d,){8,9}\d\d/g, (found) => String.fromCharCode(...found.split(',').map(Number))],
];
/** Runs of base64, such as the ids of WhatsApp's messages. */
const BASE64_RUN = /[\w+/-]{24,}/g;

/** What is readable of these phone numbers (E.164), and of any address, in some bytes. */
export function readable(bytes: Buffer, phones: ReadonlySet<string>, options: { decode: boolean }): string[] {
  const text = bytes.toString('latin1');
  const addresses = DOMAIN_FORMS.filter((form) => text.includes(form));
  const written = PHONE_FORMS.flatMap(([form, read]) => [...text.matchAll(form)].map(([found]) => read(found)));
  const encoded = options.decode ? [...text.matchAll(BASE64_RUN)].flatMap(([run]) => decoded(run)) : [];
  // The pattern takes as many digits as there are, and a digit may stand behind a number.
  const known = [...written, ...encoded].filter((digits) =>
    [digits, digits.slice(0, -1)].some((number) => phones.has(`+${number}`)),
  );
  return [...addresses, ...known];
}

const decoded = (run: string): string[] =>
  [0, 1, 2, 3].flatMap((start) => {
    const text = Buffer.from(run.slice(start), 'base64url').toString('latin1');
    return [...text.matchAll(PHONE)].map(([found]) => found);
  });

/** Every file of a mesh: its servers' data, which may lie elsewhere behind a link, and everything else in its folder. */
export function filesOf(dataFolder: string): { path: string; content: () => Buffer }[] {
  const below = (root: string, prefix: string) =>
    globSync('**', { cwd: root })
      .filter((path) => statSync(join(root, path), { throwIfNoEntry: false })?.isFile())
      .map((path) => ({ path: join(prefix, path), content: () => readFileSync(join(root, path)) }));
  const others = below(dataFolder, '').filter(({ path }) => !path.startsWith('servers/'));
  return [...below(realpathSync(join(dataFolder, 'servers')), 'servers'), ...others];
}
