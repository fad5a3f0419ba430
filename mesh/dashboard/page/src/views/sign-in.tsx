import { ConnectError } from '@connectrpc/connect';
import { SessionService, type Viewer } from '@kreki/gen/kreki/mesh/v1/session_service_pb.js';
import { type FormEvent, useState } from 'react';
import { clientOf } from '../lib/client.ts';
import { useText } from '../lib/language.tsx';

const sessions = clientOf(SessionService);
const TEXTS = {
  title: { en: 'Sign in with KREKI ID', id: 'Masuk dengan KREKI ID' },
  note: {
    en: 'For platform engineers. The address that `npm start` prints opens this page signed in.',
    id: 'Untuk insinyur platform. Alamat yang dicetak `npm start` membuka halaman ini dalam keadaan masuk.',
  },
  email: { en: 'E-mail', id: 'Surel' },
  password: { en: 'Password', id: 'Kata sandi' },
  enter: { en: 'Sign in', id: 'Masuk' },
};

export function SignIn({ onSignedIn }: { onSignedIn: (viewer: Viewer | undefined) => void }) {
  const t = useText();
  const [problem, setProblem] = useState('');
  const [busy, setBusy] = useState(false);
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setBusy(true);
    try {
      const { viewer } = await sessions.signIn({
        email: String(form.get('email')),
        password: String(form.get('password')),
      });
      onSignedIn(viewer);
    } catch (error) {
      setProblem(ConnectError.from(error).rawMessage);
    } finally {
      setBusy(false);
    }
  };
  return (
    <main className="sign-in">
      <form onSubmit={submit}>
        <img src="/icon.svg" alt="" width="44" height="44" />
        <h1>{t(TEXTS.title)}</h1>
        <label>
          {t(TEXTS.email)}
          <input name="email" type="email" autoComplete="username" required />
        </label>
        <label>
          {t(TEXTS.password)}
          <input name="password" type="password" autoComplete="current-password" required />
        </label>
        {problem && <p role="alert">{problem}</p>}
        <button type="submit" className="primary" disabled={busy}>
          {t(TEXTS.enter)}
        </button>
        <p className="note">{t(TEXTS.note)}</p>
      </form>
    </main>
  );
}
