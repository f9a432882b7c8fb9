// Bundles the page and serves it on loopback: `node serve.mjs [PORT]`; port 0 uses a free one. It
// loads nothing from other servers.

import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';

const HOST = '127.0.0.1';
const file = (name) => fileURLToPath(new URL(name, import.meta.url));

const { outputFiles: [script] } = await build({
	entryPoints: [file('main.mjs')],
	bundle: true,
	format: 'esm',
	target: 'es2022',
	minify: true,
	define: { global: 'globalThis' },
	legalComments: 'none',
	logLevel: 'error',
	write: false,
});

const FILES = {
	'/': ['text/html', readFileSync(file('index.html'))],
	'/page.css': ['text/css', readFileSync(file('page.css'))],
	'/page.js': ['text/javascript', script.contents],
};

const POLICY = [
	"default-src 'self'",
	// The signing code is WebAssembly.
	"script-src 'self' 'wasm-unsafe-eval'",
	'connect-src ws: wss:',
	"img-src 'self' data:",
].join('; ');

const server = createServer((request, response) => {
	const [type, body] = FILES[request.url.split('?')[0]] ?? [];
	if (!body) return response.writeHead(404).end();
	return response.writeHead(200, {
		'content-type': `${type}; charset=utf-8`,
		'content-security-policy': POLICY,
	}).end(body);
});
server.once('error', ({ code, message }) => {
	console.error(code === 'EADDRINUSE' ? `Port ${process.argv[2] ?? 8000} is taken: name another one.` : message);
	process.exit(1);
});
server.listen(Number(process.argv[2] ?? 8000), HOST, () => {
	console.log(`http://${HOST}:${server.address().port}/`);
});
