/** Plain objects as YAML that people read: in their own order, with the comments that were put to them. */
import { Document, isMap, isScalar, isSeq, type Node } from 'yaml';

const remarks = new WeakMap<object, Readonly<Record<string, string>>>();

/** Puts comments above keys of an object; they appear where it is rendered. */
export function explained<T extends object>(value: T, comments: { readonly [K in keyof T]?: string }): T {
  remarks.set(value, { ...remarks.get(value), ...comments } as Record<string, string>);
  return value;
}

const HEADER = ' Rendered from mesh/topology.ts by `npm run render`; changes made here are lost.';

/** One YAML file of one or more documents. */
export function toYaml(documents: readonly object[], about: string): string {
  return documents
    .map((value, index) => {
      const document = new Document(value, { aliasDuplicateObjects: false });
      if (document.contents) comment(value, document.contents);
      if (index === 0) document.commentBefore = `${HEADER}\n ${about}`;
      return document.toString({ lineWidth: 0, singleQuote: true });
    })
    .join('---\n');
}

function comment(value: unknown, node: Node): void {
  if (typeof value !== 'object' || value === null) return;
  if (isSeq(node)) {
    for (const [index, item] of node.items.entries()) comment((value as unknown[])[index], item as Node);
  } else if (isMap(node)) {
    const own = remarks.get(value);
    for (const { key, value: inner } of node.items) {
      if (!isScalar(key)) continue;
      const name = String(key.value);
      const remark = own?.[name];
      if (remark) key.commentBefore = remark.replace(/^/gm, ' ');
      comment((value as Record<string, unknown>)[name], inner as Node);
    }
  }
}
