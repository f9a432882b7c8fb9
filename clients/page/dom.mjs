// Elements, made in a line. Text is never read as HTML.

/** An element by its id. */
export const $ = (id) => document.getElementById(id);

/** `element('p', { class: 'note' }, 'some', element('b', {}, 'text'))`; children of `null` are left out. */
export function element(tag, attributes = {}, ...children) {
	const made = document.createElement(tag);
	for (const [name, value] of Object.entries(attributes)) {
		if (value === true) made.setAttribute(name, '');
		else if (value !== false && value !== null) made.setAttribute(name, value);
	}
	made.append(...children.flat().filter((child) => child !== null));
	return made;
}

/** Puts options into a select, and keeps what was chosen where it is still there. */
export function offer(select, options) {
	const chosen = select.value;
	select.replaceChildren(...options.map(([value, text]) => element('option', { value }, text)));
	if (options.some(([value]) => value === chosen)) select.value = chosen;
}

/** The start and the end of a long hash. */
export const short = (text) => (text.length > 20 ? `${text.slice(0, 8)}…${text.slice(-6)}` : text);
