import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { lockFolder } from '../../../lib/serve/lock.ts'
import { processStamp } from '../../../lib/storage/temporary.ts'
import { drawn } from '../../support/effort.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lock-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

test('a folder is locked until it is released', async () => {
  const lock = await lockFolder(join(folder, 'new'))
  await expect(lockFolder(join(folder, 'new'))).rejects.toThrow(
    `${join(folder, 'new')}: in use by process ${process.pid}; stop it, or choose another folder`,
  )
  await lock.release()
  await (await lockFolder(join(folder, 'new'))).release()
  expect(readdirSync(join(folder, 'new'))).toEqual([])
})

test("the lock of a process that has ended is nobody's, and so is a file that is none", async () => {
  const [machine] = processStamp().split('-')
  for (const stamp of [`${machine}-${process.pid}-1`, `${machine}-4194304-0`]) {
    writeFileSync(join(folder, 'lock'), stamp)
    await (await lockFolder(folder)).release()
  }
})

test('whoever ended while it removed such a lock keeps nobody out', async () => {
  const stamp = `${processStamp().split('-')[0]}-4194304-0`
  const removal = `lock-${createHash('sha1').update(stamp).digest('hex').slice(0, 16)}`
  for (const name of ['lock', removal]) writeFileSync(join(folder, name), stamp)
  await (await lockFolder(folder)).release()
  expect(readdirSync(folder)).toEqual([])
})

test('the lock of another machine holds as long as it is touched', async () => {
  writeFileSync(join(folder, 'lock'), '00000000-1-1')
  await expect(lockFolder(folder)).rejects.toThrow('in use by a process of another machine')
  const past = new Date(Date.now() - 31_000)
  utimesSync(join(folder, 'lock'), past, past)
  await (await lockFolder(folder)).release()
})

test('of many that lock at once, over the lock of one that has ended, one does', async () => {
  for (let round = 0; round < drawn(500); round++) {
    writeFileSync(join(folder, 'lock'), `${processStamp().split('-')[0]}-4194304-0`)
    const results = await Promise.allSettled(Array.from({ length: 8 }, () => lockFolder(folder)))
    const locks = results.flatMap(result => (result.status === 'fulfilled' ? result.value : []))
    expect(locks).toHaveLength(1)
    await locks[0]!.release()
  }
})
