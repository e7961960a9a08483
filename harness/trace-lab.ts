#!/usr/bin/env node
/** The first file of the installed command, beside the compiled code. */
import { loadCompiled } from './compile/compiled.ts'

type Cli = typeof import('./cli/cli.ts')

const start = loadCompiled(__dirname, url => import(url))['harness/cli/cli.ts']!
void start().then(cli => (cli as Cli).main(process.argv.slice(2)))
