import type { ByteSink, RangeReader } from '../bytes/range.ts'
import { LabError } from '../error.ts'

/** An object as `list` reports it. */
export interface BlobInfo {
  readonly key: string
  readonly byteLength: number
}

/** An object opened for reading. */
export interface BlobReader extends RangeReader {
  close(): Promise<void>
}

/** Objects by key, each written whole or not at all. Keys are those that `checkKey` accepts. */
export interface BlobStore {
  /** Opens an object for reading by ranges; one that does not exist is a `missing` error. */
  open(key: string): Promise<BlobReader>
  /**
   * Writes an object and returns when it is durable. It appears whole, in place of an older one; if `write` fails,
   * nothing changes. With `ifAbsent`, an object that exists stays as it is and the result is `exists`: of several
   * writers at once exactly one stores.
   */
  put(key: string, write: (sink: ByteSink) => Promise<void>, when?: { ifAbsent: boolean }): Promise<'stored' | 'exists'>
  /** All objects whose keys begin with `prefix` and sort after `after`, in the order of their keys. */
  list(prefix: string, after?: string): AsyncIterable<BlobInfo>
  /** Removes an object; one that does not exist is no error. */
  delete(key: string): Promise<void>
}

const maxKeyLength = 1000
const segmentPattern = /^[A-Za-z0-9_=!*'()][A-Za-z0-9_=!*'().+-]{0,199}$/

/**
 * Refuses keys that not every store can hold: segments of letters, digits and `_=!*'().+-`, joined by slashes, none beginning
 * with a dot, a plus or a dash. In ASCII the order of keys is the same in every store.
 */
export function checkKey(key: string): void {
  if (!isKey(key))
    throw new LabError('invalid', `key "${key.slice(0, 100)}": expected segments of letters, digits and _=!*'().+-`)
}

export function isKey(text: string): boolean {
  return text.length <= maxKeyLength && text.split('/').every(segment => segmentPattern.test(segment))
}

/** Writes bytes as an object. */
export function putBytes(
  store: Pick<BlobStore, 'put'>,
  key: string,
  bytes: Uint8Array,
  when?: { ifAbsent: boolean },
): Promise<'stored' | 'exists'> {
  return store.put(key, sink => sink.write(bytes), when)
}

/** Reads an object whole. */
export async function readObject(store: Pick<BlobStore, 'open'>, key: string): Promise<Uint8Array> {
  const file = await store.open(key)
  try {
    const [bytes] = await file.read([{ start: 0, end: file.byteLength }])
    return bytes!
  } finally {
    await file.close()
  }
}

/** The same; undefined where there is none. */
export async function readIfThere(store: Pick<BlobStore, 'open'>, key: string): Promise<Uint8Array | undefined> {
  try {
    return await readObject(store, key)
  } catch (error) {
    if (error instanceof LabError && error.kind === 'missing') return undefined
    throw error
  }
}
