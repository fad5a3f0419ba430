import { type Text, useText } from '../lib/language.tsx';

/** Opens the next page of a list; nothing when there is none. */
export function NextPage({ token, title, onOpen }: { token: string; title: Text; onOpen: (token: string) => void }) {
  const t = useText();
  if (!token) return null;
  return (
    <button type="button" onClick={() => onOpen(token)}>
      {t(title)}
    </button>
  );
}
