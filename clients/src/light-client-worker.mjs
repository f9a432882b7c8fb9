// The thread of smoldot: its timers would keep the main thread alive for minutes.

import { parentPort } from 'node:worker_threads';

import { compileBytecode } from 'smoldot/bytecode';
import { run } from 'smoldot/worker';

parentPort.once('message', (port) => run(port));
parentPort.postMessage(await compileBytecode());
