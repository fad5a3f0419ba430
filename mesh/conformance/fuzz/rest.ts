import type { DescMessage } from '@bufbuild/protobuf';
import fc from 'fast-check';
import type { HttpRequest } from '../wire/http.ts';
import type { Binding } from '../wire/rest.ts';
import { anyJson } from './json.ts';
import { anyDuration, anyNumber, anyText, anyTime } from './values.ts';

/** Requests of a route: anything in its path, its query and its body. */
export function anyRest(binding: Binding, input: DescMessage, known: readonly string[]): fc.Arbitrary<HttpRequest> {
  const { httpMethod, template, body } = binding;
  const parts = template.split(/\{[^{}]*\}/);
  const segments = fc.tuple(...parts.slice(1).map(() => segment(known)));
  const path = segments.map((each) => parts.map((part, index) => `${part}${each[index] ?? ''}`).join(''));
  const query = fc.array(
    fc.tuple(fc.constantFrom(...parametersOf(input), 'x', '', '__proto__', 'a.b.c'), parameter(known)),
    {
      maxLength: body === '*' ? 1 : 5,
    },
  );
  const content = body === '' ? fc.constant(undefined) : anyJson(input, known).map((text) => Buffer.from(text));
  return fc.tuple(path, query, content).map(([where, asked, sent]) => {
    const search = asked.map(([name, value]) => `${encode(name)}=${encode(value)}`).join('&');
    return {
      version: 1,
      method: httpMethod,
      path: search ? `${where}?${search}` : where,
      headers: sent === undefined ? {} : { 'content-type': 'application/json' },
      body: sent,
    };
  });
}

/** Text for a path, encoded as it should be, or not at all where it need not. */
const segment = (known: readonly string[]): fc.Arbitrary<string> =>
  fc.oneof(
    {
      weight: 3,
      arbitrary: fc.constantFrom(...known, 'me', '..', '.', '%2e%2e', '%2f', '%00', '%ff', '%', ':', ';', '*', ''),
    },
    { weight: 3, arbitrary: fc.uuid() },
    { weight: 3, arbitrary: anyText(known).map((text) => encode(text.slice(0, 2_000))) },
  );

const parameter = (known: readonly string[]): fc.Arbitrary<string> =>
  fc.oneof(anyNumber, anyText(known), anyTime, anyDuration, fc.constantFrom('true', 'false', 'TRUE', '1'));

/** Names of all fields, those of messages within too. */
function parametersOf(message: DescMessage, prefix = '', depth = 0): string[] {
  return message.fields.flatMap((field) => {
    const name = `${prefix}${field.name}`;
    const inner = field.message && depth < 2 ? parametersOf(field.message, `${name}.`, depth + 1) : [];
    return [name, `${prefix}${field.jsonName}`, ...inner];
  });
}

/** Half of a surrogate pair cannot be percent-encoded. */
const encode = (text: string): string => encodeURIComponent(text.slice(0, 4_000).toWellFormed());
