import { expect, test } from 'vitest'
import { MemorySink, openMemory } from '../../../lib/storage/memory.ts'
import { openPack, PackWriter } from '../../../lib/storage/pack.ts'
import { labRejection } from '../../support/errors.ts'

async function packed(objects: Record<string, string>): Promise<Buffer> {
  const sink = new MemorySink()
  const pack = new PackWriter(sink)
  for (const [name, text] of Object.entries(objects))
    await pack.put(name, async out => {
      for (const letter of text) await out.write(Buffer.from(letter))
    })
  await pack.finish()
  return sink.bytes()
}

test('objects come back by name, and by ranges', async () => {
  const objects = { 'a/data': 'all the bytes', 'a/empty': '', 'a/meta': '{}' }
  const pack = await openPack(openMemory(await packed(objects)))
  for (const [name, text] of Object.entries(objects)) {
    const part = pack.get(name)!
    const [whole] = await part.read([{ start: 0, end: part.byteLength }])
    expect(Buffer.from(whole!).toString()).toBe(text)
  }
  const [some] = await pack.get('a/data')!.read([{ start: 4, end: 7 }])
  expect(Buffer.from(some!).toString()).toBe('the')
})

test('every prefix is refused, and lengths that lie', async () => {
  const bytes = await packed({ one: 'text', two: 'more text' })
  for (let end = 0; end < bytes.length; end++)
    expect((await labRejection(openPack(openMemory(bytes.subarray(0, end))))).kind).toMatch(/truncated|corrupt/)
  const lying = Buffer.from(bytes.toString('latin1').replace('"one",4', '"one",5'), 'latin1')
  expect((await labRejection(openPack(openMemory(lying)))).message).toMatch(/^byte 13: no directory of objects$/)
})
