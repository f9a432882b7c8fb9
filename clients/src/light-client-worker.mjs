// The thread that smoldot runs in: its timers outlive it in the main thread, for minutes.

import { parentPort } from 'node:worker_threads';

import { compileBytecode } from 'smoldot/bytecode';
import { run } from 'smoldot/worker';

parentPort.once('message', (port) => run(port));
parentPort.postMessage(await compileBytecode());
