// Formats values as text.

/** An integer with thousands separators. */
export const count = (value) => value.toString().replace(/\B(?=(\d{3})+$)/g, ',');

/** A balance in the chain's unit. */
export function units(api, value) {
	const decimals = api.registry.chainDecimals[0];
	const digits = value.toString().padStart(decimals + 1, '0');
	const whole = count(digits.slice(0, -decimals));
	const part = digits.slice(-decimals).replace(/0+$/, '');
	return `${whole}${part && `.${part}`} ${api.registry.chainTokens[0]}`;
}

/** Untrusted text, without line breaks and control characters. */
export const printable = (text) => text.replace(/\p{Cc}/gu, (character) =>
	({ '\n': '\\n', '\r': '\\r', '\t': '\\t' })[character] ?? `\\u{${character.codePointAt(0).toString(16)}}`);

/** A plain value on one line, without the quotes of JSON. */
export function flat(value) {
	if (value === null || typeof value !== 'object') return printable(String(value));
	if (Array.isArray(value)) return `[${value.map(flat).join(', ')}]`;
	const entries = value instanceof Map ? [...value] : Object.entries(value);
	return `{ ${entries.map(([key, inner]) => `${flat(key)}: ${flat(inner)}`).join(', ')} }`;
}

/** Converts an amount in the chain's unit, such as `1.5`, to the smallest unit. No text is 0. */
export function fromUnits(api, text) {
	const decimals = api.registry.chainDecimals[0];
	const [, whole, part = ''] = text.trim().replaceAll(',', '').match(/^(\d+)(?:\.(\d+))?$/) ?? [];
	if (text.trim() === '') return 0n;
	if (whole === undefined || part.length > decimals) throw new Error(`${text} is not an amount of ${api.registry.chainTokens[0]}`);
	return BigInt(whole + part.padEnd(decimals, '0'));
}
