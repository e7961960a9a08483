import { chmodSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { makeFolder, probeFolder } from '../../../lib/storage/folder.ts'
import { labError } from '../../support/errors.ts'

let directory: string

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'folder-test-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

test('a folder is made with those above it, and may be there', () => {
  expect(makeFolder(join(directory, 'a/b'))).toEqual([join(directory, 'a'), join(directory, 'a/b')])
  expect(makeFolder(join(directory, 'a/b'))).toEqual([])
})

test('a probe leaves what it found', () => {
  makeFolder(join(directory, 'there'))
  for (const path of ['there', 'a/b/c', 'there/below']) probeFolder(join(directory, path))
  expect(readdirSync(directory)).toEqual(['there'])
  expect(readdirSync(join(directory, 'there'))).toEqual([])
})

test('a folder that cannot be made is refused at once: Node would try forever', () => {
  writeFileSync(join(directory, 'file'), '')
  symlinkSync('circle', join(directory, 'circle'))
  symlinkSync('nothing', join(directory, 'dangling'))
  for (const [path, message] of [
    ['/proc/none/runs', '/proc/none: the folder cannot be created: no such file or folder'],
    [join(directory, 'file/runs'), `${join(directory, 'file')}: is not a folder`],
    [join(directory, 'file'), `${join(directory, 'file')}: is not a folder`],
    [join(directory, 'n'.repeat(256), 'a'), `${join(directory, 'n'.repeat(256), 'a')}: the name is too long`],
    [join(directory, 'circle/a'), `${join(directory, 'circle/a')}: its symbolic links form a circle`],
    [join(directory, 'dangling/a'), `${join(directory, 'dangling')}: the folder cannot be created: exists already`],
  ] as const)
    for (const run of [makeFolder, probeFolder]) expect(labError(() => run(path)).message).toBe(message)
})

test.runIf(process.getuid?.() === 0)('a folder in which nothing may be written is refused', () => {
  chmodSync(directory, 0o755)
  process.seteuid!(65534)
  const messages = [directory, join(directory, 'a/b')].map(path => labError(() => probeFolder(path)).message)
  process.seteuid!(0)
  expect(messages).toEqual([
    `${directory}: permission denied`,
    `${join(directory, 'a')}: the folder cannot be created: permission denied`,
  ])
})
