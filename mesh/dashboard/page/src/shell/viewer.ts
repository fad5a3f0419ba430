import { SessionService, type Viewer } from '@kreki/gen/kreki/mesh/v1/session_service_pb.js';
import { useEffect, useState } from 'react';
import { clientOf, SIGNED_OUT } from '../lib/client.ts';

const sessions = clientOf(SessionService);

let opened: Promise<Viewer | undefined> | undefined;

/** Asks who looks at the page, once. The launcher's address carries a key after `#key=`, which opens a session and leaves the address. */
export function openSession(): Promise<Viewer | undefined> {
  const open = async () => {
    const key = new URLSearchParams(location.hash.slice(1)).get('key');
    if (key) history.replaceState(null, '', location.pathname + location.search);
    const answer = key ? await sessions.signInWithKey({ key }) : await sessions.getViewer({});
    return answer.viewer;
  };
  opened ??= open().catch(() => undefined);
  return opened;
}

/** Who looks at the page. */
export function useViewer() {
  const [state, setState] = useState<{ viewer: Viewer | undefined; loading: boolean }>({
    viewer: undefined,
    loading: true,
  });
  useEffect(() => {
    void openSession().then((viewer) => setState({ viewer, loading: false }));
    const signedOut = () => setState({ viewer: undefined, loading: false });
    window.addEventListener(SIGNED_OUT, signedOut);
    return () => window.removeEventListener(SIGNED_OUT, signedOut);
  }, []);
  return {
    ...state,
    signedIn: (viewer: Viewer | undefined) => setState({ viewer, loading: false }),
    signOut: async () => {
      await sessions.signOut({}).catch(() => undefined);
      setState({ viewer: undefined, loading: false });
    },
  };
}
