import { element } from './dom.js';

/** A form that calls an operation, and shows the same call as a curl command. */
export function trial({ method, path, described }, bodySchema, schemas) {
  const inputs = (described.parameters ?? []).map((parameter) => ({
    ...parameter,
    input: element('input', { placeholder: parameter.required ? 'required' : '' }),
  }));
  const hasJson = bodySchema && described.requestBody.content['application/json'];
  const body = hasJson ? element('textarea', { rows: 8, spellcheck: 'false', 'aria-label': 'Body' }) : undefined;
  if (body) body.value = JSON.stringify(schemas.example(bodySchema), null, 2);
  const output = element('pre', { hidden: true });

  const request = () => {
    const query = new URLSearchParams();
    let target = path;
    for (const { name, in: place, input } of inputs) {
      if (place === 'path') target = target.replace(`{${name}}`, encodeURIComponent(input.value));
      else if (input.value !== '') query.append(name, input.value);
    }
    const token = document.getElementById('token').value.trim();
    const headers = {
      ...(token && described.security.length > 0 && { authorization: `Bearer ${token}` }),
      ...(body && { 'content-type': 'application/json' }),
    };
    return { url: `${target}${query.size > 0 ? `?${query}` : ''}`, headers, body: body?.value };
  };
  const show = (text) => {
    output.hidden = false;
    output.textContent = text;
  };

  const send = async (event) => {
    event.preventDefault();
    const { url, headers, body: sent } = request();
    show('…');
    try {
      const answer = await fetch(url, {
        method: method.toUpperCase(),
        headers,
        ...(sent !== undefined && { body: sent }),
      });
      await showAnswer(answer, show);
    } catch (error) {
      show(String(error));
    }
  };
  const curl = () => {
    const { url, headers, body: sent } = request();
    const words = [`curl -X ${method.toUpperCase()} '${location.origin}${url}'`];
    for (const [name, value] of Object.entries(headers)) words.push(`-H '${name}: ${value}'`);
    if (sent) words.push(`-d '${sent.replaceAll("'", "'\\''")}'`);
    show(words.join(' \\\n  '));
  };

  return element(
    'details',
    { class: 'try' },
    element('summary', {}, 'Try it'),
    element(
      'form',
      { onsubmit: send },
      inputs.map(({ name, input }) => element('label', {}, element('span', { class: 'path' }, name), input)),
      body,
      element('button', {}, 'Send'),
      ' ',
      element(
        'a',
        {
          href: '#',
          onclick: (event) => {
            event.preventDefault();
            curl();
          },
        },
        'as curl',
      ),
    ),
    output,
  );
}

/** Shows a stream as it comes, and any other answer whole. */
async function showAnswer(answer, show) {
  const head = `${answer.status} ${answer.statusText}\n\n`;
  if (!answer.headers.get('content-type')?.includes('ndjson')) {
    const text = await answer.text();
    show(head + pretty(text));
    return;
  }
  let shown = head;
  for await (const part of answer.body.pipeThrough(new TextDecoderStream())) {
    shown += part;
    show(shown);
  }
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
