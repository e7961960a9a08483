import { spawnSync } from 'node:child_process'
import { chownSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { pending, removeAbandoned, removePending, temporaryIn, withTemporary } from '../../../lib/storage/temporary.ts'

let directory: string

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'temporary-test-'))
})
afterEach(() => {
  rmSync(directory, { recursive: true })
  pending.clear()
})

/** The parts of this process's own names: of the stem, the machine, the process and its start. */
const own = basename(temporaryIn(tmpdir())).split('-').slice(0, -1)
const deadPid = String(spawnSync('true').pid)

function named(change: { machine?: string; pid?: string; start?: string }, nonce = '0123456789ab'): string {
  const [machine, pid, start] = own.slice(-3)
  const parts = { machine, pid, start, ...change }
  return ['trace-storage-lab', parts.machine, parts.pid, parts.start, nonce].join('-')
}

test('what processes that ended have left is removed, files and folders', () => {
  const abandoned = [named({ pid: deadPid }), `.${named({ pid: deadPid })}`, named({ start: '1' }, 'aaaaaaaaaaaa')]
  writeFileSync(join(directory, abandoned[1]!), 'part')
  for (const name of [abandoned[0]!, abandoned[2]!]) {
    mkdirSync(join(directory, name))
    writeFileSync(join(directory, name, 'part-0'), 'part')
  }
  removeAbandoned(directory)
  expect(readdirSync(directory)).toEqual([])
})

test('what may be in use, or is not of the lab, stays', () => {
  const names = [
    named({}),
    `.${named({})}`,
    named({ machine: '00000000', pid: deadPid }),
    `${named({ pid: deadPid })}.json`,
    `my-${named({ pid: deadPid })}`,
    `trace-storage-lab-${deadPid}`,
    'trace-storage-lab-x7Yz12',
    `traces.json.${deadPid}.tmp`,
  ]
  for (const name of names) writeFileSync(join(directory, name), '')
  removeAbandoned(directory)
  expect(readdirSync(directory).sort()).toEqual(names.sort())
})

test.runIf(process.getuid?.() === 0)('what belongs to another user stays', () => {
  const path = join(directory, named({ pid: deadPid }))
  writeFileSync(path, '')
  chownSync(path, 1234, 1234)
  removeAbandoned(directory)
  expect(readdirSync(directory)).toHaveLength(1)
})

test('the first temporary of a folder removes what is abandoned there; one is pending until it is gone', async () => {
  writeFileSync(join(directory, named({ pid: deadPid })), '')
  await withTemporary(directory, async path => {
    writeFileSync(path, '')
    expect(readdirSync(directory)).toEqual([basename(path)])
    expect(pending).toContain(path)
  })
  expect(readdirSync(directory)).toEqual([])
})

test('an interruption removes files and folders that are pending', () => {
  writeFileSync(temporaryIn(directory), '')
  const folder = temporaryIn(directory)
  mkdirSync(folder)
  writeFileSync(join(folder, 'part'), '')
  temporaryIn(directory)
  removePending()
  expect(readdirSync(directory)).toEqual([])
})
