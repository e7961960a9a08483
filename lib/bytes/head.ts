/** The first part of a stream, and the whole stream with it in front again. */
export interface Head {
  head: Uint8Array
  chunks: AsyncIterable<Uint8Array>
  /** What went wrong before the head was whole; the stream ends with it. */
  error: unknown
}

/** `byteLength` bytes of a stream or all there are. An error before the first byte is thrown. */
export async function readHead(chunks: AsyncIterable<Uint8Array>, byteLength: number): Promise<Head> {
  const iterator = chunks[Symbol.asyncIterator]()
  const parts: Uint8Array[] = []
  let error: unknown
  for (let seen = 0; seen < byteLength && error === undefined; ) {
    try {
      const { done, value } = await iterator.next()
      if (done) break
      parts.push(value)
      seen += value.length
    } catch (thrown) {
      if (seen === 0) throw thrown
      error = thrown
    }
  }
  return { head: Buffer.concat(parts).subarray(0, byteLength), chunks: replay(parts, iterator, error), error }
}

/** Not a generator: one that has not begun would not close the stream when it is left. */
function replay(parts: Uint8Array[], rest: AsyncIterator<Uint8Array>, error: unknown): AsyncIterable<Uint8Array> {
  const iterator: AsyncIterator<Uint8Array> = {
    next: async () => {
      const value = parts.shift()
      if (value !== undefined) return { done: false, value }
      if (error !== undefined) throw error
      return await rest.next()
    },
    return: async () => {
      await rest.return?.()
      return { done: true, value: undefined }
    },
  }
  return { [Symbol.asyncIterator]: () => iterator }
}
