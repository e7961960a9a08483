import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { profiles, settings } from '../../../../lib/formats/blockpack/write/config.ts'
import { expectSameTraces } from '../../../support/traces.ts'
import { worked } from '../columnar/worked.ts'
import { packed } from './blocks.ts'
import { closeFile, decode, openFile, printDirectory, printRoot } from './forge.ts'

const format = readFileSync('lib/formats/blockpack/FORMAT.md', 'utf8')
const [, file, content] = /## A worked file[\s\S]*?```\n([\s\S]*?)```[\s\S]*?```\n([\s\S]*?)```/.exec(format)!
const [fileBytes, contentBytes] = [file!, content!].map(hex => Buffer.from(hex.replaceAll(/;.*|\s/g, ''), 'hex'))
const config = { ...profiles.default, compressionCodec: 'none' as const, minhashPermutations: 16 }

test('the worked file of FORMAT.md is read', async () => {
  expect(format).toContain(`eight traces, ${fileBytes!.length} bytes`)
  expectSameTraces(worked, await decode(fileBytes!))
})

test('the worked file of FORMAT.md is what is written, but for the frames', async () => {
  const golden = await openFile(fileBytes!)
  expect(closeFile(golden).equals(await packed(worked, config))).toBe(true)
})

test('the contents of its pieces are those of FORMAT.md', async () => {
  const { rowGroups, dictionaries, fields, root } = await openFile(fileBytes!)
  const directory = printDirectory(
    rowGroups[0]!.pageGroups.map(({ base, pages }) => ({ base, entries: pages.map(({ entry }) => entry) })),
  )
  const expected = Buffer.concat([directory, ...dictionaries, fields, printRoot(root)])
  expect(contentBytes!.toString('hex')).toBe(expected.toString('hex'))
})

test('the settings that FORMAT.md names are settings', () => {
  const known = settings.map(({ key }) => key)
  for (const [, key] of format.matchAll(/`([a-z]+_[a-z_]+)`/g)) expect(known).toContain(key)
})
