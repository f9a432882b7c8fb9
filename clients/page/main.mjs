// The page: its inputs and buttons. Calls are in chain.mjs, types in abi.mjs, cards in outcome.mjs,
// traces in trace.mjs and blocks in feed.mjs.

import { hexToU8a, isHex, u8aToHex } from '@polkadot/util';
import { blake2AsHex } from '@polkadot/util-crypto';

import { Abi, withData } from '../src/abi.mjs';
import {
	NOTHING, accounts, attempt, connect, disconnect, dryRun, eventOf, exportsOf, tx, weight,
} from '../src/chain.mjs';
import { count, fromUnits } from '../src/format.mjs';
import { traceCall, traceIn } from '../src/trace.mjs';
import { $, element, offer, short } from './dom.mjs';
import { feed } from './feed.mjs';
import { showFailure, showOutcome } from './outcome.mjs';
import { traceOf } from './trace.mjs';

const INSTANTIATE = $('instantiate').elements;
const CALL = $('call').elements;
/** The value of the select for no account. */
const ONCE = '';

const signers = await accounts();

/** The connection; null before the first one. */
let api = null;
let stopFeed = () => {};
/** The last requested address. */
let wanted = null;

/** The dropped files by code hash: `name`, `code` (null if there is only an ABI) and `abi`. */
const dropped = new Map();

/** The stored programs, by code hash. */
let stored = new Map();

/** The exports of the selected program, if it has no ABI. */
let exported = [];

const program = () => ({ name: null, code: null, abi: null, ...dropped.get($('program').value) });
const nameOf = (hash) => dropped.get(hash)?.name ?? short(hash);
const signer = () => signers[$('signer').value];

// Connection

async function open(url) {
	stopFeed();
	if (api) await disconnect(api);
	status(`Connecting to ${url}`, false);
	wanted = url;
	const opened = await connect(url);
	// Another node was requested meanwhile.
	if (wanted !== url) return disconnect(opened);
	api = opened;
	const chain = (await api.rpc.system.chain()).toString();
	const { specName, specVersion } = api.runtimeVersion;
	const up = () => status(`${chain}, ${specName}-${specVersion}`, true);
	up();
	api.on('disconnected', () => status(`Lost ${url}; trying again`, false));
	api.on('connected', up);
	stopFeed = await feed(api);
	await refresh();
}

function status(text, up) {
	$('status').textContent = text;
	$('status').classList.toggle('up', up);
	for (const button of document.querySelectorAll('main button')) button.disabled = !up;
}

// Selection

/** Reads the chain's state and shows it. */
async function refresh() {
	if (api) {
		const found = await api.query.virt.programs.entries();
		stored = new Map(found.map(([key, info]) => [key.args[0].toHex(), info.unwrap()]));
	}
	const hashes = new Set([...dropped.keys(), ...stored.keys()]);
	offer($('program'), hashes.size > 0
		? [...hashes].map((hash) => [hash, `${nameOf(hash)}${stored.has(hash) ? '' : ' (not stored)'}`])
		: [['', 'none yet']]);
	await showProgram();
}

async function showProgram() {
	const hash = $('program').value;
	const { code, abi } = program();
	const info = stored.get(hash);
	exported = info && !abi ? await exportsOf(api, hash) : [];
	// The field `size`, which polkadot-js renames because codecs have a `size`.
	const size = info?.size_.toNumber() ?? code?.length;
	const owners = info ? (await api.query.virt.owners.keys(hash)).map(({ args: [, owner] }) => owner.toString()) : [];
	const nameOfOwner = (owner) =>
		Object.values(signers).find(({ address }) => address === owner)?.meta.name ?? short(owner);
	$('about').textContent = hash === '' ? '' : [
		info
			? `${count(size)} bytes, owned by ${owners.map(nameOfOwner).join(', ')}`
			: `${count(size)} bytes, not stored yet`,
		abi ? null : 'no ABI, so entries take and give bytes: drop name.abi.json',
	].filter(Boolean).join('; ');
	$('try-upload').disabled = $('upload').disabled = !api || !code;
	for (const form of ['instantiate', 'call']) {
		for (const button of $(form).querySelectorAll('button')) button.disabled = !info;
	}
	showArguments($('instantiate'), abi, 'init');
	offer(CALL.entry, (abi ? abi.entries : exported).filter((name) => !['init', 'migrate'].includes(name)).map((name) => [name, name]));
	offer(CALL.account, [...(await accountsOf(hash)), [ONCE, 'none: run it once']]);
	if ($('call').dataset.program !== hash) CALL.account.selectedIndex = 0;
	$('call').dataset.program = hash;
	showEntry();
}

/** The account programs that use the program. */
async function accountsOf(hash) {
	if (!api || hash === '') return [];
	const found = await api.query.virt.accounts.entries();
	return found.filter(([, info]) => info.unwrap().codeHash.toHex() === hash).map(([key]) => {
		const address = key.args[0].toString();
		return [address, address];
	});
}

function showEntry() {
	const { abi } = program();
	const entry = CALL.entry.value;
	$('call').querySelector('.docs').textContent = abi && entry ? abi.entry(entry).docs : '';
	CALL.value.disabled = CALL.account.value === ONCE;
	showArguments($('call'), abi, entry);
}

/** A field for each argument, or one for the bytes. */
function showArguments(form, abi, entry) {
	const shown = [$('program').value, entry, abi !== null].join();
	if (form.dataset.shown === shown) return; // What was typed stays.
	form.dataset.shown = shown;
	const wanted = abi
		? (abi.entries.includes(entry) ? abi.entry(entry).arguments : [])
		: [{ name: 'input', type: 'hex', optional: true }];
	form.querySelector('.arguments').replaceChildren(...wanted.map(({ name, type, optional }) => element(
		'label', {},
		element('b', {}, name), ` ${type}${optional ? ', optional' : ''}`,
		type === 'bool'
			? element('select', { name: 'argument' }, ['false', 'true'].map((text) => element('option', {}, text)))
			: element('input', {
				name: 'argument', spellcheck: 'false', autocomplete: 'off',
				required: !optional && type !== 'Text' && type !== 'Raw',
				placeholder: type === 'AccountId' ? '//Bob, or an address' : null,
			}),
	)));
}

/** The entered input. */
function inputOf(form, abi, entry) {
	const texts = [...form.querySelectorAll('[name="argument"]')].map(({ value }) => value);
	if (abi && !abi.entries.includes(entry)) return NOTHING;
	if (!abi) {
		if (texts[0] !== '' && !isHex(texts[0])) throw new Error(`${texts[0]} is not hex, as 0x0102`);
		return hexToU8a(texts[0] || '0x');
	}
	const { arguments: wanted } = abi.entry(entry);
	while (texts.length > 0 && wanted[texts.length - 1].optional && texts[texts.length - 1] === '') texts.pop();
	return abi.encodeTexts(entry, texts, signers);
}

// Buttons: each returns a call for `attempt`, and how to decode its output.

function upload() {
	const { name, code } = program();
	const origin = signer().address;
	const { deposit } = terms();
	return {
		title: `upload ${name}`, event: 'ProgramStored', type: 'code hash',
		dryRun: () => dryRun.upload(api, origin, code, deposit),
		tx: () => tx.upload(api, code, deposit),
	};
}

function instantiate() {
	const hash = $('program').value;
	const { abi } = program();
	const origin = signer().address;
	const { deposit } = terms();
	const input = inputOf($('instantiate'), abi, 'init');
	const value = fromUnits(api, INSTANTIATE.value.value);
	const salt = INSTANTIATE.salt.value;
	const tried = (limit) => [origin, hash, salt, input, value, limit, deposit];
	return {
		title: `instantiate ${nameOf(hash)}`, event: 'Instantiated', kind: 'instantiate', tried,
		abi, entry: abi?.entries.includes('init') ? 'init' : null,
		dryRun: (limit) => dryRun.instantiate(api, ...tried(limit)),
		tx: (limit) => tx.instantiate(api, hash, salt, input, value, limit, deposit),
	};
}

function call() {
	const hash = $('program').value;
	const { abi } = program();
	const origin = signer().address;
	const { deposit } = terms();
	const entry = CALL.entry.value;
	const address = CALL.account.value;
	const input = inputOf($('call'), abi, entry);
	if (address === ONCE) {
		const tried = (limit) => [origin, hash, entry, input, limit];
		return {
			title: `run ${entry}`, event: 'Executed', abi, entry, kind: 'run', tried,
			dryRun: (limit) => dryRun.run(api, ...tried(limit)),
			tx: (limit) => tx.run(api, hash, entry, input, limit),
		};
	}
	const value = fromUnits(api, CALL.value.value);
	const tried = (limit) => [origin, address, entry, input, value, limit, deposit];
	return {
		title: `call ${entry}`, event: 'Called', abi, entry, kind: 'call', tried,
		dryRun: (limit) => dryRun.call(api, ...tried(limit)),
		tx: (limit) => tx.call(api, address, entry, input, value, limit, deposit),
	};
}

/** The entered limits; null if empty. */
function terms() {
	const part = (name) => {
		const text = $(name).value.replaceAll(',', '').trim();
		if (!/^\d*$/.test(text)) throw new Error(`${text} is not a weight limit`);
		return text === '' ? null : BigInt(text);
	};
	const refTime = part('ref-time');
	const proofSize = part('proof-size');
	const deposit = $('deposit').value.trim();
	return {
		limit: refTime === null ? null : weight(refTime, proofSize ?? undefined),
		deposit: deposit === '' ? null : fromUnits(api, deposit),
	};
}

/** Dry-runs a call, and submits it if requested and the dry-run succeeded. */
async function perform(make, sending) {
	let title = 'not understood';
	const focused = document.activeElement;
	document.body.inert = true;
	try {
		const made = make();
		title = made.title;
		const { limit } = terms();
		const { tried, receipt } = sending
			? await attempt(api, signer(), made, limit)
			: { tried: await made.dryRun(limit), receipt: null };
		const fields = receipt && !receipt.error ? eventOf(receipt, made.event) : {};
		const output = receipt ? fields.output : u8aToHex(tried.output);
		const { error } = receipt ?? tried;
		const read = made.abi && made.entry && output !== undefined
			? made.abi.outcome(made.entry, error, hexToU8a(output)) : {};
		showOutcome(api, {
			title, receipt, tried, output, ...read,
			who: signer().meta.name,
			events: withData(made.abi, (receipt ?? tried).events),
			type: made.abi && made.entry ? made.abi.entry(made.entry).result : made.type,
			trace: made.kind === undefined ? null : traceOf(receipt
				? () => traceIn(api, receipt.block.hash, receipt.extrinsic.index)
				: () => traceCall(api, made.kind, made.tried(limit)), (found) => dropped.get(found)),
		});
		if (receipt) await refresh();
		if (fields.address && made.event === 'Instantiated') {
			CALL.account.value = fields.address;
			showEntry();
		}
	} catch (error) {
		showFailure(title, error);
	} finally {
		document.body.inert = false;
		focused?.focus();
	}
}

// Files

async function take(files) {
	try {
		for (const file of files) {
			if (!file.name.endsWith('.polkavm')) continue;
			const code = new Uint8Array(await file.arrayBuffer());
			const hash = blake2AsHex(code);
			const name = file.name.replace(/(\.debug)?\.polkavm$/, '');
			dropped.set(hash, { abi: null, ...dropped.get(hash), name, code });
			await refresh();
			$('program').value = hash;
		}
		for (const file of files) {
			if (!file.name.endsWith('.json')) continue;
			const abi = new Abi(JSON.parse(await file.text()));
			const known = [...dropped].find(([, { name }]) => name === abi.json.name);
			const hash = known ? known[0] : $('program').value;
			if (hash === '') throw new Error(`${file.name} is not the ABI of an uploaded program: drop its blob, too`);
			dropped.set(hash, { code: null, ...dropped.get(hash), name: abi.json.name, abi });
		}
		await refresh();
	} catch (error) {
		showFailure('files', error);
	}
}

$('files').addEventListener('change', async () => {
	await take([...$('files').files]);
	$('files').value = '';
});
for (const type of ['dragover', 'drop']) {
	// Also outside of the drop zone: otherwise, the browser opens the file.
	document.addEventListener(type, (event) => event.preventDefault());
}
document.addEventListener('dragover', () => $('drop').classList.add('over'));
for (const type of ['dragleave', 'drop']) {
	document.addEventListener(type, () => $('drop').classList.remove('over'));
}
document.addEventListener('drop', ({ dataTransfer }) => take([...dataTransfer.files]));

// Events

const connectTo = (url) => open(url).catch((error) => status(error.message, false));
$('connection').addEventListener('submit', (event) => {
	event.preventDefault();
	connectTo($('url').value);
});
$('program').addEventListener('change', showProgram);
CALL.entry.addEventListener('change', showEntry);
CALL.account.addEventListener('change', showEntry);
$('try-upload').addEventListener('click', () => perform(upload, false));
$('upload').addEventListener('click', () => perform(upload, true));
for (const [id, make] of [['instantiate', instantiate], ['call', call]]) {
	$(id).addEventListener('submit', (event) => {
		event.preventDefault();
		perform(make, event.submitter.value === 'send');
	});
}

offer($('signer'), Object.entries(signers).map(([key, { meta }]) => [key, meta.name]));
$('results').append(element('p', { class: 'nothing' }, 'Nothing yet: what you upload, call or try is told here.'));
$('url').value = new URLSearchParams(location.search).get('rpc') ?? 'ws://127.0.0.1:9944';
status('Not connected', false);
await refresh();
connectTo($('url').value);
