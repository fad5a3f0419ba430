import { element, prose } from './dom.js';
import { trial } from './trial.js';

/** One operation as a card: what it does, who may call it, what it takes and answers, and a way to try it. */
export function operationCard(operation, schemas) {
  const { method, path, id, described } = operation;
  const bodySchema = contentSchema(described.requestBody);
  const answer = described.responses['200'];
  const answerSchema = contentSchema(answer);
  const kinds = Object.keys(answer.content ?? {});
  return element(
    'article',
    { id },
    element(
      'h3',
      {},
      element('span', { class: `method ${method}` }, method.toUpperCase()),
      element('span', { class: 'path' }, path),
    ),
    prose(described.description),
    facts(described),
    described.parameters ? [element('h4', {}, 'Parameters'), parameters(described.parameters, schemas)] : undefined,
    bodySchema ? [element('h4', {}, 'Body'), schemas.fields(bodySchema)] : undefined,
    element('h4', {}, kinds.includes('application/x-ndjson') ? 'Answers, a stream of' : 'Answer'),
    answerSchema ? schemas.fields(answerSchema) : undefined,
    trial(operation, bodySchema, schemas),
  );
}

const contentSchema = (part) => Object.values(part?.content ?? {})[0]?.schema;

function facts(described) {
  const words = [
    `for ${described['x-kreki-access']}`,
    described['x-kreki-deadline'] && `within ${described['x-kreki-deadline']}`,
    described['x-kreki-rate-limit'] && `at most ${described['x-kreki-rate-limit']}`,
    described['x-kreki-rpc'],
  ];
  return element(
    'ul',
    { class: 'facts' },
    words.filter(Boolean).map((word) => element('li', {}, word)),
  );
}

const parameters = (all, schemas) =>
  element(
    'ul',
    { class: 'fields' },
    all.map(({ name, schema, required, description }) => schemas.field(name, { ...schema, description }, required, [])),
  );
