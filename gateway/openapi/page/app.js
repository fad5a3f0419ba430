import { element, prose } from './dom.js';
import { operationCard } from './operation.js';
import { schemasOf } from './schema.js';

const main = document.getElementById('main');
const contents = document.getElementById('contents');
const filter = document.getElementById('filter');

const openapi = await (await fetch('/openapi.json')).json();
const schemas = schemasOf(openapi);
const operations = Object.entries(openapi.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, described]) => ({ path, method, described, id: described.operationId })),
);
const byTag = openapi.tags
  .map((tag) => ({ tag, operations: operations.filter(({ described }) => described.tags.includes(tag.name)) }))
  .filter((group) => group.operations.length > 0);

main.replaceChildren(
  element('div', { class: 'introduction' }, prose(openapi.info.description)),
  ...byTag.map(({ tag, operations: own }) =>
    element(
      'section',
      {},
      element('h2', { id: tag.name }, title(tag.name)),
      prose(tag.description),
      own.map((operation) => operationCard(operation, schemas)),
    ),
  ),
);
list('');
filter.addEventListener('input', () => list(filter.value.trim().toLowerCase()));
addEventListener('keydown', (event) => {
  if (event.key !== '/' || event.target.matches('input, textarea')) return;
  event.preventDefault();
  filter.focus();
});
addEventListener('hashchange', mark);
document.getElementById(location.hash.slice(1))?.scrollIntoView();

/** Lists what matches all the words of the filter in the sidebar. */
function list(sought) {
  const matches = ({ path, method, described }) => {
    const text = `${method} ${path} ${described.operationId} ${described.summary}`.toLowerCase();
    return sought.split(/\s+/).every((word) => text.includes(word));
  };
  contents.replaceChildren(
    ...byTag.flatMap(({ tag, operations: own }) => {
      const shown = own.filter(matches);
      if (shown.length === 0) return [];
      return [element('h2', {}, title(tag.name)), ...shown.map(entry)];
    }),
  );
  mark();
}

function entry({ id, method, described }) {
  return element(
    'a',
    { href: `#${id}`, title: described.summary },
    element('span', { class: `method ${method}` }, method.toUpperCase()),
    words(id.split('_')[1]),
  );
}

function mark() {
  for (const link of contents.querySelectorAll('a')) {
    if (link.getAttribute('href') === location.hash) link.setAttribute('aria-current', 'true');
    else link.removeAttribute('aria-current');
  }
}

/** `UserAdminService` and `ListUsers` as words. */
function words(name) {
  return name.replace(/(?<=[a-z])(?=[A-Z])/g, ' ');
}

function title(name) {
  return words(name.replace(/Service$/, ''));
}
