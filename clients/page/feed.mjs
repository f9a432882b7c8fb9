// The list of blocks: best first, then final.

import { follow } from '../src/chain.mjs';
import { $, element, short } from './dom.mjs';

const KEPT = 50;

/** Follows the chain. Returns a function that stops it. */
export async function feed(api) {
	/** The rows by height. A block of the best chain replaces that of a fork. */
	const rows = new Map();
	const show = ({ number, hash, events }, final) => {
		const ours = events.filter(({ name }) => name.startsWith('virt.'));
		const failed = events.filter(({ name }) => name === 'system.ExtrinsicFailed').length;
		const text = [
			...ours.map(({ name }) => name.slice('virt.'.length)),
			...(failed ? [`${failed} failed`] : []),
		].join(', ');
		const row = element(
			'li', { class: final ? 'final' : null, 'data-number': number },
			element('b', {}, `#${number}`),
			element('code', { title: hash }, short(hash)),
			element('span', { class: 'state' }, final ? 'final' : 'best'),
			element('span', {}, text || '–'),
		);
		rows.get(number)?.remove();
		rows.set(number, row);
		const next = [...$('blocks').children].find((other) => Number(other.dataset.number) < number);
		$('blocks').insertBefore(row, next ?? null);
		while ($('blocks').children.length > KEPT) {
			rows.delete(Number($('blocks').lastChild.dataset.number));
			$('blocks').lastChild.remove();
		}
		const height = $(final ? 'finalized' : 'best');
		height.textContent = `#${number}`;
	};
	$('blocks').replaceChildren();
	let final = -1;
	const stops = await Promise.all([
		follow(api, (block) => {
			// With instant finality, the finality notification may arrive first.
			if (block.number > final) show(block, false);
			else $('best').textContent = `#${block.number}`;
		}, { finalized: false }),
		follow(api, (block) => {
			final = block.number;
			show(block, true);
		}),
	]);
	return () => stops.forEach((stop) => stop());
}
