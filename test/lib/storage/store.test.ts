import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { LabError } from '../../../lib/error.ts'
import { folderStore } from '../../../lib/storage/folder-store.ts'
import { memoryStore } from '../../../lib/storage/memory-store.ts'
import { s3Store } from '../../../lib/storage/s3/store.ts'
import { wholeBytes } from '../../../lib/storage/s3/upload.ts'
import { type BlobInfo, type BlobStore, putBytes, readObject } from '../../../lib/storage/store.ts'
import { startedCeph, withoutCeph } from '../../support/ceph.ts'
import { drawsOf } from '../../support/draws.ts'
import { labRejection } from '../../support/errors.ts'

const seed = Number(process.env.SEED ?? 20261128)
const folders: string[] = []

afterAll(() => Promise.all(folders.map(folder => rm(folder, { recursive: true, force: true }))))

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'trace-storage-lab-test-'))
  folders.push(folder)
  return folder
}

const newS3Store = async () => s3Store({ ...(await (await startedCeph()).newBucket()), prefix: 'a/store' })

/** Every store passes the same tests; a new one adds a line here. */
const stores: [string, () => Promise<BlobStore>, (string | undefined)?][] = [
  ['memory', async () => memoryStore()],
  ['folder', async () => folderStore(await newFolder())],
  ['S3, of Ceph', newS3Store, withoutCeph],
]

const bytesOf = (text: string) => Buffer.from(text)

async function listed(store: BlobStore, prefix = '', after?: string): Promise<BlobInfo[]> {
  const infos: BlobInfo[] = []
  for await (const info of store.list(prefix, after)) infos.push(info)
  return infos
}

const keysOf = async (...args: Parameters<typeof listed>) => (await listed(...args)).map(({ key }) => key)

describe.each(stores)('%s', (_, make, why) => {
  beforeEach(({ skip }) => skip(why !== undefined, why))

  test('what was put comes back, whole and by ranges', async () => {
    const store = await make()
    expect(await putBytes(store, 'tenant/block/data', bytesOf('0123456789'))).toBe('stored')
    expect(Buffer.from(await readObject(store, 'tenant/block/data')).toString()).toBe('0123456789')
    const blob = await store.open('tenant/block/data')
    const ranges = [
      { start: 8, end: 10 },
      { start: 0, end: 3 },
      { start: 5, end: 5 },
    ]
    expect((await blob.read(ranges)).map(part => Buffer.from(part).toString())).toEqual(['89', '012', ''])
    expect((await labRejection(blob.read([{ start: 9, end: 11 }]))).kind).toBe('truncated')
    await blob.close()
  })

  test('an object of several chunks, and an empty one', async () => {
    const store = await make()
    await store.put('parts', async sink => {
      for (const part of ['a', 'bc', '', 'd']) await sink.write(bytesOf(part))
    })
    await store.put('empty', async () => {})
    expect(Buffer.from(await readObject(store, 'parts')).toString()).toBe('abcd')
    expect((await readObject(store, 'empty')).length).toBe(0)
  })

  test('a second put replaces; with ifAbsent the first one stays', async () => {
    const store = await make()
    await putBytes(store, 'key', bytesOf('first'))
    await putBytes(store, 'key', bytesOf('second'))
    expect(await putBytes(store, 'key', bytesOf('third'), { ifAbsent: true })).toBe('exists')
    expect(Buffer.from(await readObject(store, 'key')).toString()).toBe('second')
  })

  test('of many conditional puts at once exactly one stores, and its bytes are read', async () => {
    const store = await make()
    for (let round = 0; round < 20; round++) {
      const texts = Array.from({ length: 16 }, (_, writer) => `writer ${writer}`)
      const results = await Promise.all(
        texts.map(text => putBytes(store, `commit/${round}`, bytesOf(text), { ifAbsent: true })),
      )
      expect(results.filter(result => result === 'stored')).toHaveLength(1)
      expect(Buffer.from(await readObject(store, `commit/${round}`)).toString()).toBe(texts[results.indexOf('stored')])
    }
  })

  test('ranges at the ends, of no bytes, in any order, overlapping, and far apart', async () => {
    const store = await make()
    const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 7919) >> 8))
    await putBytes(store, 'object', bytes)
    const blob = await store.open('object')
    const ends = [0, 1, 2, 65_535, 150_000, 234_463, 234_464, 234_465, 299_999, 300_000]
    const ranges = ends.flatMap(start => ends.filter(end => end >= start).map(end => ({ start, end }))).reverse()
    const same = (parts: Uint8Array[], asked: typeof ranges) =>
      asked.every(({ start, end }, i) => Buffer.compare(parts[i]!, bytes.subarray(start, end)) === 0)
    expect(same(await blob.read(ranges), ranges)).toBe(true)
    for (const range of ranges) expect(same(await blob.read([range]), [range])).toBe(true)
    expect(await blob.read([])).toEqual([])
    const beyond = [
      { start: 299_999, end: 300_001 },
      { start: 300_001, end: 300_001 },
      { start: -1, end: 1 },
      { start: 2, end: 1 },
    ]
    for (const range of beyond) expect((await labRejection(blob.read([range]))).kind).toBe('truncated')
    await blob.close()
  })

  test('an object larger than the parts that it may be sent in', async () => {
    const store = await make()
    const chunk = Buffer.from(Array.from({ length: 1 << 20 }, (_, i) => (i * 7919) >> 8))
    const chunks = Array.from({ length: (2 * wholeBytes) / chunk.length }, (_, i) =>
      Buffer.concat([Buffer.of(i), chunk]),
    )
    await store.put('large', async sink => {
      for (const one of chunks) await sink.write(one)
    })
    await store.put('large-at-once', async sink => sink.write(Buffer.concat(chunks)))
    for (const key of ['large', 'large-at-once'])
      expect(Buffer.compare(await readObject(store, key), Buffer.concat(chunks))).toBe(0)
  })

  test('an object that is replaced while it is read: its reader has the old bytes or an error, never both', async () => {
    const store = await make()
    const [old, fresh] = ['o', 'n'].map(letter => Buffer.from(letter.repeat(200_000)))
    await putBytes(store, 'key', old!)
    const blob = await store.open('key')
    await putBytes(store, 'key', fresh!)
    const read = blob.read([{ start: 0, end: 200_000 }]).catch(error => (error as Error).message)
    const bytes = await read
    if (typeof bytes === 'string') expect(bytes).toMatch(/key.*: the object was replaced while it was read/)
    else expect(Buffer.compare(bytes[0]!, old!)).toBe(0)
    await blob.close()
    expect(Buffer.compare(await readObject(store, 'key'), fresh!)).toBe(0)
  })

  test('a put that fails after parts of it were sent changes nothing', async () => {
    const store = await make()
    const failing = store.put('key', async sink => {
      for (let sent = 0; sent < 3 * wholeBytes; sent += 4 << 20) await sink.write(Buffer.alloc(4 << 20))
      throw new LabError('invalid', 'on purpose')
    })
    expect((await labRejection(failing)).message).toContain('on purpose')
    expect(await listed(store)).toEqual([])
  })

  test('a put that fails changes nothing', async () => {
    const store = await make()
    await putBytes(store, 'kept', bytesOf('before'))
    const failing = (key: string) =>
      store.put(key, async sink => {
        await sink.write(bytesOf('half'))
        throw new LabError('invalid', 'no')
      })
    for (const key of ['kept', 'new']) expect((await labRejection(failing(key))).message).toContain('no')
    expect(await listed(store)).toEqual([{ key: 'kept', byteLength: 6 }])
    expect(Buffer.from(await readObject(store, 'kept')).toString()).toBe('before')
  })

  test('what is not there: missing when opened, no error when deleted', async () => {
    const store = await make()
    const error = await labRejection(store.open('no/such'))
    expect([error.kind, error.message]).toEqual(['missing', expect.stringContaining('no/such')])
    await store.delete('no/such')
    await putBytes(store, 'gone', bytesOf('x'))
    await store.delete('gone')
    expect((await labRejection(store.open('gone'))).kind).toBe('missing')
    expect(await listed(store)).toEqual([])
  })

  test(`keys are listed in their order, below a prefix and after a key (seed ${seed})`, async () => {
    const store = await make()
    const draw = drawsOf(seed)
    const segments = ['a', 'b', 'a-b', 'a.b', 'a0', 'a_', 'B', '0', 'a=1', 'a+']
    const drawn = () => segments[Math.floor(draw() * segments.length)]!
    const keys = new Set(Array.from({ length: 150 }, () => `${drawn()}/${drawn()}/f${Math.floor(draw() * 3)}`))
    for (const key of keys) await putBytes(store, key, bytesOf(key))
    const all = [...keys].sort()
    expect(await listed(store)).toEqual(all.map(key => ({ key, byteLength: key.length })))
    for (const prefix of ['', 'a', 'a/', 'a-', 'a/a', 'a/a-b/', 'z', 'a/b/f1'])
      for (const after of ['', 'a', 'a/a/f1', 'a-b/a', 'b/b/f2', 'zz'])
        expect(await keysOf(store, prefix, after)).toEqual(all.filter(key => key.startsWith(prefix) && key > after))
  })

  test.each([
    '',
    '/',
    '/a',
    'a/',
    'a//b',
    '.',
    '..',
    'a/../b',
    'a/./b',
    '.hidden',
    'a b',
    'é',
    'a\0',
    '-a',
    'x'.repeat(1001),
  ])('the key %j is refused', async key => {
    const store = await make()
    const calls: Promise<unknown>[] = [store.open(key), putBytes(store, key, bytesOf('x')), store.delete(key)]
    for (const call of calls) expect((await labRejection(call)).kind).toBe('invalid')
    expect(await listed(store)).toEqual([])
  })
})

describe('a folder', () => {
  test('a key that continues another is refused by name', async () => {
    const store = folderStore(await newFolder())
    await putBytes(store, 'a/b', bytesOf('x'))
    for (const key of ['a', 'a/b/c']) {
      const error = await labRejection(putBytes(store, key, bytesOf('y')))
      expect([error.kind, error.message]).toEqual(['invalid', expect.stringContaining(`${key}: `)])
    }
    expect(await keysOf(store)).toEqual(['a/b'])
  })

  test('nothing temporary is left, and what a crash left is not listed', async () => {
    const folder = await newFolder()
    const store = folderStore(folder)
    await putBytes(store, 'a', bytesOf('x'))
    await putBytes(store, 'a', bytesOf('y'), { ifAbsent: true })
    expect(await readdir(folder)).toEqual(['a'])
    await putBytes(store, 'b', bytesOf('x'))
    expect(await keysOf(store)).toEqual(['a', 'b'])
  })

  test('an object that fails leaves no folder that was made for it', async () => {
    const folder = await newFolder()
    const store = folderStore(folder)
    await putBytes(store, 'a/b', bytesOf('x'))
    for (const key of ['a/c', 'a/d/e/f', 'g/h'])
      await labRejection(store.put(key, () => Promise.reject(new LabError('corrupt', 'on purpose'))))
    expect(await readdir(folder, { recursive: true })).toEqual(['a', 'a/b'])
  })

  test('two stores over one folder see each other', async () => {
    const folder = await newFolder()
    const stores = [folderStore(folder), folderStore(folder)]
    const puts = Array.from({ length: 10 }, (_, i) => putBytes(stores[i % 2]!, 'key', bytesOf('x'), { ifAbsent: true }))
    expect((await Promise.all(puts)).filter(result => result === 'stored')).toHaveLength(1)
    expect(await keysOf(stores[0]!)).toEqual(await keysOf(stores[1]!))
  })
})
