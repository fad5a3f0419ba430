/** Makes an element; attributes whose name begins with `on` are listeners, children may be texts, elements or nothing. */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    if (key.startsWith('on')) made.addEventListener(key.slice(2), value);
    else made.setAttribute(key, value === true ? '' : value);
  }
  made.append(...children.flat().filter((child) => child !== undefined && child !== null && child !== ''));
  return made;
}

/** A comment of a contract: paragraphs, lists of `- ` lines, and `code`. */
export function prose(text = '') {
  return text.split(/\n\n+/).map((paragraph) => {
    const lines = paragraph.split('\n');
    const items = lines.filter((line) => line.startsWith('- '));
    const rest = lines.filter((line) => !line.startsWith('- ')).join(' ');
    if (items.length === 0) return element('p', {}, inline(rest));
    const list = element('ul', {}, ...items.map((line) => element('li', {}, inline(line.slice(2)))));
    return element('div', {}, rest ? element('p', {}, inline(rest)) : undefined, list);
  });
}

export const inline = (text = '') =>
  text.split(/`([^`]+)`/).map((part, index) => (index % 2 === 1 ? element('code', {}, part) : part));
