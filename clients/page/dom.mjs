// Creates HTML elements. Text is never parsed as HTML.

/** The element with an id. */
export const $ = (id) => document.getElementById(id);

/**
 * `element('p', { class: 'note' }, 'some', element('b', {}, 'text'))`; children that are `null` are
 * omitted.
 */
export function element(tag, attributes = {}, ...children) {
	const made = document.createElement(tag);
	for (const [name, value] of Object.entries(attributes)) {
		if (value === true) made.setAttribute(name, '');
		else if (value !== false && value !== null) made.setAttribute(name, value);
	}
	made.append(...children.flat().filter((child) => child !== null));
	return made;
}

/** Fills a select with options, and keeps the selected one if it still exists. */
export function offer(select, options) {
	const chosen = select.value;
	select.replaceChildren(...options.map(([value, text]) => element('option', { value }, text)));
	if (options.some(([value]) => value === chosen)) select.value = chosen;
}

/** The start and the end of a long hash. */
export const short = (text) => (text.length > 20 ? `${text.slice(0, 8)}…${text.slice(-6)}` : text);
