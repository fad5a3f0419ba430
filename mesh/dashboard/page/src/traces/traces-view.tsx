import { Route, Switch } from 'wouter';
import { StoryPage } from './story-page.tsx';
import { TracePage } from './trace-page.tsx';
import { TraceSearch } from './trace-search.tsx';

/** `/traces` searches; `/traces/<trace id>` shows one; `/traces/story/<emergency id>` tells all of an emergency. */
export default function TracesView() {
  return (
    <Switch>
      <Route path="/traces/story/:id">{({ id }) => <StoryPage id={id} />}</Route>
      <Route path="/traces/:id">{({ id }) => <TracePage id={id} />}</Route>
      <Route>
        <TraceSearch />
      </Route>
    </Switch>
  );
}
