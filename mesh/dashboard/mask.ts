/** Names, by their last part, under which personal data may turn up in what was recorded. */
const PRIVATE =
  /(^|[._])(e?mail|phone|nik|(full|display|responder|requester|volunteer|contact)_?name|password|secret|token|authorization|cookie|latitude|longitude|description|client[._]address)$/i;

export const MASK = '•••';

export const isPrivate = (name: string): boolean => PRIVATE.test(name);

/** Attributes with what may be personal hidden. */
export const masked = (attributes: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, isPrivate(name) ? MASK : value]));
