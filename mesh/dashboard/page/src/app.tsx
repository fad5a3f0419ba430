import { Suspense } from 'react';
import { Redirect, Route, Switch } from 'wouter';
import { Boundary } from './parts/boundary.tsx';
import { Loading } from './parts/state.tsx';
import { MayChangeContext } from './shell/may-change.ts';
import { Shell } from './shell/shell.tsx';
import { useViewer } from './shell/viewer.ts';
import { SignIn } from './views/sign-in.tsx';
import { VIEWS } from './views/views.ts';

/** Everything needs a session; then the address says which view is shown. */
export function App() {
  const { viewer, loading, signedIn, signOut } = useViewer();
  if (loading) return <Loading />;
  if (!viewer) return <SignIn onSignedIn={signedIn} />;
  return (
    <Shell viewer={viewer} onSignOut={signOut}>
      <MayChangeContext value={viewer.mayChange}>
        <Suspense fallback={<Loading />}>
          <Switch>
            {VIEWS.map(({ path, component: View }) => (
              <Route key={path} path={`${path}/*?`}>
                <Boundary>
                  <View />
                </Boundary>
              </Route>
            ))}
            <Redirect to="/map" replace />
          </Switch>
        </Suspense>
      </MayChangeContext>
    </Shell>
  );
}
