/** JSON as a person reads it. */
export function Json({ text }: { text: string }) {
  let pretty = text;
  try {
    pretty = JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    // What is no JSON is shown as it came.
  }
  return <pre className="json">{pretty}</pre>;
}
