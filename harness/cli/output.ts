import { fstatSync, type Stats, statSync } from 'node:fs'
import type { ByteSink } from '../../lib/bytes/range.ts'
import { LabError } from '../../lib/error.ts'
import { listDirectory } from '../../lib/storage/files.ts'
import { descriptorAt } from '../../lib/storage/links.ts'
import { placeOf, writeLocal } from '../../lib/storage/local-write.ts'
import { stdoutSink } from './stdout.ts'

/**
 * Writes to the file that `--out` names, or to standard output. A file may also be an input: it is replaced when all
 * is read. What is written as the bytes come may not.
 */
export async function writeOutput<T>(
  path: string,
  inputs: readonly string[],
  write: (sink: ByteSink) => Promise<T>,
): Promise<T> {
  const isInPlace = path === '-' || placeOf(path) === undefined
  const isStandard = path === '-' || (isInPlace && descriptorAt(path) === 1)
  if (isInPlace) await refuseInput('--out', isStandard ? '-' : path, inputs)
  return isStandard ? write(stdoutSink) : writeLocal(path, write)
}

/** Throws where a file to write is one of the inputs, or in one of them. */
export async function refuseInput(flag: string, path: string, inputs: readonly string[]): Promise<void> {
  const output = statsOf(path, 1)
  if (output === undefined || !(output.isFile() || output.isFIFO())) return
  for (const input of inputs)
    for (const file of (await listDirectory(input)) ?? [input])
      if (isSame(output, statsOf(file, 0)))
        throw new LabError(
          'invalid',
          `${flag} ${path}: is also the input ${file === '-' ? '(standard input)' : file}; write to another file`,
        )
}

/** Throws where two flags name the same file. */
export function refuseSame(flag: string, path: string, otherFlag: string, otherPath: string): void {
  const [place, other] = [path, otherPath].map(name => (name === '-' ? undefined : placeOf(name)))
  if (place !== undefined && place.target === other?.target)
    throw new LabError('invalid', `${flag} ${path}: is also the file of ${otherFlag}`)
}

function statsOf(path: string, standard: 0 | 1): Stats | undefined {
  try {
    return path === '-' ? fstatSync(standard) : statSync(path)
  } catch {
    return undefined
  }
}

function isSame(a: Stats, b: Stats | undefined): boolean {
  return a.dev === b?.dev && a.ino === b.ino
}
