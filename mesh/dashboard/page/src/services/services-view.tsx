import { Route, Switch } from 'wouter';
import { ServicePage } from './service-page.tsx';
import { ServiceTable } from './service-table.tsx';

/** `/services` lists; `/services/emergency` shows one. */
export default function ServicesView() {
  return (
    <Switch>
      <Route path="/services/:name">{({ name }) => <ServicePage name={name} />}</Route>
      <Route>
        <ServiceTable />
      </Route>
    </Switch>
  );
}
