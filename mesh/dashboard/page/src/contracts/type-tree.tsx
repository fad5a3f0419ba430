import type { TypeContract } from '@kreki/gen/kreki/mesh/v1/contract_service_pb.js';

/** A message with its fields; those that are messages of ours open on a click. */
export function TypeTree({
  name,
  types,
  above = [],
}: {
  name: string;
  types: ReadonlyMap<string, TypeContract>;
  /** Messages that this one is inside of: a message inside itself is not opened again. */
  above?: readonly string[];
}) {
  const type = types.get(name);
  if (!type) return <code>{name}</code>;
  return (
    <div className="type">
      <p className="note">{type.comment}</p>
      <ul>
        {type.fields.map((field) => (
          <li key={field.name}>
            <code>
              <b>{field.name}</b> {field.type || `= ${field.number}`}
            </code>{' '}
            <span className="muted">{field.comment}</span> {field.rules && <span className="tag">{field.rules}</span>}
            {types.has(field.typeName) && !above.includes(field.typeName) && (
              <details>
                <summary>{field.typeName.split('.').pop()}</summary>
                <TypeTree name={field.typeName} types={types} above={[...above, name]} />
              </details>
            )}
          </li>
        ))}
      </ul>
    </div>
  );
}
