/** Path templates of google.api.http: `/api/auth/roles/{role.name}`, `/v1/{name=shelves/*}/books`, `/files/{path=**}:download`. */

/** What a segment of a path must be: a given text, any one segment, or all that are left. */
export type Segment = { readonly literal: string } | '*' | '**';

export interface Capture {
  /** Field path, such as `role.name`. */
  readonly field: string;
  /** Index of its first segment, and of the one after its last; the latter undefined when it takes all that are left. */
  readonly start: number;
  readonly end: number | undefined;
}

export interface Template {
  readonly segments: readonly Segment[];
  readonly captures: readonly Capture[];
  /** The custom verb after the colon; empty without. */
  readonly verb: string;
}

/** Throws when the template is not well-formed: a contract that cannot be routed must not start. */
export function parseTemplate(source: string): Template {
  const [, path = '', verb = ''] = /^\/((?:[^:{}]|\{[^{}]*\})*)(?::([^:/{}]+))?$/.exec(source) ?? [];
  if (!path) throw new Error(`"${source}" is no path template`);
  const segments: Segment[] = [];
  const captures: Capture[] = [];
  for (const part of path.match(/\{[^{}]*\}|[^/{}]+/g) ?? []) {
    const variable = /^\{([\w.]+)(?:=([^{}]+))?\}$/.exec(part);
    if (!variable && /[{}]/.test(part)) throw new Error(`"${source}" has an ill-formed variable ${part}`);
    const inner = variable ? (variable[2] ?? '*') : part;
    const start = segments.length;
    segments.push(...inner.split('/').map(segmentOf));
    if (variable) {
      const open = segments.at(-1) === '**';
      captures.push({ field: variable[1] ?? '', start, end: open ? undefined : segments.length });
    }
  }
  const rest = segments.indexOf('**');
  if (rest !== -1 && rest !== segments.length - 1) throw new Error(`"${source}" has ** before its end`);
  return { segments, captures, verb };
}

const segmentOf = (text: string): Segment => (text === '*' || text === '**' ? text : { literal: text });
