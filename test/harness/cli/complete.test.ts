import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { commands } from '../../../harness/cli/commands.ts'
import { complete } from '../../../harness/cli/complete.ts'
import { lab } from '../../support/command.ts'

test.each([[['']], [['--stack', '']]])('commands are completed after %j', async words => {
  expect(await complete(words)).toEqual(Object.keys(commands))
})

test.each([
  [['ta'], ['tags', 'tag-values']],
  [['bench', 'sc'], ['scale']],
  [['--siz'], ['--size']],
  [['query', '--ex'], ['--explain']],
  [['--no-'], ['--no-progress']],
  [['bench', 'queries', '--quer'], ['--queries']],
  [
    ['run', '--size', ''],
    ['small', 'medium', 'big', 'huge'],
  ],
  [['--size', '=', 'm'], ['medium']],
  [
    ['--size', '='],
    ['small', 'medium', 'big', 'huge'],
  ],
  [['--size=b'], ['--size=big']],
  [
    ['list', '--format', ''],
    ['table', 'markdown', 'csv', 'json'],
  ],
  [['profile', '--input-format', 'z'], ['zipkin']],
  [['convert', 'in', '--to', 'block'], ['blockpack']],
  [['convert', '--profile', 'max'], ['max-compression']],
  [
    ['--phase', '2'],
    ['20', '21', '22', '23', '24', '25', '26'],
  ],
  [
    ['--phase', '20,2'],
    ['20,21', '20,22', '20,23', '20,24', '20,25', '20,26'],
  ],
  [
    ['size', '--phase=06,0'],
    ['00', '01', '02', '03', '04', '05', '07', '08', '09'].map(phase => `--phase=06,${phase}`),
  ],
  [['--faults', 'none,cold'], ['none,cold-cache']],
  [
    ['completion', ''],
    ['bash', 'zsh'],
  ],
])('%j can become %j', async (words, completions) => {
  expect(await complete(words)).toEqual(completions)
})

test.each([
  [['query', '{ }', '']],
  [['inspect', 'tr']],
  [['--input', '']],
  [['query', '--svg', '']],
  [['constructor', '']],
  [['--__proto__', '']],
])('%j is left to the shell, which knows files', async words => {
  expect((await complete(words)).filter(word => !Object.hasOwn(commands, word))).toEqual([])
})

test('the script of bash asks the command and takes its answers', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'complete-test-'))
  try {
    const asked = join(folder, 'trace-lab')
    writeFileSync(asked, '#!/bin/sh\nprintf "%s\\n" "$@"\n')
    chmodSync(asked, 0o755)
    const { stdout } = await lab('completion', 'bash')
    const check = 'COMP_WORDS=(trace-lab query "a b" --f x); COMP_CWORD=3; _trace_lab; declare -p COMPREPLY'
    const env = { ...process.env, PATH: `${folder}:${process.env.PATH}` }
    const printed = execFileSync('bash', ['-c', `${stdout}\n${check}`], { env, encoding: 'utf8' })
    expect(printed).toMatch(/\(\[0\]="--complete" \[1\]="query" \[2\]="a b" \[3\]="--f"\)/)
    expect((await lab('completion', 'zsh')).stdout).toMatch(/^#compdef trace-lab\n/)
    expect(await lab('completion', 'fish')).toMatchObject({ code: 2, stdout: '' })
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('what is asked for is printed a line each', async () => {
  expect(await lab('--complete', 'inspect', '--f')).toEqual({ code: 0, stdout: '--format\n', stderr: '' })
})
