import { Component, type ReactNode } from 'react';
import { type Text, useText } from '../lib/language.tsx';

const TEXTS = {
  broken: { en: 'This view does not work', id: 'Tampilan ini tidak bekerja' },
  reload: { en: 'Load the page again', id: 'Muat ulang halaman' },
} satisfies Record<string, Text>;

/** Shows what went wrong in a view instead of an empty page. The views around it go on. */
export class Boundary extends Component<{ children: ReactNode }, { error: Error | undefined }> {
  override state: { error: Error | undefined } = { error: undefined };

  static getDerivedStateFromError(error: Error) {
    return { error };
  }

  override render() {
    return this.state.error ? <Broken error={this.state.error} /> : this.props.children;
  }
}

function Broken({ error }: { error: Error }) {
  const t = useText();
  return (
    <div className="state failure" role="alert">
      <strong>{t(TEXTS.broken)}</strong>
      <span>{error.message}</span>
      <button type="button" onClick={() => location.reload()}>
        {t(TEXTS.reload)}
      </button>
    </div>
  );
}
