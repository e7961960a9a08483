import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { expectSameTraces } from '../../../support/traces.ts'
import { decode, encode, openSegments } from './forge.ts'
import { worked } from './worked.ts'

test('the worked file of FORMAT.md', async () => {
  const format = readFileSync('lib/formats/columnar/FORMAT.md', 'utf8')
  const [, file, head] = /## A worked file[\s\S]*?```\n([\s\S]*?)```[\s\S]*?```\n([\s\S]*?)```/.exec(format)!
  const [fileBytes, headBytes] = [file!, head!].map(hex => Buffer.from(hex.replaceAll(/;.*|\s/g, ''), 'hex'))
  expect(fileBytes).toHaveLength(256)
  expectSameTraces(worked, await decode(fileBytes!))
  const [golden] = openSegments(fileBytes!)
  expect(golden!.head.toString('hex')).toBe(headBytes!.toString('hex'))
  expect(openSegments(await encode(worked))).toEqual([golden])
})
