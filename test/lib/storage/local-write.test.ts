import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  closeSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { LabError } from '../../../lib/error.ts'
import { writeLocal, writeNew } from '../../../lib/storage/local-write.ts'
import { pending } from '../../../lib/storage/temporary.ts'
import { labRejection } from '../../support/errors.ts'

let directory: string

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'trace-storage-lab-test-'))
})

afterEach(() => {
  rmSync(directory, { recursive: true, force: true })
  expect(pending.size).toBe(0)
})

const content = Uint8Array.from({ length: 100_000 }, (_, i) => (i * 7) % 251)
const isRoot = process.getuid?.() === 0

function write(path: string, text = 'new'): Promise<void> {
  return writeLocal(path, sink => sink.write(Buffer.from(text)))
}

describe('writing', () => {
  test('the file stands there when it is whole, and nothing beside it', async () => {
    const path = join(directory, 'whole')
    const result = await writeLocal(path, async sink => {
      await sink.write(content.subarray(0, 10))
      expect(await readdir(directory)).not.toContain('whole')
      expect(pending.size).toBe(1)
      await sink.write(content.subarray(10))
      return 'done'
    })
    expect(result).toBe('done')
    expect(Buffer.compare(await readFile(path), content)).toBe(0)
    expect(await readdir(directory)).toEqual(['whole'])
    expect(pending.size).toBe(0)
  })

  test('a failure leaves nothing, and what stood there before stays', async () => {
    const path = join(directory, 'kept')
    await writeFile(path, 'before')
    const before = await readdir(directory)
    const failing = writeLocal(path, async sink => {
      await sink.write(content)
      throw new LabError('invalid', 'no')
    })
    expect((await labRejection(failing)).message).toBe('no')
    expect(await readdir(directory)).toEqual(before)
    expect(await readFile(path, 'utf8')).toBe('before')
    expect(pending.size).toBe(0)
  })

  test('a folder that is not there is missing, with the path', async () => {
    const error = await labRejection(writeLocal(join(directory, 'no', 'file'), async () => {}))
    expect([error.kind, error.message]).toEqual(['missing', `${join(directory, 'no', 'file')}: no such file or folder`])
  })
})

describe('what stands there', () => {
  test.each([0o600, 0o644, 0o666, 0o755, 0o4711])('keeps its mode: %o', async mode => {
    const path = join(directory, 'file')
    writeFileSync(path, 'old')
    chmodSync(path, mode)
    await write(path)
    expect(statSync(path).mode & 0o7777).toBe(mode)
    expect(readFileSync(path, 'utf8')).toBe('new')
  })

  test('a new file has the mode that the umask leaves', async () => {
    const umask = process.umask(0o027)
    await write(join(directory, 'file')).finally(() => process.umask(umask))
    expect(statSync(join(directory, 'file')).mode & 0o7777).toBe(0o640)
  })

  test.runIf(isRoot)('keeps its owner, and is written in place where it would not', async () => {
    const path = join(directory, 'file')
    writeFileSync(path, 'old')
    chownSync(path, 1234, 5678)
    await write(path)
    expect(statSync(path)).toMatchObject({ uid: 1234, gid: 5678 })
    chmodSync(path, 0o666)
    chmodSync(directory, 0o777)
    const { ino } = statSync(path)
    await asNobody(() => write(path, 'newer'))
    expect(statSync(path)).toMatchObject({ uid: 1234, gid: 5678, ino })
    expect(readFileSync(path, 'utf8')).toBe('newer')
    expect(readdirSync(directory)).toEqual(['file'])
  })

  test.runIf(isRoot)('what may not be written is refused, and stays', async () => {
    const path = join(directory, 'file')
    writeFileSync(path, 'old')
    chmodSync(path, 0o444)
    chmodSync(directory, 0o777)
    expect((await labRejection(asNobody(() => write(path)))).message).toBe(`${path}: permission denied`)
    chmodSync(directory, 0o755)
    const other = join(directory, 'other')
    expect((await labRejection(asNobody(() => write(other)))).message).toBe(`${other}: permission denied`)
    expect(readFileSync(path, 'utf8')).toBe('old')
  })

  test('keeps its content under its other names', async () => {
    const [path, other] = [join(directory, 'file'), join(directory, 'other')]
    writeFileSync(path, 'old')
    linkSync(path, other)
    await write(path)
    expect([path, other].map(name => readFileSync(name, 'utf8'))).toEqual(['new', 'old'])
  })
})

describe('a symbolic link', () => {
  test.each(['target', './target', '../link/target', 'second'])('stays, and leads to what is written: %s', async to => {
    const folder = join(directory, 'link')
    mkdirSync(folder)
    symlinkSync('target', join(folder, 'second'))
    symlinkSync(to, join(folder, 'first'))
    for (const text of ['made', 'again']) {
      await write(join(folder, 'first'), text)
      expect(readlinkSync(join(folder, 'first'))).toBe(to)
      expect(lstatSync(join(folder, 'target')).isFile()).toBe(true)
      expect(readFileSync(join(folder, 'target'), 'utf8')).toBe(text)
      expect(readdirSync(folder).sort()).toEqual(['first', 'second', 'target'])
    }
  })

  test('of a folder is followed where it stands in the path of a link', async () => {
    mkdirSync(join(directory, 'a/b'), { recursive: true })
    symlinkSync('a/b', join(directory, 'folder'))
    symlinkSync('../file', join(directory, 'a/b/link'))
    await write(join(directory, 'folder/link'))
    expect(readFileSync(join(directory, 'a/file'), 'utf8')).toBe('new')
  })

  test('that leads in a circle, to a folder or into no folder is refused', async () => {
    symlinkSync('circle', join(directory, 'circle'))
    symlinkSync('.', join(directory, 'folder'))
    symlinkSync('no/file', join(directory, 'nowhere'))
    for (const [name, reason] of [
      ['circle', 'its symbolic links form a circle'],
      ['folder', 'is a folder'],
      ['nowhere', 'no such file or folder'],
    ] as const) {
      const path = join(directory, name)
      expect((await labRejection(write(path))).message).toBe(`${path}: ${reason}`)
      expect(lstatSync(path).isSymbolicLink()).toBe(true)
    }
  })
})

describe('what is not a file', () => {
  test('/dev/null stays a device, through links too', async () => {
    symlinkSync('/dev/null', join(directory, 'link'))
    for (const path of ['/dev/null', join(directory, 'link')]) await write(path)
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true)
    expect(readdirSync('/dev').filter(name => name.includes('null'))).toEqual(['null'])
    expect(readlinkSync(join(directory, 'link'))).toBe('/dev/null')
  })

  test('a full device is reported in words', async () => {
    expect((await labRejection(write('/dev/full'))).message).toBe('/dev/full: the disk is full')
  })

  test('a fifo passes everything to its reader, who may come late', async () => {
    const path = join(directory, 'fifo')
    execFileSync('mkfifo', [path])
    const written = writeLocal(path, async sink => {
      for (let i = 0; i < 20; i++) await sink.write(content)
    })
    await new Promise(resolve => setTimeout(resolve, 100))
    const read = await readFile(path)
    await written
    expect(read.length).toBe(20 * content.length)
    expect(statSync(path).isFIFO()).toBe(true)
    expect(readdirSync(directory)).toEqual(['fifo'])
  })

  test('a reader of a fifo that goes away is reported', async () => {
    const path = join(directory, 'fifo')
    execFileSync('mkfifo', [path])
    const reader = openSync(path, 'r+')
    const failing = writeLocal(path, async sink => {
      await sink.write(content.subarray(0, 10))
      rmSync(path)
      closeSync(reader)
      await sink.write(content)
    })
    expect((await labRejection(failing)).message).toBe(`${path}: its reader has closed it`)
  })

  test('a descriptor of this process is written where it is, and not cut', async () => {
    const path = join(directory, 'log')
    writeFileSync(path, 'before ')
    const descriptor = openSync(path, 'a')
    await write(`/dev/fd/${descriptor}`)
    await write(`/proc/self/fd/${descriptor}`)
    closeSync(descriptor)
    expect(readFileSync(path, 'utf8')).toBe('before newnew')
  })
})

test('what the system refuses is reported with the path and in words', async () => {
  writeFileSync(join(directory, 'file'), '')
  for (const [path, reason] of [
    [directory, 'is a folder'],
    [`${join(directory, 'new')}/`, 'is a folder'],
    [join(directory, 'file/below'), 'its folder is a file'],
    [join(directory, 'n'.repeat(256)), 'the name is too long'],
    ['/proc/none', 'no such file or folder'],
  ] as const)
    expect((await labRejection(write(path))).message).toBe(`${path}: ${reason}`)
  const longest = join(directory, 'n'.repeat(255))
  await write(longest)
  expect(readdirSync(directory).sort()).toEqual(['file', 'n'.repeat(255)])
})

test('new files never take the name of another one', async () => {
  const paths = Array.from({ length: 20 }, (_, i) => join(directory, `run-${i}`))
  writeFileSync(paths[3]!, 'kept')
  const written = await Promise.all(
    paths.slice(1).map((_, i) => writeNew(directory, paths, sink => sink.write(Buffer.from(String(i))))),
  )
  expect(new Set(written).size).toBe(19)
  expect(written).not.toContain(paths[3])
  expect(readFileSync(paths[3]!, 'utf8')).toBe('kept')
  for (const [i, path] of written.entries()) expect(readFileSync(path, 'utf8')).toBe(String(i))
})

async function asNobody<T>(work: () => Promise<T>): Promise<T> {
  process.setegid!(65534)
  process.seteuid!(65534)
  return work().finally(() => {
    process.seteuid!(0)
    process.setegid!(0)
  })
}
