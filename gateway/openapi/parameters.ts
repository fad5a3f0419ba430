import type { DescField, DescMessage } from '@bufbuild/protobuf';
import { findField, takesText } from '../rest/bind.ts';
import type { Route } from '../rest/routes.ts';
import { isRequired } from './constraints.ts';
import type { Schema, Schemas } from './schema.ts';

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query';
  readonly required: boolean;
  readonly description?: unknown;
  readonly schema: Schema;
}

/** Messages within messages are followed no deeper than a query would be written. */
const MAX_DEPTH = 4;

export function parametersOf({ target, template, body }: Route, schemas: Schemas): Parameter[] {
  const { input } = target.method;
  const inPath = template.captures.map(({ field }) => field);
  const path = inPath.map((name): Parameter => parameter(name, 'path', true, findField(input, name).field, schemas));
  if (body === '*') return path;
  const taken = new Set([...inPath, ...(body ? [body.name] : [])]);
  const query = leaves(input, '', MAX_DEPTH, true).filter(
    ({ name }) => !taken.has(name) && !(body && name.startsWith(`${body.name}.`)),
  );
  return [...path, ...query.map(({ name, field, required }) => parameter(name, 'query', required, field, schemas))];
}

function parameter(name: string, place: 'path' | 'query', required: boolean, field: DescField, schemas: Schemas) {
  const { description, ...schema } = schemas.field(field);
  const shown = place === 'query' ? camelCase(name, field) : name;
  return { name: shown, in: place, required, ...(description ? { description } : {}), schema };
}

interface Leaf {
  readonly name: string;
  readonly field: DescField;
  readonly required: boolean;
}

function leaves(message: DescMessage, prefix: string, depth: number, required: boolean): Leaf[] {
  return message.fields.flatMap((field): Leaf[] => {
    const name = `${prefix}${field.name}`;
    const needed = required && isRequired(field);
    if (takesText(field)) return [{ name, field, required: needed }];
    if (field.fieldKind !== 'message' || depth === 0) return [];
    return leaves(field.message, `${name}.`, depth - 1, needed);
  });
}

/** A query's names are written as JSON's are; a path's stay as the contract's template has them. */
const camelCase = (name: string, field: DescField): string =>
  [...name.split('.').slice(0, -1).map(lowerCamel), field.jsonName].join('.');

const lowerCamel = (name: string) => name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
