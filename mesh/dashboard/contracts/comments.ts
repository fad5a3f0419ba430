import comments from '@kreki/gen/kreki/comments.json' with { type: 'json' };

const known: Readonly<Record<string, string>> = comments;

/** What the contract says of something, by its full name; empty for what is not ours. */
export const commentOf = (name: string): string => known[name] ?? '';
