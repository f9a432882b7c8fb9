#!/usr/bin/env node
// Programs on a running node, from the command line: `virt --help`.

import { virt } from './command-line.mjs';

process.exitCode = await virt(process.argv.slice(2), process.env, console);
