import { Code, type ConnectError } from '@connectrpc/connect';
import type { SourceStatus } from '@kreki/gen/kreki/mesh/v1/signals_pb.js';
import type { ReactNode } from 'react';
import { type Text, useText } from '../lib/language.tsx';

const TEXTS = {
  loading: { en: 'Loading…', id: 'Memuat…' },
  failed: { en: 'This could not be read', id: 'Ini tidak dapat dibaca' },
  denied: { en: 'Your role may not see this', id: 'Peran Anda tidak boleh melihat ini' },
  again: { en: 'It is tried again by itself.', id: 'Akan dicoba lagi dengan sendirinya.' },
  partial: { en: 'Not everything can be shown', id: 'Tidak semuanya dapat ditampilkan' },
};

export function Loading() {
  const t = useText();
  return (
    <div className="state" role="status">
      <span className="spinner" aria-hidden="true" />
      {t(TEXTS.loading)}
    </div>
  );
}

/** Says why there is nothing to see, and what to do. */
export function Failure({ error }: { error: ConnectError }) {
  const t = useText();
  const denied = error.code === Code.PermissionDenied;
  return (
    <div className="state failure" role="alert">
      <strong>{t(denied ? TEXTS.denied : TEXTS.failed)}</strong>
      <span>{error.rawMessage}</span>
      {!denied && <span className="note">{t(TEXTS.again)}</span>}
    </div>
  );
}

/** There is nothing, and that is no fault: `hint` says what would make something appear. */
export function Empty({ title, hint }: { title: Text; hint?: Text | undefined }) {
  const t = useText();
  return (
    <div className="state">
      <strong>{t(title)}</strong>
      {hint && <span className="note">{t(hint)}</span>}
    </div>
  );
}

/** Sources that could not be read, each with what is wrong; nothing when all could. */
export function SourceNotices({ sources }: { sources: readonly SourceStatus[] }) {
  const t = useText();
  const missing = sources.filter(({ available }) => !available);
  if (missing.length === 0) return null;
  return (
    <div className="notices" role="status">
      <strong>{t(TEXTS.partial)}</strong>
      {missing.map(({ name, problem }) => (
        <span key={name}>
          <code>{name}</code> {problem}
        </span>
      ))}
    </div>
  );
}

/** A view's data, or what stands in for it; an error beside data that is still shown is told above it. */
export function Shown<T>({
  live: { value, error, loading },
  children,
}: {
  live: { value: T | undefined; error: ConnectError | undefined; loading: boolean };
  children: (value: T) => ReactNode;
}) {
  if (value !== undefined) {
    return (
      <>
        {error && <Failure error={error} />}
        {children(value)}
      </>
    );
  }
  if (error) return <Failure error={error} />;
  return loading ? <Loading /> : null;
}
