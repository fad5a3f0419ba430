import { useEffect, useRef } from 'react';
import { useText } from '../lib/language.tsx';

const CANCEL = { en: 'Cancel', id: 'Batal' };

/** Asks before something is done that cannot be undone. */
export function Confirm(props: { question: string; action: string; onConfirm: () => void; onCancel: () => void }) {
  const t = useText();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} onClose={props.onCancel} aria-label={props.question}>
      <p>{props.question}</p>
      <div className="actions">
        <button type="button" onClick={props.onCancel}>
          {t(CANCEL)}
        </button>
        <button type="button" className="primary" onClick={props.onConfirm}>
          {props.action}
        </button>
      </div>
    </dialog>
  );
}
