// The page in a headless Chromium with a running node. CHROMIUM names the browser, and SHOTS a
// folder for screenshots.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { after, describe } from 'node:test';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { chromium } from 'playwright-core';

import { connect, head } from '../src/chain.mjs';
import { PROGRAMS, abi, blob } from '../src/paths.mjs';
import { scenario } from '../src/scenario.mjs';

const SERVE = fileURLToPath(new URL('serve.mjs', import.meta.url));
const EXECUTABLE = process.env.CHROMIUM || '/usr/bin/chromium';

describe('page', () => {
	const s = scenario('page');
	const complaints = [];
	let node, server, browser, page;

	const card = () => page.locator('#results article').first();
	const picture = async (name) => {
		if (process.env.SHOTS) await page.screenshot({ path: join(process.env.SHOTS, `${name}.png`), fullPage: true });
	};
	/** Clicks a button. Returns the text of the resulting card. */
	const click = async (form, name) => {
		const before = await page.locator('#results article').count();
		await page.locator(form).getByRole('button', { name, exact: true }).click();
		await page.waitForFunction((count) => document.querySelectorAll('#results article').length > count, before);
		await page.waitForFunction(() => !document.body.inert);
		return card().innerText();
	};
	/** Drops files onto the drop zone. */
	const drop = async (files) => {
		const data = await page.evaluateHandle((list) => {
			const transfer = new DataTransfer();
			for (const { name, bytes } of list) transfer.items.add(new File([Uint8Array.from(bytes)], name));
			return transfer;
		}, files);
		await page.dispatchEvent('#drop', 'dragover', { dataTransfer: data });
		await page.dispatchEvent('#drop', 'drop', { dataTransfer: data });
	};
	const files = (name) => [
		{ name: `${name}.polkavm`, bytes: [...blob(name)] },
		{ name: `${name}.abi.json`, bytes: [...Buffer.from(JSON.stringify(abi(name)))] },
	];

	after(async () => {
		await browser?.close();
		server?.kill();
	});

	s.before(async () => {
		node = await s.start('node', { args: ['--dev'] });
		server = spawn(process.execPath, [SERVE, '0'], { stdio: ['ignore', 'pipe', 'inherit'] });
		const [url] = await new Promise((line) => createInterface({ input: server.stdout }).once('line', (text) => line([text])));
		browser = await chromium.launch({
			executablePath: EXECUTABLE,
			args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
				'--disable-background-networking', '--disable-component-update', '--disable-sync'],
		});
		page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
		page.setDefaultTimeout(90_000); // A machine may be busy with a build beside.
		page.on('pageerror', (error) => complaints.push(String(error)));
		page.on('console', (message) => {
			if (message.type() === 'error') complaints.push(message.text());
		});
		page.on('request', (request) => {
			if (!request.url().startsWith(url)) complaints.push(`asked for ${request.url()}`);
		});
		await page.goto(`${url}?rpc=${encodeURIComponent(node.url)}`);
		await page.locator('#status.up').waitFor();
	});

	s.it('the chain\'s name and its blocks are shown', async () => {
		assert.match(await page.locator('#status').innerText(), /Development, .+-\d+/);
		await page.locator('#blocks li.final').first().waitFor();
		await picture('empty');
	});

	s.it('a blob is dropped with its ABI, dry-run and uploaded', async () => {
		await drop(files('token'));
		await page.locator('#about', { hasText: 'not stored yet' }).waitFor();
		assert.match(await click('section:has(#drop)', 'Dry-run'), /dry-run, not sent/);
		const text = await click('section:has(#drop)', 'Upload');
		assert.match(text, /upload token[\s\S]*in block #\d+/);
		assert.match(text, /fee\s+[\d.]+ UNIT/);
		assert.match(text, /deposit\s+[\d.]+ UNIT/);
		await page.locator('#about', { hasText: 'owned by Alice' }).waitFor();
	});

	s.it('it is instantiated with typed arguments', async () => {
		await page.locator('#instantiate').getByLabel('supply').fill('1000');
		assert.match(await click('#instantiate', 'Instantiate'), /instantiate token[\s\S]*in block #\d+/);
		const [address] = await page.locator('#call [name="account"] option').allInnerTexts();
		assert.match(address, /^5[1-9A-Za-z]{47}$/);
	});

	s.it('it is called, its event decoded, and its block listed', async () => {
		await page.locator('#call [name="entry"]').selectOption('transfer');
		assert.match(await page.locator('#call .docs').innerText(), /Transfers tokens of the caller/);
		await page.locator('#call').getByLabel('to').fill('//Bob');
		await page.locator('#call').getByLabel('amount').fill('5');
		const text = await click('#call', 'Call');
		assert.match(text, /virt\.ProgramEvent[\s\S]*Transferred: { from: 5GrwvaEF.*, to: 5FHneW46.*, amount: 5 }/);
		assert.match(text, /program\s+[\d,]+ ps/);
		const number = text.match(/in block #(\d+)/)[1];
		const row = page.locator(`#blocks li.final[data-number="${number}"]`);
		await row.waitFor();
		assert.match(await row.innerText(), /ProgramEvent, Called/);
		assert.equal(await page.locator('#finalized').innerText(), `#${number}`);
	});

	s.it('the programs of a call are a tree, and their gas is a flame graph', async () => {
		const trace = card().locator('details', { has: page.locator('.trace') });
		await trace.locator('summary').first().click();
		await trace.locator('.call').waitFor();
		const text = await trace.innerText();
		assert.match(text, /token::transfer [\d,]+ gas/);
		assert.match(text, /storage_set\(.*\) = \d+, [\d,]+ gas/);
		assert.match(text, /event\(data: 0x00/);
		assert.match(text, /\nreturned$/);
		const titles = await trace.locator('.flames span').evaluateAll((all) => all.map(({ title }) => title));
		assert.match(titles[0], /^token::transfer: [\d,]+ gas, 100\.0 %$/);
		assert.ok(titles.some((title) => /^storage_set: [\d,]+ gas, \d+\.\d %$/.test(title)), titles.join('\n'));
		assert.ok(titles.some((title) => /^@\d+, 1 times: /.test(title)), titles.join('\n'));
		await picture('trace');
	});

	s.it('a dry-run reads a result, and nothing is submitted', async () => {
		const api = await s.connect(node);
		const { number } = await head(api);
		await page.locator('#call [name="entry"]').selectOption('balance_of');
		await page.locator('#call').getByLabel('account', { exact: false }).last().fill('//Bob');
		assert.match(await click('#call', 'Dry-run'), /dry-run, not sent\s+5 u128/);
		assert.equal((await head(api)).number, number);
		await picture('light');
	});

	s.it('an error is typed, and shown with its docs', async () => {
		await page.locator('#call [name="entry"]').selectOption('transfer');
		await page.locator('#call').getByLabel('to').fill('//Bob');
		await page.locator('#call').getByLabel('amount').fill('5000');
		const text = await click('#call', 'Call');
		assert.match(text, /virt\.Reverted The program asked for all that it did to be undone/);
		assert.match(text, /TooLittle: { balance: 995 } } The balance is less than the amount/);
		assert.match(text, /dry-run, not sent/);
	});

	s.it('a file can be chosen instead; log lines are shown', async () => {
		await page.locator('#files').setInputFiles(['polkavm', 'abi.json'].map((end) => join(PROGRAMS, `counter.${end}`)));
		await page.locator('#about', { hasText: 'not stored yet' }).waitFor();
		await click('section:has(#drop)', 'Upload');
		await click('#instantiate', 'Instantiate');
		await page.locator('#call [name="entry"]').selectOption('increment');
		const text = await click('#call', 'Call');
		assert.match(text, /in block #\d+, by Alice\s+1 u32/);
		assert.match(text, /the counter is 1 now/);
		await page.emulateMedia({ colorScheme: 'dark' });
		await picture('dark');
	});

	s.it('without an ABI entries take bytes, and without an account a program runs once', async () => {
		await drop(files('sha256').slice(0, 1));
		await page.locator('#about', { hasText: 'no ABI' }).waitFor();
		await click('section:has(#drop)', 'Upload');
		await page.locator('#call [name="entry"]').selectOption('sha256');
		await page.locator('#call').getByLabel('input').fill('0x616263');
		assert.match(await click('#call', 'Call'), /run sha256[\s\S]*0xba7816bf8f01cfea414140de5dae2223b00361a3/);
		await page.locator('#program').selectOption({ label: 'counter' });
		await page.waitForFunction(() => document.querySelector('#call [name="account"]').value !== '');
	});

	s.it('all of it works from the keyboard', async () => {
		await page.locator('#call [name="entry"]').selectOption('increment');
		await page.locator('#call [name="entry"]').focus();
		await page.keyboard.press('Tab');
		await page.keyboard.type('3');
		const before = await page.locator('#results article').count();
		for (const key of ['Tab', 'Tab', 'Tab']) await page.keyboard.press(key);
		assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Call');
		await page.keyboard.press('Enter');
		await page.waitForFunction((count) => document.querySelectorAll('#results article').length > count, before);
		assert.match(await card().innerText(), /4 u32/);
		await page.waitForFunction(() => document.activeElement.textContent === 'Call');
	});

	s.it('the page fits a phone', async () => {
		await page.setViewportSize({ width: 390, height: 844 });
		const [wide, room] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
		assert.ok(wide <= room, `${wide} of ${room} pixels`);
		await picture('narrow');
	});

	s.it('the page loads nothing from other servers and logs no errors', () => {
		assert.deepEqual(complaints, []);
	});
});
