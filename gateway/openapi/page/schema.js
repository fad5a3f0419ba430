import { element, inline } from './dom.js';

const LIMITS = {
  minimum: '≥',
  maximum: '≤',
  exclusiveMinimum: '>',
  exclusiveMaximum: '<',
  minLength: 'at least characters',
  maxLength: 'at most characters',
  minItems: 'at least items',
  maxItems: 'at most items',
};

/** Follows references of one document. */
export function schemasOf(openapi) {
  const named = (schema) => schema?.$ref?.split('/').pop();
  const resolve = (schema) => {
    const name = named(schema);
    if (!name) return schema ?? {};
    const { $ref, ...own } = schema;
    return { ...openapi.components.schemas[name], ...own };
  };

  const typeOf = (schema) => {
    const real = resolve(schema);
    if (real.type === 'array') return `${typeOf(real.items)}[]`;
    const name = named(schema);
    if (name) return name.split('.').pop();
    return [real.type ?? 'any', real.format && `(${real.format})`].filter(Boolean).join(' ');
  };

  const limitsOf = (schema) => {
    const real = { ...resolve(schema), ...schema };
    return Object.entries(LIMITS)
      .filter(([keyword]) => real[keyword] !== undefined)
      .map(([keyword, word]) =>
        word.includes(' ') ? word.replace(/(least|most)/, `$1 ${real[keyword]}`) : `${word} ${real[keyword]}`,
      )
      .concat(real.pattern ? [`matches ${real.pattern}`] : [])
      .join(', ');
  };

  /** One line for a field, and its own fields within. */
  const field = (name, schema, required, trail) => {
    const inner = resolve(schema.type === 'array' ? schema.items : schema);
    const limits = limitsOf(schema);
    const type = typeOf(schema);
    const open = inner.properties && !trail.includes(type);
    const values = inner.enum ? inner.enum.flatMap((value) => [element('code', {}, value), ' ']) : undefined;
    return element(
      'li',
      {},
      element('span', { class: 'name path' }, name),
      ' ',
      element('span', { class: 'type' }, type, limits ? `, ${limits}` : ''),
      required ? element('span', { class: 'needed' }, ' required') : undefined,
      element('span', { class: 'says' }, inline(schema.description ?? '')),
      values ? element('span', { class: 'says quiet' }, values) : undefined,
      open ? element('details', {}, element('summary', {}, 'fields'), fields(inner, [...trail, type])) : undefined,
    );
  };

  const fields = (schema, trail = []) => {
    const real = resolve(schema);
    const entries = Object.entries(real.properties ?? {});
    if (entries.length === 0) return element('p', { class: 'quiet' }, real.properties ? 'No fields.' : typeOf(schema));
    const needed = new Set(real.required);
    return element(
      'ul',
      { class: 'fields' },
      entries.map(([name, inner]) => field(name, inner, needed.has(name), trail)),
    );
  };

  /** A value that the schema would take, to begin from. */
  const example = (schema, depth = 0) => {
    const real = resolve(schema);
    if (real.enum) return real.enum.find((value) => !value.endsWith('_UNSPECIFIED')) ?? real.enum[0];
    if (real.type === 'array') return depth > 2 ? [] : [example(real.items, depth + 1)];
    if (real.type === 'integer' || real.type === 'number')
      return Math.max(real.minimum ?? 0, Math.min(1, real.maximum ?? 1));
    if (real.type === 'boolean') return false;
    if (real.format === 'uuid') return '00000000-0000-7000-8000-000000000000';
    if (real.format === 'email') return 'citra@example.id';
    if (real.format === 'date-time') return new Date().toISOString();
    if (real.type !== 'object') return '';
    const entries = Object.entries(real.properties ?? {}).filter(
      ([name]) => depth === 0 || real.required?.includes(name) || depth < 2,
    );
    return Object.fromEntries(entries.map(([name, inner]) => [name, example(inner, depth + 1)]));
  };

  return { fields, field, example };
}
